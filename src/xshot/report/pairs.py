"""The pictures and texts of the held-out rows, for those who look at the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xshot.errors import UserError
from xshot.store.manifest import Manifest

_ATTRIBUTION_LENGTH = 300


@dataclass(frozen=True)
class Pairs:
    """Where the pictures of N rows lie, and what their texts are.

    Attributes:
        images: paths.
        texts: captions or articles.
        attribution: whom the data set's licence asks to name; None if it has no LICENSE.txt.
    """

    images: tuple[Path, ...]
    texts: tuple[str, ...]
    attribution: str | None


def pairs_of(manifest: Manifest, ids: Sequence[str], root: Path) -> Pairs:
    """The pairs `ids`, in that order, of a data set that lies in `root`.

    Raises:
        UserError: the manifest lacks an id.
    """
    place = {row_id: row for row, row_id in enumerate(manifest.ids)}
    missing = next((row_id for row_id in ids if row_id not in place), None)
    if missing is not None:
        raise UserError(f"manifest: no row with id '{missing}'; re-run `dvc repro prepare`")
    rows = [place[row_id] for row_id in ids]
    return Pairs(
        images=tuple(root / manifest.images[row] for row in rows),
        texts=tuple(manifest.texts[row] for row in rows),
        attribution=_attribution(root),
    )


def _attribution(root: Path) -> str | None:
    """The first line of LICENSE.txt, which names author and licence."""
    try:
        text = (root / "LICENSE.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = (line.strip() for line in text.splitlines())
    return next((line[:_ATTRIBUTION_LENGTH] for line in lines if line), None)
