"""A folder as the stages after `extract` find it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.shipped import shipped
from tests.support.stage import make_features, make_manifest, write_all_features
from xshot.needs import write_needs
from xshot.store.manifest import write_manifest
from xshot.variants import VARIANTS


@pytest.fixture
def set_params(tmp_path: Path) -> Callable[..., None]:
    """A function that writes params.yaml with some keys changed, named as `section__key`."""

    def write(**values: Any) -> None:
        yaml = YAML()
        tree = shipped()
        for name, value in {"seed": 0, "model__k_shot": 3, **values}.items():
            *sections, key = name.split("__")
            node = tree
            for section in sections:
                node = node[section]
            assert key in node, name
            node[key] = value
        yaml.dump(tree, tmp_path / "params.yaml")
        # As if `select` had chosen all parts of the variant.
        write_needs(tmp_path / "models/needs.json", VARIANTS[tree["model"]["variant"]])

    return write


@pytest.fixture
def stage_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_params: Callable[..., None]
) -> Path:
    """The working directory of a stage: params.yaml, manifest and features."""
    monkeypatch.chdir(tmp_path)
    set_params()
    manifest = make_manifest()
    write_manifest(Path("data/manifest.parquet"), manifest)
    write_all_features(*make_features(manifest))
    return tmp_path
