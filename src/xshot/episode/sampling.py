"""Draws an episode from a manifest: classes, training rows, support, test rows, pseudo-episodes.

Pictures are drawn, with all their rows, from the order of the rows' ids, so that the manifest's
order does not matter. Nothing but supports depends on K (and what is left of the pseudo-target rows
to test on).
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from math import ceil

from xshot.episode.eligible import classes_with_rows, rich_enough, source_with_rows
from xshot.episode.episode import Episode, HeldOut, Rows, Task
from xshot.episode.labels import (
    Labels,
    by_picture,
    count_per_class,
    named,
    only_classes,
    rows_per_class,
    shuffled,
    target_count,
    with_classes,
)
from xshot.episode.params import EpisodeParams
from xshot.episode.pseudo import draw_pseudo_episode
from xshot.episode.roles import choose_target
from xshot.episode.suggested import FeatureSource, suggest_support
from xshot.episode.support import draw_support, support_rows
from xshot.errors import UserError
from xshot.seeds import numpy_stream
from xshot.store.manifest import Manifest
from xshot.variants import KShot

ENOUGH_CLASSES = 16
"""Classes that play target in all pseudo-episodes together, at least."""

MAX_DRAWS = 8
"""Pseudo-episodes that few classes lead to, at most."""

_LOG = logging.getLogger(__name__)


def draw_episode(
    manifest: Manifest,
    kept_ids: Collection[str],
    *,
    seed: int,
    k_shot: KShot,
    params: EpisodeParams,
    nameable: Collection[str] = (),
    features: FeatureSource | None = None,
) -> tuple[Episode, HeldOut]:
    """Draw the episode of `seed` and K, and the rows that only evaluation may see.

    A picture with any target label is a target picture: its rows are test rows or may be drawn as
    support, but are never in `train`, nor are other rows of the same bytes. Target rows of split
    train that are not drawn are not used.

    Args:
        manifest: all rows.
        kept_ids: rows that have features; others are never named.
        seed: draws the class split, the support and the pseudo-episodes.
        k_shot: K, support pictures per target class; `all` = every one.
        params: see `EpisodeParams`.
        nameable: classes that `episode.target` may name although no row has them as a label.
        features: looked at only if `params.support` is `suggested`, which needs them.

    Raises:
        UserError: a class has fewer than K training pictures or no test row, there are fewer than 4
            classes, or the manifest does not know a kept row.
    """
    named_target = () if isinstance(params.target, str) else params.target
    drawn = _Drawn(manifest, kept_ids, set(nameable).intersection(named_target))
    source, target = _split_classes(drawn, seed, k_shot, params)
    train, test = (only_classes(rows, source | target) for rows in (drawn.train, drawn.test))
    picture_of = drawn.picture_of
    target_pictures = drawn.pictures_with(target)
    source_train, source_test = (
        {row: labels for row, labels in rows.items() if picture_of[row] not in target_pictures}
        for rows in (train, test)
    )
    if not source_test and params.target == "drawn":
        raise UserError(
            "every test row has a target label; lower episode.target_fraction or change seed"
        )

    # Rejected rows are shuffled along: one more or less does not move the draw of other classes.
    order = shuffled(sorted(set(picture_of.values())), numpy_stream(seed, "episode/support"))
    if params.support == "suggested" and k_shot != "all":
        if features is None:
            raise ValueError("episode.support = 'suggested' needs features")
        known, hidden = (
            named(rows, rows, picture_of) for rows in (source_train, with_classes(train, target))
        )
        support = suggest_support(known, hidden, target, k_shot, features)
    else:
        pictures = by_picture(train, picture_of)
        there = [picture for picture in order if picture in pictures]
        support = draw_support(rows_per_class(there, pictures, target), k_shot)
    _check_support(support, target, k_shot)
    learned = train
    if params.train_on == "all":
        learned = dict(sorted({**train, **test}.items()))
        source_train = dict(sorted({**source_train, **source_test}.items()))
        support |= _rest(order, by_picture(test, picture_of), target, support)
    task = Task(
        source=tuple(sorted(source)),
        target=tuple(sorted(target)),
        train=named(source_train, learned, picture_of),
        support=named(support_rows(support, learned, picture_of), learned, picture_of),
    )
    counts = Counter(support.values())
    sizes = None if k_shot == "all" or params.train_on == "all" else k_shot
    pseudo_episodes = tuple(
        draw_pseudo_episode(
            task.source,
            task.train,
            k_shot=[counts[name] for name in task.target] if sizes is None else sizes,
            fraction=params.pseudo_fraction,
            rng=numpy_stream(seed, f"episode/pseudo/{draw}"),
        )
        for draw in range(pseudo_draws(len(task.source), params))
    )
    heldout = HeldOut(
        test_source=named(source_test, test, picture_of),
        test_target=named(with_classes(test, target), test, picture_of),
        train_target=named(with_classes(train, target), train, picture_of),
    )
    _report_twins(len(test) - len(heldout.test_source.ids) - len(heldout.test_target.ids))
    if params.train_on == "all":
        heldout = HeldOut(Rows((), ()), Rows((), ()), heldout.train_target)
    return Episode(seed, k_shot, task, pseudo_episodes, params.train_on), heldout


def pseudo_draws(n_source: int, params: EpisodeParams) -> int:
    """How many pseudo-episodes: more than `episode.pseudo_draws` where few classes play target.

    What one draw says of other classes rests on those that play target in it, so that together they
    shall be `ENOUGH_CLASSES`, a class that does so twice counted twice.
    """
    n_target = target_count(n_source, params.pseudo_fraction, leave=1)
    return max(params.pseudo_draws, min(MAX_DRAWS, ceil(ENOUGH_CLASSES / n_target)))


class _Drawn:
    """The kept rows of a manifest, in the order of their ids.

    Attributes:
        classes: names of all classes, of rows that are not kept, too, in the data set's own order.
        train: labels of the rows of split train.
        test: labels of the rows of split test.
        picture_of: row -> the smallest id among the rows of the same bytes, kept or not.
    """

    def __init__(
        self, manifest: Manifest, kept_ids: Collection[str], without_rows: Collection[str]
    ) -> None:
        kept = set(kept_ids)
        unknown = sorted(kept.difference(manifest.ids))
        if unknown:
            raise UserError(
                f"features: row '{unknown[0]}' is not in the manifest; re-run `dvc repro extract`"
            )
        columns = (manifest.ids, manifest.labels, manifest.splits, manifest.pictures)
        rows = sorted(zip(*columns, strict=True))
        carried = {name for labels in manifest.labels for name in labels}.union(without_rows)
        self.classes = [name for name in manifest.classes or sorted(carried) if name in carried]
        self.train, self.test = (
            {row: labels for row, labels, own, _ in rows if own == split and row in kept}
            for split in ("train", "test")
        )
        smallest: dict[str, str] = {}
        self.picture_of = {row: smallest.setdefault(picture, row) for row, _, _, picture in rows}

    def pictures_with(self, classes: Collection[str]) -> set[str]:
        """The pictures of which any row, of either split, has one of `classes`."""
        return {
            self.picture_of[row]
            for rows in (self.train, self.test)
            for row in with_classes(rows, classes)
        }


def _split_classes(
    drawn: _Drawn, seed: int, k_shot: KShot, params: EpisodeParams
) -> tuple[set[str], set[str]]:
    """Source and target classes."""
    train, test = (by_picture(rows, drawn.picture_of) for rows in (drawn.train, drawn.test))
    least = params.min_per_class
    rng, n_train = numpy_stream(seed, "episode/classes"), count_per_class(train)
    if params.target == "drawn":
        classes = classes_with_rows(train, test, drawn.classes, k_shot=k_shot, min_per_class=least)
        target = choose_target(params, classes, drawn.classes, n_train, rng)
    else:
        target = choose_target(params, set(drawn.classes), drawn.classes, n_train, rng)
        classes = rich_enough(
            train, test, drawn.classes, target, k_shot=k_shot, min_per_class=least
        )
    target_pictures = drawn.pictures_with(target)
    source_train = {
        picture: labels
        for picture, labels in only_classes(train, classes).items()
        if picture not in target_pictures
    }
    source = source_with_rows(source_train, classes - target, min_per_class=params.min_per_class)
    return source, target


def _report_twins(count: int) -> None:
    if count:
        _LOG.warning(
            "%d test rows are left out: their pictures have the bytes of target classes' pictures",
            count,
        )


def _check_support(support: Mapping[str, str], target: Collection[str], k_shot: KShot) -> None:
    dealt = Counter(support.values())
    for name in sorted(target):
        if k_shot != "all" and dealt[name] < k_shot:
            raise UserError(
                f"class '{name}': other target classes leave it {dealt[name]} training pictures, "
                f"fewer than model.k_shot = {k_shot}; lower model.k_shot"
            )


def _rest(
    order: list[str], test: Labels, target: Collection[str], support: Collection[str]
) -> dict[str, str]:
    """Picture -> target class, of the test pictures that are not in the support yet."""
    there = [picture for picture in order if picture in test and picture not in support]
    return draw_support(rows_per_class(there, test, target), "all")
