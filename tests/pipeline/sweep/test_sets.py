"""Data sets keep cells, tables and entries in the lock of their own."""

import shutil
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from pipeline.sweep.sets import FILE, SweptSet, describe, main, read_set
from tests.support.closure import ROOT
from tests.support.shipped import shipped
from tests.support.workspace import make_workspace
from xshot.datasets.params import DataParams, DatasetName
from xshot.errors import UserError
from xshot.params import Params, read_checked


def named(name: str, root: str = "anywhere") -> SweptSet:
    data = Params(shipped(), Path("params.yaml")).section(DataParams)
    return describe(data.model_copy(update={"name": name, "root": root}))


def test_a_published_set_has_its_own_name():
    assert named("openmoji") == SweptSet(set="openmoji", results="results")
    assert named("wikipedia") == SweptSet(set="wikipedia", results="results/wikipedia")


@pytest.mark.parametrize("name", ["manifest", "imported"])
@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("/where/Caltech 101 (B-32)/", "caltech-101-b-32"),
        ("data/../my_birds", "my-birds"),
        ("data/wikipedia", "{name}-wikipedia"),
        ("data/openmoji", "{name}-openmoji"),
        ("data/鳥", "{name}"),
    ],
)
def test_files_of_ones_own_have_the_name_of_their_folder(name, root, expected):
    expected = expected.format(name=name)
    assert named(name, root) == SweptSet(set=expected, results=f"results/{expected}")


def test_no_folder_takes_the_name_of_a_published_set():
    published = set(get_args(DatasetName)) - {"manifest", "imported"}
    assert not published & {named("manifest", f"a/{name}").set for name in published}


def test_the_committed_file_names_the_embedded_set():
    assert read_checked(ROOT / FILE, SweptSet) == named("openmoji")


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Writes params.yaml of a data set into an empty folder."""
    monkeypatch.chdir(tmp_path)
    FILE.parent.mkdir(parents=True)

    def write(**data) -> None:
        tree = shipped()
        tree["data"] |= data
        YAML().dump(tree, Path("params.yaml"))

    return write


def test_the_file_follows_params_and_keeps_what_it_says_of_itself(params):
    FILE.write_text((ROOT / FILE).read_text())
    params()
    before = FILE.stat().st_mtime_ns, FILE.read_text()
    main()
    assert (FILE.stat().st_mtime_ns, FILE.read_text()) == before
    params(name="imported", root="data/birds")
    main()
    assert read_checked(FILE, SweptSet) == SweptSet(set="birds", results="results/birds")
    assert FILE.read_text().startswith("# Which data set is swept")


def test_a_set_that_params_do_not_describe_is_refused(params):
    params(name="imported", root="data/birds")
    assert read_set("birds").results == "results/birds"
    with pytest.raises(UserError, match=r"'birds', not 'openmoji'; run `make sweep`"):
        read_set("openmoji")


@pytest.mark.slow
def test_two_sets_keep_apart(tmp_path, drawings, tiny_encoder):
    """Swept one after the other and the first one again, as `make sweep` does."""
    clone = make_workspace(tmp_path, drawings, tiny_encoder)
    shutil.copytree(clone.path / "raw", clone.path / "other drawings")
    (clone.path / "pipeline/sweep/params.yaml").write_text(
        "seeds: [0, 1]\nshots: [1]\nvariants: [posterior]\ngenerators: {seeds: [0], shots: [1]}\n"
        "suggest: {seeds: [0], shots: [1], variants: [posterior]}\n"
    )

    def sweep(root: str) -> list[str]:
        clone.set(data__root=root)
        clone.repro("extract")
        clone.python("-m", "pipeline.sweep.sets")
        ran = clone.repro("pipeline/sweep/dvc.yaml:table")
        return [stage.rpartition(":")[2] for stage in ran]

    cells = ["cell@raw-0-1", "cell@raw-1-1", "table@raw"]
    assert sorted(sweep("raw")) == cells
    results = clone.path / "results"
    first = (results / "raw/table.md").read_text()
    # The same pictures once more, of which some are left out.
    manifest = clone.path / "other drawings/manifest.csv"
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[:-1]))
    others = [stage.replace("raw", "other-drawings") for stage in cells]
    assert sorted(sweep("other drawings")) == others
    assert (results / "other-drawings/table.md").read_text() != first
    assert (results / "raw/table.md").read_text() == first
    lock = YAML(typ="safe").load(clone.path / "pipeline/sweep/dvc.lock")["stages"]
    assert set(lock) == {*cells, *others}
    assert not set(sweep("raw")) & {*cells, *others}
