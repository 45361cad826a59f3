"""`xshot check`: every artefact whole, absent, damaged or of another run."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from tests.support.stage import run_python
from tests.support.workspace import write_manifest_csv
from xshot.cli.main import build
from xshot.needs import read_needs

ARTEFACTS = {
    "data/manifest.parquet": "prepare",
    "data/features.h5": "extract",
    "data/episode.json": "episode",
    "data/heldout.json": "episode",
    "models/selection.json": "select",
    "models/mixture.h5": "fit_gmm",
    "models/vaegan": "train_vaegan",
    "data/pseudo.h5": "synthesize",
    "models/projector": "train_projector",
    "metrics.json": "evaluate",
}


def check():
    """Exit code, and the lines by mark."""
    done = CliRunner().invoke(build(["check"]), ["check"])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    lines = {"ok": [], "note": [], "absent": [], "wrong": []}
    for line in done.stdout.splitlines():
        mark, text = line.split(maxsplit=1)
        lines[mark].append(text)
    return done.exit_code, lines


def only_wrong():
    code, lines = check()
    assert code == 1
    assert len(lines["wrong"]) == 1
    return lines["wrong"][0]


def test_a_run_that_is_whole_is_fine(clone):
    code, lines = check()
    assert (code, lines["wrong"], lines["absent"]) == (0, [], [])
    for name in ("params.yaml", "raw", "encoder", *ARTEFACTS):
        assert any(line.split(":")[0] == name for line in lines["ok"]), name


def test_it_loads_no_training_library(clone):
    code = (
        "import sys; sys.argv[1:] = ['check']\n"
        "from xshot.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as done: assert done.code == 0\n"
        "assert not {'torch', 'open_clip', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = run_python("-c", code)
    assert done.stderr == ""


def test_what_is_absent_names_the_stage_that_makes_it(clone):
    for name in ARTEFACTS:
        path = Path(name)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    code, lines = check()
    assert (code, lines["wrong"]) == (0, [])
    told = dict(line.split(": ", 1) for line in lines["absent"])
    # Without an episode the classes of pseudo features are unknown.
    assert told == {
        name: f"`dvc repro {stage}` makes it"
        for name, stage in ARTEFACTS.items()
        if name != "data/pseudo.h5"
    }


def test_what_the_sources_make_is_absent_and_not_wrong(clone):
    clone.set(data__name="openmoji", data__root="data/sources/openmoji")
    clone.set(clip__weights="models/encoders/openmoji-lite")
    _, lines = check()
    assert any("dvc.yaml:openmoji`" in line for line in lines["absent"])
    assert any("dvc.yaml:openmoji_lite`" in line for line in lines["absent"])


def test_a_model_of_the_hub_is_absent_until_it_is_frozen(clone):
    clone.set(clip__weights="models/encoders/vit-b-32-openai")
    lines = check()[1]
    assert any("hub/dvc.yaml:freeze@vit-b-32-openai`" in line for line in lines["absent"])
    clone.set(clip__weights="models/encoders/unheard-of")
    assert any("unheard-of: no such folder" in line for line in check()[1]["wrong"])


@pytest.mark.parametrize("name", ARTEFACTS)
def test_what_is_cut_off_is_named_with_the_stage_to_run_again(clone, name):
    path = Path(name)
    file = path / "config.json" if path.is_dir() else path
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    line = only_wrong()
    assert line.startswith(name)
    assert f"dvc repro {ARTEFACTS[name]}`" in line


def spoil_features(clone):
    with h5py.File("data/features.h5", "r+") as file:
        file["image/features"][3] = np.nan


def spoil_projector(clone):
    path = Path("models/projector/model.safetensors")
    tensors = load_file(path)
    tensors["centring.image"][0] = np.inf
    save_file(tensors, path)


def other_rows(clone):
    tree = json.loads(Path("data/episode.json").read_text())
    tree["train"] = tree["train"][1:]
    Path("data/episode.json").write_text(json.dumps(tree))


def swap_templates(clone):
    clone.set(clip__templates=["{}"])


def another_encoder(clone):
    file = Path("encoder/open_clip_config.json")
    file.write_text(file.read_text() + "\n")


def halved(clone):
    """As features were made where a CPU's `auto` meant bfloat16."""
    clone.set(clip__precision="auto")
    with h5py.File("data/features.h5", "r+") as file:
        record = json.loads(file.attrs["encoder"])
        file.attrs["encoder"] = json.dumps({**record, "precision": "bfloat16"})


