"""Which pictures were labelled, and what came of it: `python -m pipeline.sweep.suggest SEED SET`.

A simulated annotator answers yes or no until each target class has K confirmed pictures; every
proposal is a question. What is asked about are the target classes' training rows and as many rows
of source classes, of no class more than half, which no arm trains on: nothing but features tells
them apart. Settings are chosen once for all arms, on pseudo-episodes whose supports are drawn.
"""

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from pipeline.sweep.annotators import METHODS, Hidden
from pipeline.sweep.rows import Asked, asked_path, read_sweep_params, write_rows
from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.episode.labels import by_picture, named, shuffled
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource, make_pool
from xshot.episode.support import support_rows
from xshot.errors import UserError, one_line_errors
from xshot.params import Params, RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.retrieval.galleries import GALLERIES
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import Features, read_class_features, read_features, read_ids
from xshot.store.manifest import read_manifest
from xshot.suggestion.annotator import Confirmed
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")
DRAWN, NAME, SUGGESTED = "drawn", "name", "suggested"
SAME_QUESTIONS = "name, same questions"

Found = Mapping[str, list[Confirmed]]
"""Of each target class what is confirmed, in order."""


def main(seed: int, set_name: str) -> None:
    """Write data/suggest/<set_name>/<seed>.csv."""
    limit_threads(TRAINING_THREADS)
    params, chosen = load_params(), read_sweep_params().suggest
    ground = _ground(params, seed)

    def most(name: str) -> int | None:
        return None if name == NAME else max(chosen.shots)

    found = {
        name: {
            own: list(islice(method(ground.hidden, ground.classes.index(own)), most(name)))
            for own in ground.target
        }
        for name, method in METHODS.items()
    }
    rows = [row for k_shot in chosen.shots for row in _rows(params, ground, seed, k_shot, found)]
    write_rows(asked_path(set_name, seed), rows)


@dataclass(frozen=True)
class Ground:
    """What all arms of a seed share.

    Attributes:
        kept: ids of the rows that are no part of the pool's source rows.
        rows: the pool's, with the annotator's answers as labels.
        hidden: the same as arrays.
        classes: names of all classes.
        target: names of the target classes.
    """

    kept: tuple[str, ...]
    rows: Rows
    hidden: Hidden
    classes: tuple[str, ...]
    target: tuple[str, ...]


def _ground(params: Params, seed: int) -> Ground:
    whole, heldout = _draw(params, seed, 0, read_ids(FEATURES))
    task = whole.task
    out = kept_out(task.train, len(set(heldout.train_target.pictures)), seed)
    known = task.train.take(r for r, p in enumerate(task.train.pictures) if p not in out)
    rows = heldout.train_target.followed_by(
        task.train.take(r for r, p in enumerate(task.train.pictures) if p in out)
    )
    tests = (*heldout.test_source.ids, *heldout.test_target.ids)
    source = FeatureSource(_read, read_class_features(FEATURES))
    pool, names, classes = make_pool(known, rows, task.target, source)
    return Ground(
        kept=(*known.ids, *heldout.train_target.ids, *tests),
        rows=rows,
        hidden=Hidden(pool, names, rows.multi_hot(classes)),
        classes=classes,
        target=task.target,
    )


