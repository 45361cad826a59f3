"""Draws an episode from a manifest: classes, training rows, support, test rows, pseudo-episodes.

Rows are drawn from the order of their ids, so that the manifest's order does not matter. Nothing
but supports depends on K (and what is left of the pseudo-target rows to test on).
"""

from collections import Counter
from collections.abc import Collection

from xshot.episode.eligible import classes_with_rows, source_with_rows
from xshot.episode.episode import Episode, HeldOut, Task
from xshot.episode.labels import (
    Labels,
    draw_target,
    named,
    only_classes,
    rows_per_class,
    shuffled,
    without_classes,
)
from xshot.episode.params import EpisodeParams
from xshot.episode.pseudo import draw_pseudo_episode
from xshot.episode.support import draw_support
from xshot.errors import UserError
from xshot.seeds import numpy_stream
from xshot.store.manifest import Manifest


def draw_episode(
    manifest: Manifest,
    kept_ids: Collection[str],
    *,
    seed: int,
    k_shot: int,
    params: EpisodeParams,
) -> tuple[Episode, HeldOut]:
    """Draw the episode of `seed` and K, and the rows that only evaluation may see.

    A row with any target label is a target row: it is a test row or may be drawn as support, but is
    never in `train`. Target rows of split train that are not drawn are not used.

    Args:
        manifest: all rows.
        kept_ids: rows that have features; others are never named.
        seed: draws the class split, the support and the pseudo-episodes.
        k_shot: K, support rows per target class.
        params: see `EpisodeParams`.

    Raises:
        UserError: a class has fewer than K training rows or no test row, there are fewer than 4
            classes, or the manifest does not know a kept row.
    """
    train, test = _kept_rows(manifest, kept_ids)
    source, target = _split_classes(manifest, train, test, seed, k_shot, params)
    train, test = (only_classes(rows, source | target) for rows in (train, test))
    source_train, source_test = (without_classes(rows, target) for rows in (train, test))
    if not source_test:
        raise UserError(
            "every test row has a target label; lower episode.target_fraction or change seed"
        )

    # Rejected rows are shuffled along: one more or less does not move the draw of other classes.
    order = shuffled(sorted(manifest.ids), numpy_stream(seed, "episode/support"))
    support = _support([row for row in order if row in train], train, target, k_shot)
    task = Task(
        source=tuple(sorted(source)),
        target=tuple(sorted(target)),
        train=named(source_train, train),
        support=named(support, train),
    )
    pseudo_episodes = tuple(
        draw_pseudo_episode(
            task.source,
            task.train,
            k_shot=k_shot,
            fraction=params.pseudo_fraction,
            rng=numpy_stream(seed, f"episode/pseudo/{draw}"),
        )
        for draw in range(params.pseudo_draws)
    )
    heldout = HeldOut(
        test_source=named(source_test, test),
        test_target=named((row for row in test if row not in source_test), test),
    )
    return Episode(seed, k_shot, task, pseudo_episodes), heldout


def _kept_rows(manifest: Manifest, kept_ids: Collection[str]) -> tuple[Labels, Labels]:
    """The kept rows of split train and of split test, in the order of their ids."""
    kept = set(kept_ids)
    unknown = sorted(kept.difference(manifest.ids))
    if unknown:
        raise UserError(
            f"features: row '{unknown[0]}' is not in the manifest; re-run `dvc repro extract`"
        )
    rows = sorted(zip(manifest.ids, manifest.labels, manifest.splits, strict=True))
    train, test = (
        {row: labels for row, labels, row_split in rows if row_split == split and row in kept}
        for split in ("train", "test")
    )
    return train, test


def _split_classes(
    manifest: Manifest,
    train: Labels,
    test: Labels,
    seed: int,
    k_shot: int,
    params: EpisodeParams,
) -> tuple[set[str], set[str]]:
    """Source and target classes."""
    classes = classes_with_rows(
        train,
        test,
        {name for labels in manifest.labels for name in labels},
        k_shot=k_shot,
        min_per_class=params.min_per_class,
    )
    target = draw_target(
        classes, params.target_fraction, leave=2, rng=numpy_stream(seed, "episode/classes")
    )
    source_train = without_classes(only_classes(train, classes), target)
    source = source_with_rows(source_train, classes - target, min_per_class=params.min_per_class)
    return source, target


def _support(order: list[str], train: Labels, target: Collection[str], k_shot: int) -> list[str]:
    support = draw_support(rows_per_class(order, train, target), k_shot)
    dealt = Counter(support.values())
    for name in sorted(target):
        if dealt[name] < k_shot:
            raise UserError(
                f"class '{name}': other target classes leave it {dealt[name]} training rows, fewer "
                f"than model.k_shot = {k_shot}; lower model.k_shot"
            )
    return list(support)
