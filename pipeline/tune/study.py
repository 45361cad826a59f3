"""Defaults for params.yaml, by Optuna on pseudo-episodes: `make tune`.

Stopped at any trial, it goes on from results/tune.csv: each trial's sampler is seeded by the
trial's number and sees the trials before it, so that the log does not tell where it was stopped.
"""

import logging
import re
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from ruamel.yaml import YAML

from pipeline.tune.objective import Objective
from pipeline.tune.trials import (
    LOG,
    PARAMS,
    Trial,
    TuneParams,
    Value,
    best,
    read_trials,
    read_tune_params,
    write_trials,
)
from xshot.compute import TRAINING_THREADS, limit_threads
from xshot.errors import UserError, one_line_errors
from xshot.params import load_params
from xshot.progress import log_to_stdout
from xshot.store.atomic import write_text

N_RANDOM = 5
"""Trials before the sampler models which values do well."""

_LOG = logging.getLogger("xshot.tune")


def main() -> None:
    """Run the trials that are missing, and write the best one's values into params.yaml."""
    limit_threads(TRAINING_THREADS)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tune = read_tune_params()
    objective = Objective(load_params(), tune)
    start = defaults(Path("params.yaml"), tune)
    trials = read_trials(LOG, tune.space)
    while len(trials) < tune.trials:
        values = propose(tune, trials, start)
        trials.append(Trial(values, objective(values)))
        write_trials(LOG, trials)
        _LOG.info("trial %d of %d: %.5f", len(trials), tune.trials, trials[-1].criterion)
    adopt(Path("params.yaml"), best(trials).values)


def propose(tune: TuneParams, trials: list[Trial], start: dict[str, Value]) -> dict[str, Value]:
    """The values of the next trial: the starts first, then what the sampler suggests."""
    number = len(trials)
    if number < len(tune.starts):
        return {**start, **tune.starts[number]}
    sampler = optuna.samplers.TPESampler(
        seed=tune.study_seed + number, n_startup_trials=N_RANDOM, multivariate=True
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space: dict[str, BaseDistribution] = {
        key: CategoricalDistribution(values) for key, values in tune.space.items()
    }
    for trial in trials:
        study.add_trial(
            optuna.trial.create_trial(
                params=trial.values, distributions=space, value=trial.criterion
            )
        )
    return dict(study.ask(space).params)


def defaults(path: Path, tune: TuneParams) -> dict[str, Value]:
    """The searched params as they stand in params.yaml.

    Raises:
        UserError: one of them is not among the values to search.
    """
    tree = YAML(typ="safe", pure=True).load(path)
    found: dict[str, Value] = {}
    for key, allowed in tune.space.items():
        section, _, name = key.partition(".")
        now = tree.get(section, {}).get(name)
        if now not in allowed:
            raise UserError(f"{PARAMS}: '{key}' lacks the value in {path}, {now}; add it")
        found[key] = allowed[allowed.index(now)]
    return found


def adopt(path: Path, values: dict[str, Value]) -> None:
    """Write `values` into params.yaml and leave every other character as it is."""
    lines, section = path.read_text(encoding="utf-8").splitlines(keepends=True), ""
    for number, line in enumerate(lines):
        if heading := re.match(r"(\w+):", line):
            section = heading[1]
        elif entry := re.match(r"  (\w+): +(\S+)", line):
            value = values.get(f"{section}.{entry[1]}", entry[2])
            lines[number] = f"{line[: entry.start(2)]}{value}{line[entry.end(2) :]}"
    write_text(path, "".join(lines))


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
