from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import episode, fit_gmm
from tests.support.stage import make_features, make_manifest, run_python, write_all_features
from xshot.episode.file import read_episode
from xshot.episode.training_set import make_training_set, training_rows
from xshot.errors import UserError
from xshot.mixture.file import read_mixtures
from xshot.store.features import read_class_features, read_features

MIXTURE = Path("models/mixture.h5")

pytestmark = pytest.mark.usefixtures("stage_folder")


@pytest.mark.parametrize("k_shot", [0, 1, 3, 5, 7])
def test_fits_for_every_k(set_params, k_shot):
    set_params(model__k_shot=k_shot, gmm__min_members=4)
    episode.main()
    fit_gmm.main()
    mixtures = read_mixtures(MIXTURE)
    task = read_episode(Path("data/episode.json")).task
    features = read_features(Path("data/features.h5"), training_rows(task))
    classes = read_class_features(Path("data/features.h5"))
    training = make_training_set(task, features, classes)
    for mixture, side in ((mixtures.image, training.image), (mixtures.text, training.text)):
        assert mixture.responsibilities(side).sum(axis=0).min() > 3.99


def test_a_second_run_writes_the_same_bytes():
    episode.main()
    runs = []
    for _ in range(2):
        fit_gmm.main()
        runs.append(MIXTURE.read_bytes())
    assert runs[0] == runs[1]


def test_test_rows_have_no_influence():
    episode.main()
    fit_gmm.main()
    before = MIXTURE.read_bytes()
    manifest = make_manifest()
    features, classes = make_features(manifest)
    test = np.array(manifest.splits) == "test"
    image, text = features.image.copy(), features.text.copy()
    image[test], text[test] = -text[test], -image[test]
    write_all_features(replace(features, image=image, text=text), classes)
    fit_gmm.main()
    assert MIXTURE.read_bytes() == before


def test_without_mixture_an_empty_file_is_written_at_once(set_params):
    set_params(model__variant="no_mixture")
    script = (
        "import sys, pipeline.fit_gmm as stage; stage.main();"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    result = run_python("-c", script)
    assert (result.stdout, result.stderr) == ("[]\n", "")
    assert read_mixtures(MIXTURE) is None


def test_a_missing_episode_is_named():
    with pytest.raises(UserError, match=r"episode\.json: not found; re-run `dvc repro episode`"):
        fit_gmm.main()
    assert not MIXTURE.exists()
