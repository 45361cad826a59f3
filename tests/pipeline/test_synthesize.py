from pathlib import Path

import numpy as np
import pytest

from pipeline import episode, fit_gmm, synthesize, train_vaegan
from tests.support.stage import run_python
from xshot.episode.file import read_episode
from xshot.errors import UserError
from xshot.store.pseudo import read_pseudo

PSEUDO = Path("data/pseudo.h5")

pytestmark = pytest.mark.usefixtures("stage_folder")


@pytest.fixture
def run(set_params):
    """Run the stage and those before it, small, with some params changed."""

    def run_stage(**values):
        set_params(
            vaegan__steps=4,
            vaegan__hidden=16,
            gmm__min_members=4,
            device="cpu",
            **{"synthesize__pairs_per_class": 5, **values},
        )
        episode.main()
        fit_gmm.main()
        train_vaegan.main()
        synthesize.main()
        task = read_episode(Path("data/episode.json")).task
        return task, read_pseudo(PSEUDO, task.classes)

    return run_stage


@pytest.mark.parametrize("k_shot", [0, 1, 3, 5, 7])
def test_every_target_class_gets_pairs(run, k_shot):
    task, pseudo = run(model__k_shot=k_shot)
    np.testing.assert_array_equal(pseudo.classes, np.repeat(np.flatnonzero(task.is_target), 5))
    assert (pseudo.components >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(pseudo.text, axis=1), 1, rtol=1e-5)


def test_thin_source_classes_join_if_asked(run):
    """Source classes have 8 training rows."""
    assert set(run(synthesize__source_below=9)[1].classes) == set(range(6))


def test_without_mixture_rows_have_no_component(run):
    assert (run(model__variant="no_mixture")[1].components == -1).all()


def test_a_second_run_writes_the_same_bytes(run):
    run()
    before = PSEUDO.read_bytes()
    synthesize.main()
    assert PSEUDO.read_bytes() == before


def test_without_generation_an_empty_table_is_written_without_torch(run, set_params):
    set_params(model__variant="gcrdp")
    episode.main()
    train_vaegan.main()
    script = (
        "import sys, pipeline.synthesize as stage; stage.main();"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    result = run_python("-c", script)
    assert (result.stdout, result.stderr) == ("[]\n", "")
    assert read_pseudo(PSEUDO, ()).image.shape == (0, 16)


def test_a_model_of_another_episode_is_refused(run, set_params):
    run()
    PSEUDO.unlink()
    set_params(seed=1)
    episode.main()
    with pytest.raises(UserError, match="models/vaegan: trained on other rows; run `dvc repro"):
        synthesize.main()
    assert not PSEUDO.exists()


def test_a_missing_model_is_named(run):
    episode.main()
    with pytest.raises(UserError, match="not found; run `dvc repro train_vaegan`"):
        synthesize.main()
