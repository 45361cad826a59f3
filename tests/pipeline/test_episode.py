from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.episode import main
from tests.support.stage import make_features, make_manifest, run_python, write_all_features
from xshot.episode.file import read_episode, read_heldout
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.errors import UserError
from xshot.params import load_params

EPISODE, HELDOUT = Path("data/episode.json"), Path("data/heldout.json")

pytestmark = pytest.mark.usefixtures("stage_folder")


def test_files_hold_what_the_library_draws():
    main()
    manifest = make_manifest()
    params = load_params().section(EpisodeParams)
    expected = draw_episode(manifest, manifest.ids, seed=0, k_shot=3, params=params)
    assert (read_episode(EPISODE), read_heldout(HELDOUT)) == expected


def test_k_shot_changes_the_support_alone(set_params):
    main()
    before, heldout = read_episode(EPISODE), HELDOUT.read_bytes()
    set_params(model__k_shot=5)
    main()
    after = read_episode(EPISODE)
    assert HELDOUT.read_bytes() == heldout
    assert after.task.train == before.task.train
    assert after.task.support.ids[: len(before.task.support.ids)] == before.task.support.ids


def test_a_second_run_writes_the_same_bytes():
    runs = []
    for _ in range(2):
        main()
        runs.append(EPISODE.read_bytes() + HELDOUT.read_bytes())
    assert runs[0] == runs[1]


def test_a_row_without_features_is_never_named():
    main()
    rejected = read_episode(EPISODE).task.support.ids[0]
    manifest = make_manifest()
    features, classes = make_features(manifest)
    rows = [row for row, name in enumerate(manifest.ids) if name != rejected]
    kept = replace(
        features,
        ids=tuple(features.ids[row] for row in rows),
        image=features.image[rows],
        text=features.text[rows],
    )
    write_all_features(kept, classes)
    main()
    assert f'"{rejected}"' not in EPISODE.read_text() + HELDOUT.read_text()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"model__k_shot": 9},
            "class 'class0' has 8 training pictures, fewer than model.k_shot = 9",
        ),
        ({"model__k_shot": -1}, "'model.k_shot' = -1"),
        ({"model__k_shot": "3"}, "'model.k_shot' = '3'"),
        ({"episode__target_fraction": 1}, "'episode.target_fraction' = 1"),
    ],
)
def test_a_wrong_param_is_refused_before_anything_is_written(set_params, change, complaint):
    set_params(**change)
    with pytest.raises(UserError, match=complaint):
        main()
    assert not EPISODE.exists()
    assert not HELDOUT.exists()


def test_from_a_shell_an_error_is_one_line(set_params):
    set_params(model__k_shot=9)
    result = run_python("-m", "pipeline.episode")
    assert result.returncode == 1
    assert result.stderr.startswith("error: class 'class0' has 8 training pictures")
    assert result.stderr.count("\n") == 1


def test_nothing_heavy_is_imported():
    result = run_python(
        "-c",
        "import sys, pipeline.episode as stage; stage.main();"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))",
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")
    assert EPISODE.exists()
