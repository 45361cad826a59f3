"""Which classes have pictures enough to take part in an episode."""

import logging
from collections.abc import Collection

from xshot.episode.labels import Labels, count_per_class
from xshot.errors import UserError
from xshot.variants import KShot

MIN_CLASSES = 4

_log = logging.getLogger(__name__)


def classes_with_rows(
    train: Labels,
    test: Labels,
    classes: Collection[str],
    *,
    k_shot: KShot,
    min_per_class: int,
) -> set[str]:
    """The classes that take part where targets are drawn; what is dropped never depends on K.

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
        remedy = f"set episode.min_per_class to {k_shot} to drop such classes"
        _check_shots(name, n_train[name], n_test[name], k_shot, remedy)
        if not n_test[name]:
            raise UserError(
                f"class '{name}' has no test row; add one, or set episode.min_per_class to 1 to "
                "drop such classes"
            )
    if len(kept) < MIN_CLASSES:
        fewer = " or lower episode.min_per_class" if min_per_class else ""
        enough = len(kept) == MIN_CLASSES - 1
        named = ", or name the target class in episode.target" if enough else ""
        raise UserError(
            f"classes with enough rows: {len(kept)}, but an episode that draws its target classes "
            f"needs {MIN_CLASSES}; add classes{fewer}{named}"
        )
    return set(kept)


def rich_enough(
    train: Labels,
    test: Labels,
    classes: Collection[str],
    target: Collection[str],
    *,
    k_shot: KShot,
    min_per_class: int,
) -> set[str]:
    """The classes that take part where the target classes are given; none needs test rows.

    These are all target classes, and the source classes with `min_per_class` training pictures.

    Raises:
        UserError: a target class has fewer than K training pictures.
    """
    n_train, n_test = count_per_class(train), count_per_class(test)
    for name in sorted(target):
        remedy = "take every one with model.k_shot: all"
        _check_shots(name, n_train[name], n_test[name], k_shot, remedy)
    dropped = {n for n in classes if n not in target and n_train[n] < min_per_class}
    _report_dropped(dropped, f"under {min_per_class} training pictures")
    kept = set(classes) - dropped
    untested = sorted(name for name in kept if not n_test[name])
    if untested and n_test:  # where none has one, nothing is measured
        _log.warning(
            "%d classes without a test row are trained and searched, but left out of what is "
            "measured: %s",
            len(untested),
            ", ".join(untested),
        )
    return kept


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
            f"source class '{bare[0]}' has no training row without a target label; change seed or "
            "episode.target, or set episode.min_per_class to 1 to drop such classes"
        )
    _report_dropped(bare, "no training row without a target label")
    kept = set(source).difference(bare)
    if len(kept) < 2:
        raise UserError(
            f"{len(kept)} source classes have a training row without a target label, but an "
            "episode needs 2; lower episode.target_fraction, change seed or name fewer target "
            "classes"
        )
    return kept


def _check_shots(name: str, n_train: int, n_test: int, k_shot: KShot, remedy: str) -> None:
    if k_shot != "all" and n_train < k_shot:
        fewer = f"keep fewer than {n_test} to test on (data.min_test), " if n_test else ""
        raise UserError(
            f"class '{name}' has {n_train} training pictures, fewer than model.k_shot = {k_shot}; "
            f"lower model.k_shot, {fewer}or {remedy}"
        )


def _report_dropped(names: Collection[str], reason: str) -> None:
    if names:
        _log.warning("dropped %d classes (%s): %s", len(names), reason, ", ".join(sorted(names)))