def kept_out(train: Rows, wanted: int, seed: int) -> set[str]:
    """Pictures of source classes to ask about: as many as wanted, of no class more than half."""
    labels = by_picture(dict(zip(train.ids, train.labels, strict=True)), _pictures(train))
    counts = Counter(name for names in labels.values() for name in names)
    left = {name: count // 2 for name, count in counts.items()}
    out: set[str] = set()
    for picture in shuffled(list(labels), numpy_stream(seed, "suggest/pool")):
        if len(out) < wanted and all(left[name] for name in labels[picture]):
            out.add(picture)
            for name in labels[picture]:
                left[name] -= 1
    return out


def _rows(
    params: Params, ground: Ground, seed: int, k_shot: int, found: Mapping[str, Found]
) -> Iterator[Asked]:
    """Every arm at one K, for each variant."""
    episode, heldout = _draw(params, seed, k_shot, ground.kept, ground.target)
    classes, settings = read_class_features(FEATURES), Settings.of(params)
    run, grid = params.section(RunParams), params.section(SelectParams)
    device = torch.device(resolve_device(run.device))
    benches = pseudo_benches(episode, _read, classes, device)
    arms = {DRAWN: _drawn(ground, episode, k_shot), **_arms(ground, found, k_shot)}
    for name in read_sweep_params().suggest.variants:
        variant = VARIANTS[name]
        choice = select(grid, benches, variant, settings, threads=run.threads).choice
        for label, arm in arms.items():
            task = replace(episode.task, support=arm.support)
            bench = Workbench(task, heldout, _read, classes, seed, device)
            tree = evaluate_systems(
                {"model": bench.embed(bench.embedder(variant, settings, choice))},
                bench.heldout_labels(),
                task.is_target,
                image_rows=bench.heldout_rows().image_rows,
            ).metrics["model"]
            for gallery in GALLERIES:
                value = tree[gallery]["avg"]["map"]
                yield Asked(seed, k_shot, name, label, round(arm.questions, 4), gallery, value)


@dataclass(frozen=True)
class Arm:
    """A support, and how many questions a class of it cost, on average."""

    support: Rows
    questions: float


def _arms(ground: Ground, found: Mapping[str, Found], k_shot: int) -> dict[str, Arm]:
    """K pictures by each method; and what the name finds in the questions that suggestions took."""
    arms = {}
    for name, of_class in found.items():
        first = {own: answers[:k_shot] for own, answers in of_class.items()}
        questions = float(np.mean([answers[-1].questions for answers in first.values()]))
        arms[name] = Arm(_support(ground.rows, first), questions)
    spent = {own: answers[k_shot - 1].questions for own, answers in found[SUGGESTED].items()}
    within = {
        own: [each for each in answers if each.questions <= spent[own]]
        for own, answers in found[NAME].items()
    }
    arms[SAME_QUESTIONS] = Arm(_support(ground.rows, within), arms[SUGGESTED].questions)
    return arms


def _drawn(ground: Ground, episode: Episode, k_shot: int) -> Arm:
    """The pipeline's own support: what asking at random costs until K are confirmed, on average."""
    n_rows, target = len(ground.rows.ids), [ground.classes.index(own) for own in ground.target]
    n_members = ground.hidden.members[:, target].sum(axis=0)
    return Arm(episode.task.support, float(np.mean(k_shot * (n_rows + 1) / (n_members + 1))))


def _support(rows: Rows, found: Found) -> Rows:
    """All rows of the confirmed pictures."""
    pictures = {rows.pictures[each.row]: own for own, answers in found.items() for each in answers}
    labels, picture_of = dict(zip(rows.ids, rows.labels, strict=True)), _pictures(rows)
    return named(support_rows(pictures, labels, picture_of), labels, picture_of)


def _pictures(rows: Rows) -> dict[str, str]:
    return dict(zip(rows.ids, rows.pictures, strict=True))


def _draw(
    params: Params, seed: int, k_shot: int, kept: Collection[str], target: tuple[str, ...] = ()
) -> tuple[Episode, HeldOut]:
    """The episode of the rows kept; of given target classes if some are named."""
    own: dict[str, object] = {"support": DRAWN}
    if target:  # a class that gave half of its rows away must not drop out
        own |= {"target": target, "min_per_class": 1}
    return draw_episode(
        read_manifest(Path("data/manifest.parquet")),
        kept,
        seed=seed,
        k_shot=k_shot,
        params=params.section(EpisodeParams).model_copy(update=own),
    )


def _read(ids: tuple[str, ...]) -> Features:
    return read_features(FEATURES, ids)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        if len(sys.argv) != 3 or not sys.argv[1].isdigit():
            raise UserError("two words are needed: a seed, and the data set's name")
        main(int(sys.argv[1]), sys.argv[2])
