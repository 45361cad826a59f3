"""Data sets that grow: what was drawn before stays where it is."""

import logging
from pathlib import Path

from xshot.errors import UserError
from xshot.store.manifest import Manifest, read_manifest

_SAME = 0.5
"""Share of the earlier pictures that must be there still for it to be the same data set."""

_log = logging.getLogger(__name__)


def read_before(path: Path) -> Manifest | None:
    """The manifest that lies there from an earlier run, if it can be read."""
    try:
        return read_manifest(path)
    except UserError:
        return None


def known_sides(now: Manifest, before: Manifest | None) -> dict[str, str]:
    """Picture -> `train` or `test`, of the pictures that were drawn before.

    Nothing is known where the split was drawn with other settings, or where fewer than half of the
    earlier pictures are there still with a label of theirs: that is another data set.

    Args:
        now: the data set as it is, with the settings that its split is to be drawn with.
        before: what it gave before.
    """
    if before is None or not before.drawn or before.drawn != now.drawn:
        return {}
    sides = dict(zip(before.images, before.splits, strict=True))
    labels = dict(zip(before.images, before.labels, strict=True))
    known: dict[str, str] = {}
    found = set()
    for image, picture, own in zip(now.images, now.pictures, now.labels, strict=True):
        if image in sides and not set(own).isdisjoint(labels[image]):
            found.add(image)
            known.setdefault(picture, sides[image])
    if len(found) < _SAME * len(sides):
        return {}
    new = len(set(now.pictures)) - len(known)
    if new:
        _log.info("%d pictures keep their side of the split, %d are new", len(known), new)
    return known