def fewer_pairs(clone):
    Path("raw/manifest.csv").write_text(
        "".join(Path("raw/manifest.csv").read_text().splitlines(keepends=True)[:-1])
    )


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (spoil_features, ["data/features.h5: image row", "is not finite"]),
        (spoil_projector, ["models/projector: damaged", "'centring.image' is not finite"]),
        (lambda clone: clone.set(seed=5), ["data/episode.json: drawn with seed 0", "K = 3"]),
        (lambda clone: clone.set(model__k_shot=1), ["data/episode.json: drawn with seed 0"]),
        (lambda clone: clone.set(model__variant="gcrdp"), ["models/projector: its variant"]),
        (swap_templates, ["data/features.h5: made with other clip.templates"]),
        (another_encoder, ["data/features.h5: made by another encoder"]),
        (
            halved,
            ["data/features.h5: made in bfloat16", "clip.precision is auto, which is float32 here"],
        ),
        (fewer_pairs, ["data/manifest.parquet: not what the dataset gives now"]),
    ],
)
def test_what_no_longer_fits_is_told(clone, damage, told):
    damage(clone)
    line = only_wrong()
    assert all(part in line for part in told)
    assert "dvc repro" in line


def test_prompts_of_drawings_for_pictures_of_any_kind_are_noted(clone):
    """The clone's data set is a manifest, whose own prompts nobody has set."""
    _, lines = check()
    assert sum("set clip.templates" in line for line in lines["note"]) == 1
    clone.set(clip__templates=["a photo of a {}."])
    _, lines = check()
    assert not any("set clip.templates" in line for line in lines.get("note", []))


def test_models_of_other_rows_are_told(clone):
    other_rows(clone)
    code, lines = check()
    assert code == 1
    wrong = [line.split(":")[0] for line in lines["wrong"]]
    needs = read_needs(Path("models/needs.json"))
    learned = {"models/mixture.h5": needs.mixture, "models/vaegan": needs.generation}
    assert wrong == [*(path for path, had in learned.items() if had), "models/projector"]


def test_a_dataset_is_looked_at_before_anything_is_computed(clone):
    write_manifest_csv(Path("raw"), [{"image": "lost.png", "text": "a", "label": "b"}])
    shutil.rmtree("data")
    line = only_wrong()
    assert line.startswith("raw: row 1 (id 'lost.png'): image 'lost.png': No such file")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"image": "a.png", "text": "a", "label": "\\ud800"}', "row 1 (id 'a.png'): the label "),
        ('{"\\ud800": "a.png"}', "missing column image, text, label; found \\ud800"),
    ],
)
def test_what_is_no_text_is_told_all_the_same(clone, row, told):
    shutil.rmtree("data")
    Path("raw/manifest.csv").unlink()
    Path("raw/manifest.jsonl").write_text(row)
    assert told in only_wrong()


def test_a_picture_with_an_odd_header_is_a_note(clone):
    picture = next(Path("raw/images").iterdir())
    picture.write_bytes(b"not a picture at all")
    code, lines = check()
    assert code == 0
    assert "no known image header" in lines["note"][0]


def test_an_encoder_without_weights_is_told(clone):
    Path("encoder/open_clip_model.safetensors").unlink()
    assert only_wrong().startswith("encoder: no weights")


def test_params_come_first(clone):
    clone.set(gmm__dimensions=0)
    code, lines = check()
    assert code == 1
    assert lines["ok"] == []
    assert "'gmm.dimensions' = 0" in lines["wrong"][0]
