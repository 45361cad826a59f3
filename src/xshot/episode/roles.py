"""Which classes are target: drawn, named, the poor ones, or every second one."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from xshot.episode.labels import draw_target
from xshot.episode.params import EpisodeParams
from xshot.errors import UserError

_NEAREST = 3


def choose_target(
    params: EpisodeParams,
    classes: Collection[str],
    order: Sequence[str],
    n_train: Mapping[str, int],
    rng: np.random.Generator,
) -> set[str]:
    """The target classes, as `episode.target` says.

    Args:
        params: see `EpisodeParams`.
        classes: those that take part.
        order: all classes in the data set's own order.
        n_train: labelled training pictures of each class.
        rng: draws them where they are drawn.

    Raises:
        UserError: a name that no row has, no class at all, or fewer than 2 are left as source.
    """
    if params.target == "drawn":
        return draw_target(classes, params.target_fraction, leave=2, rng=rng)
    if params.target == "few":
        target = {name for name in classes if n_train[name] <= params.few}
        remedy = "lower episode.few"
        fewest = min((n_train[name], name) for name in classes)
        empty = (
            f"no class has at most episode.few = {params.few} training pictures (the poorest, "
            f"'{fewest[1]}', has {fewest[0]}); raise episode.few"
        )
    elif params.target == "every_second":
        # The rule of DADN's published code: zero-based ids that are even are unseen.
        target = set(order[::2]).intersection(classes)
        remedy = "name the target classes in episode.target"
        empty = "no class left to be target; lower episode.min_per_class"
    else:
        target = _named(params.target, classes)
        remedy = "name fewer in episode.target"
        empty = "episode.target is an empty list; name the target classes"
    if not target:
        raise UserError(empty)
    left = len(classes) - len(target)
    if left < 2:
        what = "all classes are target" if not left else "1 class is left as source"
        raise UserError(
            f"{what}, but an episode learns from 2 source classes at least; {remedy}, or add "
            "classes"
        )
    return target


def _named(names: Sequence[str], classes: Collection[str]) -> set[str]:
    for name in names:
        if name not in classes:
            near = get_close_matches(name, sorted(classes), _NEAREST, cutoff=0.0)
            raise UserError(
                f"episode.target names {name!r}, which no row has as a label; the nearest are "
                f"{', '.join(map(repr, near))}"
            )
    return set(names)
