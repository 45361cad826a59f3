"""Which classes have pictures enough to take part in an episode."""

import logging
from collections.abc import Collection

from xshot.episode.labels import Labels, count_per_class
from xshot.errors import UserError

MIN_CLASSES = 4

_log = logging.getLogger(__name__)


def classes_with_rows(
    train: Labels,
    test: Labels,
    classes: Collection[str],
    *,
    k_shot: int,
    min_per_class: int,
) -> set[str]:
    """The classes that take part; those dropped depend on `min_per_class`, never on K.

    Raises:
        UserError: a class that is not dropped has fewer than K training rows or no test row, or
            fewer than 4 classes are left.
    """
    n_train, n_test = count_per_class(train), count_per_class(test)
    kept = sorted(classes)
    if min_per_class:
        kept = [name for name in kept if n_train[name] >= min_per_class and n_test[name]]
        _report_dropped(
            set(classes).difference(kept), f"under {min_per_class} training pictures or no test row"
        )
    for name in kept:
        if n_train[name] < k_shot:
            raise UserError(
                f"class '{name}' has {n_train[name]} training pictures, fewer than model.k_shot = "
                f"{k_shot}; lower model.k_shot, or set episode.min_per_class to {k_shot} to drop "
                "such classes"
            )
        if not n_test[name]:
            raise UserError(
                f"class '{name}' has no test row; add one, or set episode.min_per_class to 1 to "
                "drop such classes"
            )
    if len(kept) < MIN_CLASSES:
        raise UserError(
            f"{len(kept)} classes with enough rows, but an episode needs {MIN_CLASSES}; add "
            "classes or lower episode.min_per_class"
        )
    return set(kept)


def source_with_rows(
    source_train: Labels, source: Collection[str], *, min_per_class: int
) -> set[str]:
    """The source classes that keep a training row: one that carries no target label.

    Raises:
        UserError: a class keeps none and is not dropped, or fewer than 2 classes are left.
    """
    n_train = count_per_class(source_train)
    bare = sorted(name for name in source if not n_train[name])
    if bare and not min_per_class:
        raise UserError(
            f"source class '{bare[0]}' has no training row without a target label; change seed, "
            "or set episode.min_per_class to 1 to drop such classes"
        )
    _report_dropped(bare, "no training row without a target label")
    kept = set(source).difference(bare)
    if len(kept) < 2:
        raise UserError(
            f"{len(kept)} source classes have a training row without a target label, but an "
            "episode needs 2; lower episode.target_fraction or change seed"
        )
    return kept


def _report_dropped(names: Collection[str], reason: str) -> None:
    if names:
        _log.warning("dropped %d classes (%s): %s", len(names), reason, ", ".join(sorted(names)))
