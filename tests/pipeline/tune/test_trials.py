"""The study's log: comes back, is of one search, and its best trial stands in params.yaml."""

import pytest

from pipeline.tune.study import defaults
from pipeline.tune.trials import LOG, Trial, best, read_trials, read_tune_params, write_trials
from tests.support.closure import ROOT
from tests.support.shipped import write_shipped
from xshot.errors import UserError

SPACE = {"vaegan.prompt_weight": (2, 5), "projector.lr": (0.001, 0.002)}
TRIALS = [
    Trial({"vaegan.prompt_weight": 2, "projector.lr": 0.002}, 1.25),
    Trial({"vaegan.prompt_weight": 5, "projector.lr": 0.002}, 1.5),
    Trial({"vaegan.prompt_weight": 5, "projector.lr": 0.001}, 1.5),
]


def test_trials_come_back(tmp_path):
    write_trials(tmp_path / "tune.csv", TRIALS)
    assert read_trials(tmp_path / "tune.csv", SPACE) == TRIALS


def test_no_log_is_no_trial(tmp_path):
    assert read_trials(tmp_path / "tune.csv", SPACE) == []


@pytest.mark.parametrize(
    "space",
    [
        {"vaegan.prompt_weight": (2, 5)},
        {**SPACE, "projector.dropout": (0.1, 0.3)},
        {**SPACE, "projector.lr": (0.002, 0.003)},
    ],
)
def test_the_log_of_another_search_is_refused(tmp_path, space):
    write_trials(tmp_path / "tune.csv", TRIALS)
    with pytest.raises(UserError, match=r"tune\.csv: of another search"):
        read_trials(tmp_path / "tune.csv", space)


def test_of_equal_trials_the_first_is_best():
    assert best(TRIALS) == TRIALS[1]


def test_an_unknown_key_of_the_study_is_one_line(tmp_path):
    text = (ROOT / "pipeline/tune/params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(f"{text}\npruner: none\n")
    with pytest.raises(UserError, match="'pruner' is not a known parameter"):
        read_tune_params(tmp_path / "params.yaml")


def test_the_defaults_are_the_best_trial_of_the_finished_study(tmp_path):
    tune = read_tune_params(ROOT / "pipeline/tune/params.yaml")
    trials = read_trials(ROOT / LOG, tune.space)
    assert len(trials) == tune.trials
    write_shipped(tmp_path / "params.yaml")
    assert defaults(tmp_path / "params.yaml", tune) == best(trials).values
