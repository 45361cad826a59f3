"""Keyword arguments have the names, defaults and messages of params.yaml."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import xshot
from xshot.errors import UserError
from xshot.model.settings import checked_params
from xshot.params import SECTIONS, Params, RunParams, default_params, load_params
from xshot.projector.params import ProjectorParams
from xshot.selection.params import SelectParams
from xshot.variants import ModelParams


def test_what_is_not_given_is_as_shipped():
    params = checked_params("fit", {}, projector=None)
    shipped = Params(default_params(), "params.yaml")
    for schema in (RunParams, ModelParams, ProjectorParams):
        assert params.section(schema) == shipped.section(schema)


def test_what_is_given_takes_the_place_of_a_default_alone():
    params = checked_params("fit", {"seed": 7}, projector={"hidden": 512})
    assert params.section(RunParams).seed == 7
    assert params.section(ProjectorParams) == ProjectorParams(hidden=512)


def test_numpys_numbers_and_tuples_are_taken():
    params = checked_params(
        "fit",
        {"seed": np.int64(3)},
        projector={"lr": np.float64(0.5)},
        select={"steps": (3, np.int32(4)), "gate": np.array([0.5, 1.0])},
    )
    assert params.section(RunParams).seed == 3
    assert params.section(ProjectorParams).lr == 0.5
    assert params.section(SelectParams).steps == (3, 4)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("projector", {"hidden": -1}),
        ("projector", {"hiden": 1}),
        ("projector", {"hidden": "512"}),
        ("episode", {"target_fraction": 2}),
        ("select", {"steps": []}),
        ("select", {"steps": None}),
        ("gmm", 3),
    ],
)
def test_messages_are_those_of_params_yaml(section, values, tmp_path):
    """But for who says it."""
    from ruamel.yaml import YAML

    tree = default_params()
    tree[section] = tree[section] | values if isinstance(values, dict) else values
    YAML().dump(tree, path := tmp_path / "params.yaml")
    with pytest.raises(UserError) as of_file:
        load_params(path)
    with pytest.raises(UserError) as of_library:
        checked_params("xshot.fit", {}, **{section: values})
    assert str(of_library.value) == str(of_file.value).replace(str(path), "xshot.fit")


def test_every_section_that_training_takes_is_an_argument_of_fit():
    # Of the others, these are about files, and `k_shot`, `variant` and `bootstrap` stand alone.
    sections = set(SECTIONS) - {"data", "clip", "model", "evaluate"}
    assert sections <= set(inspect.signature(xshot.fit).parameters)


@pytest.mark.parametrize("name", ["seed", "threads", "device", "variant"])
def test_the_defaults_in_the_signature_are_those_of_the_schema(name):
    schema = ModelParams if name == "variant" else RunParams
    default = inspect.signature(xshot.fit).parameters[name].default
    assert default == schema.model_fields[name].default


def test_no_params_yaml_is_looked_for(tmp_path, monkeypatch, arrays):
    Path(tmp_path, "params.yaml").write_text("seed: [")
    monkeypatch.chdir(tmp_path)
    checked_params("fit", {})
