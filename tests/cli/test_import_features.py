"""`xshot import`: from files of features to metrics, by DVC."""

import json
import re
import shlex
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML
from scipy.io import savemat
from typer.testing import CliRunner

from tests.support.closure import ROOT
from xshot.cli.inputs import check_templates
from xshot.cli.main import build
from xshot.datasets.adapters import build_manifest
from xshot.datasets.imported import read_imported
from xshot.errors import UserError
from xshot.params import load_params
from xshot.store.features import read_features
from xshot.store.manifest import read_manifest, write_manifest

N, D, C = 120, 16, 6
PLACES = ("/data/", "../", "C:\\", "a/")


def arrays(n=N):
    """Pairs around a direction per class, some of two classes, under DSCMR's names."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(C, D))
    hot = np.eye(C)[np.arange(n) % C]
    hot[::10] = np.maximum(hot[::10], hot[1::10])
    image, text = (3 * (hot @ centres + rng.normal(size=(n, D))) for _ in range(2))
    parts = {"train": slice(0, n * 2 // 3), "test": slice(n * 2 // 3, n)}
    found = {"class_features": centres, "class_names": np.array(list("fedcba"), object)}
    for split, part in parts.items():
        found |= {
            f"{split}_img": image[part], f"{split}_txt": text[part],
            f"{split}_img_lab": hot[part], f"{split}_txt_lab": hot[part],
        }  # fmt: skip
    return found


def run(*arguments):
    done = CliRunner().invoke(build(["import"]), ["import", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def build_imported():
    root = Path("data/imported")
    return build_manifest("imported", root, split_seed=0, test_fraction=0.4, min_test=1)


@pytest.mark.parametrize("form", ["one .mat", "a .mat an array", ".h5", ".npz"])
def test_every_form_gives_the_same_dataset(folder, form):
    found = arrays()
    if form == "one .mat":
        savemat("a.mat", found)
        files = ["a.mat"]
    elif form == "a .mat an array":
        for name, array in found.items():
            savemat(f"{name}.mat", {name: array})
        files = [f"{name}.mat" for name in found]
    elif form == ".h5":
        with h5py.File("a.h5", "w") as file:
            for name, array in found.items():
                file[name] = list(array) if array.dtype == object else array
        files = ["a.h5"]
    else:
        np.savez(
            "a.npz", **{k: a.astype(str) if a.dtype == object else a for k, a in found.items()}
        )
        files = ["a.npz"]
    told = run(*files)
    assert f"data/imported: {N} pairs of {C} classes" in told
    assert "scaled to unit norm" in told
    manifest = build_imported()
    assert manifest.splits.count("test") == N // 3
    assert manifest.labels[0] == ("f", "e")
    features, classes, record = read_imported(Path("data/imported"), manifest.ids)
    expected = np.concatenate([found["train_img"], found["test_img"]])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(features.image, expected, atol=1e-6)
    assert classes.names == tuple("abcdef")
    assert record.details == {"imported": True}


def test_what_to_type_next_can_be_typed(folder):
    savemat("a.mat", arrays())
    told = run("a.mat", "--to", "own features")
    where = folder / "own features"
    assert f"-S 'data.root={where}' -S 'clip.weights={where}'`" in told


def settings(told):
    """Of the command that is told, what follows `-S`, as a shell passes it on."""
    words = shlex.split(re.search("`(dvc exp run .*)`", told)[1])
    return words[4::2]


@pytest.mark.parametrize(
    "to",
    [
        "My (photos)", "a,b", "it's", "a=b", "[x]", "ü", "2024", "null", "1e5", 'a"b', "a\\",
        'a\\"', "${x}", "a~b", "{a: b}", "a  b", "a\\b",
    ],
)  # fmt: skip
def test_any_folder_comes_to_the_parameters_as_it_is(folder, to):
    np.savez("a.npz", **{k: a for k, a in arrays(24).items() if a.dtype != object})
    apply_overrides("params.yaml", settings(run("a.npz", "--to", to)))
    tree = YAML(typ="safe").load(folder / "params.yaml")
    assert tree["data"]["name"] == "imported"
    assert tree["data"]["root"] == tree["clip"]["weights"] == str(folder / to)


@pytest.mark.parametrize("to", ["data/imported", "../2024/x_1", "own features", "x.y-z"])
def test_quotes_are_told_only_where_they_are_needed(folder, to):
    np.savez("a.npz", **{k: a for k, a in arrays(24).items() if a.dtype != object})
    where = settings(run("a.npz", "--to", to))
    whole = folder / to
    assert where == ["data.name=imported", f"data.root={whole}", f"clip.weights={whole}"]


def test_prepare_takes_ids_that_are_no_paths(folder):
    ids = np.array([f"{start}{row}.jpg" for row in range(N // 4) for start in PLACES])
    np.savez("a.npz", **{k: a for k, a in arrays().items() if a.dtype != object},
             train_ids=ids[: N * 2 // 3], test_ids=ids[N * 2 // 3 :])  # fmt: skip
    run("a.npz")
    manifest = build_imported()
    write_manifest(folder / "manifest.parquet", manifest)
    assert list(read_manifest(folder / "manifest.parquet").ids) == ids.tolist()
    assert read_imported(Path("data/imported"), manifest.ids)[0].ids == tuple(ids)


def test_what_prepare_would_refuse_is_not_written(folder):
    savemat("a.mat", arrays() | {"class_names": np.array(["a|b", *"cdefg"], object)})
    with pytest.raises(UserError, match=r"rows to import: row 1 .* 'a\|b' holds '\|'.*; rename"):
        run("a.mat")
    assert not Path("data").exists()


def test_other_names_are_renamed(folder):
    np.savez("a.npz", foo=arrays()["train_img"])
    with pytest.raises(UserError, match=r"--rename bar=image: give OLD=NEW; arrays: foo"):
        run("a.npz", "--rename", "bar=image")
    with pytest.raises(UserError, match=r"text: none is there"):
        run("a.npz", "--rename", "foo=image")


def test_what_is_not_used_is_told(folder):
    found = arrays()
    np.savez("a.npz", **found | {"class_names": found["class_names"].astype(str), "epoch": 3,
                                 "captions": np.array(["a", None] * N, object)})  # fmt: skip
    told = run("a.npz")
    assert "note: not used: epoch" in told
    assert "note: not used: captions (Python objects; save it with .astype(str) or as num" in told


def test_two_files_with_one_name(folder):
    np.savez("a.npz", image=np.ones((2, 2)))
    np.savez("b.npz", image=np.ones((2, 2)))
    with pytest.raises(UserError, match=r"b.npz: another file has an array 'image'"):
        run("a.npz", "b.npz")


def test_an_import_that_lost_a_part_is_told(folder):
    savemat("a.mat", arrays())
    run("a.mat")
    with pytest.raises(UserError, match=r"no row with id 'other'; import it again"):
        read_imported(Path("data/imported"), ("other",))
    Path("data/imported/features.h5").unlink()
    with pytest.raises(UserError, match=r"no features.h5; make it with `xshot import FILE"):
        build_imported()


def test_names_are_encoded_by_the_encoder_in_params(folder, tiny_encoder):
    yaml = YAML()
    tree = yaml.load(folder / "params.yaml")
    tree["clip"] |= {"weights": str(tiny_encoder), "templates": ["a {}", "the {}"]}
    yaml.dump(tree, folder / "params.yaml")
    rng = np.random.default_rng(0)
    np.savez("a.npz", image=rng.normal(size=(6, 32)), text=rng.normal(size=(6, 32)),
             labels=np.array(list("aabbcc")))  # fmt: skip
    assert "class features encoded from 3 names" in run("a.npz", "--encode-names")
    _, classes, record = read_imported(Path("data/imported"), build_imported().ids)
    assert record.templates == ("a {}", "the {}")
    assert not list(check_templates(load_params()))
    assert classes.features.shape == (3, 32)
    assert not np.allclose(classes.features[0], classes.features[1])


@pytest.mark.slow
def test_the_pipeline_runs_on_imported_features(clone, finished):
    shutil.copytree(finished.path / ".git", ".git")
    shutil.copytree(finished.path / ".dvc", ".dvc", symlinks=True)
    savemat("a.mat", arrays())
    run("a.mat")
    clone.set(data__name="imported", data__root="data/imported", clip__weights="data/imported")
    clone.set(model__k_shot=1)
    ran = clone.repro()
    assert {"prepare", "extract", "episode", "evaluate"} <= set(ran)
    assert json.loads(Path("metrics.json").read_text())["model"]["target"]["avg"]["map"] > 0.5
    stored = read_features(Path("data/features.h5"))
    assert stored.ids == build_imported().ids
    assert clone.repro() == []
    done = CliRunner().invoke(build(["check"]), ["check"])
    assert done.exit_code == 0, done.stdout
    assert "data/imported: not used, the features are imported" in done.stdout
