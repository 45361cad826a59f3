"""Stage `train_projector`, behind the stages that feed it."""

import json
from pathlib import Path

import pytest

from pipeline import episode, fit_gmm, select, synthesize, train_projector, train_vaegan
from tests.support.stage import run_python
from xshot.projector.baselines import clip_adapter, cross_modal
from xshot.projector.choice import read_choice
from xshot.projector.file import load_embedder
from xshot.variants import VARIANTS

FOLDER = Path("models/projector")

pytestmark = pytest.mark.usefixtures("stage_folder")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    """The published number takes seconds."""
    monkeypatch.setattr(cross_modal, "STEPS", 400)
    monkeypatch.setattr(clip_adapter, "EPOCHS", 20)


@pytest.fixture
def run(set_params):
    """Run all stages up to this one, small, with some params changed."""

    def run_stages(**values):
        set_params(
            select__steps=[2],
            select__calibration=[1],
            vaegan__steps=3,
            vaegan__hidden=16,
            projector__hidden=16,
            gmm__min_members=4,
            device="cpu",
            **values,
        )
        for stage in (episode, select, fit_gmm, train_vaegan, synthesize, train_projector):
            stage.main()
        return [file.read_bytes() for file in sorted(FOLDER.iterdir())]

    return run_stages


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_gives_a_model_that_loads(run, variant):
    run(model__variant=variant)
    embedder, provenance = load_embedder(FOLDER)
    assert provenance.variant == variant
    chosen = read_choice(Path("models/selection.json")).parts_of(VARIANTS[variant])
    assert (embedder.projector is not None) == chosen.projector


def test_a_second_run_writes_the_same_bytes(run):
    assert run() == run()


def test_config_names_encoder_and_rows(run):
    run()
    provenance = json.loads((FOLDER / "config.json").read_text())["provenance"]
    assert provenance["encoder_fingerprint"] == "fingerprint"
    assert not Path(provenance["encoder_path"]).is_absolute()
    assert len(provenance["source_hash"]) == 64


def test_without_a_projector_torch_is_not_imported(run):
    run(model__variant="posterior")
    code = (
        "import sys; from pipeline import train_projector; train_projector.main();"
        "sys.exit('torch' in sys.modules)"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
