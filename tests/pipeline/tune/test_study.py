"""The study resumes as if never stopped, sees training rows only, leaves its best in params."""

import pytest
from ruamel.yaml import YAML

from pipeline.tune import objective as objectives
from pipeline.tune.objective import Objective, settings_with
from pipeline.tune.study import adopt, main, propose
from pipeline.tune.trials import LOG, PARAMS, Trial, TuneParams, best, read_trials, read_tune_params
from tests.support.workspace import SMALL
from xshot.errors import UserError
from xshot.params import load_params
from xshot.selection.workbench import Settings
from xshot.store.features import read_features
from xshot.store.manifest import read_manifest

SPACE = {"vaegan.prompt_weight": (2, 10, 20), "projector.lr": (0.0005, 0.001, 0.01)}
START = {"vaegan.prompt_weight": 2, "projector.lr": 0.001}


@pytest.fixture
def tune() -> TuneParams:
    return TuneParams(
        seeds=(0,),
        shots=(0, 1),
        variants=("flex_gcrdp", "xshot"),
        trials=4,
        study_seed=0,
        space=SPACE,
        starts=({}, {"vaegan.prompt_weight": 10}),
    )


@pytest.fixture
def study_folder(stage_folder, set_params, tune):
    set_params(**SMALL)
    PARAMS.parent.mkdir(parents=True)
    YAML().dump(tune.model_dump(mode="json"), PARAMS)
    return stage_folder


def params_now(folder):
    return YAML(typ="safe", pure=True).load(folder / "params.yaml")


def test_a_stopped_study_ends_as_one_that_was_not(study_folder, tune):
    main()
    log = LOG.read_bytes()
    found = best(read_trials(LOG, tune.space)).values
    assert params_now(study_folder)["projector"]["lr"] == found["projector.lr"]
    assert params_now(study_folder)["vaegan"]["prompt_weight"] == found["vaegan.prompt_weight"]

    lines = log.splitlines(keepends=True)
    LOG.write_bytes(b"".join(lines[:3]))
    adopt(study_folder / "params.yaml", START)
    main()
    assert LOG.read_bytes() == log


def test_the_starts_come_first_and_then_what_the_trials_suggest(tune):
    assert propose(tune, [], START) == START
    first = [Trial(START, 1.0)]
    assert propose(tune, first, START) == {**START, "vaegan.prompt_weight": 10}
    started = [*first, Trial({**START, "vaegan.prompt_weight": 10}, 1.5)]
    following = propose(tune, started, START)
    assert following == propose(tune, started, START)
    assert all(following[key] in allowed for key, allowed in SPACE.items())


def test_no_test_row_is_read(study_folder, tune, monkeypatch):
    asked = set()

    def reading(path, ids):
        asked.update(ids)
        return read_features(path, ids)

    monkeypatch.setattr(objectives, "read_features", reading)
    Objective(load_params(), tune)(START)
    manifest = read_manifest(objectives.MANIFEST)
    splits = dict(zip(manifest.ids, manifest.splits, strict=True))
    assert asked
    assert {splits[row] for row in asked} == {"train"}


def test_values_change_their_own_section_only(study_folder):
    before = Settings.of(load_params())
    after = settings_with(before, {"projector.lr": 0.5})
    assert after.projector.lr == 0.5
    assert (after.vaegan, after.gmm) == (before.vaegan, before.gmm)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"projector.lr": -1}, "'projector.lr' = -1"),
        ({"projector.speed": 1}, "'projector.speed' is not a known parameter"),
        ({"clip.batch_size": 1}, "'clip' is not a section that training takes"),
    ],
)
def test_a_search_that_params_would_refuse_is_one_line(study_folder, values, message):
    with pytest.raises(UserError, match=message):
        settings_with(Settings.of(load_params()), values)


def test_a_start_outside_the_space_is_one_line(study_folder):
    adopt(study_folder / "params.yaml", {"projector.lr": 0.3})
    with pytest.raises(UserError, match=r"'projector\.lr' lacks the value in params\.yaml, 0\.3"):
        main()


def test_adopting_keeps_every_comment(study_folder):
    file = study_folder / "params.yaml"
    before = file.read_text(encoding="utf-8")
    adopt(file, {"projector.lr": 0.02})
    assert file.read_text(encoding="utf-8") == before.replace("  lr: 0.001", "  lr: 0.02")
    assert read_tune_params().space == SPACE
