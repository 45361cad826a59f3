"""rejected.csv: the rows left out because their image cannot be read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from xshot.store.atomic import write_text


@dataclass(frozen=True)
class Rejected:
    """A row left out, and why."""

    id: str
    image: str
    reason: str


def write_rejected(path: Path, rejected: Sequence[Rejected]) -> None:
    """Write columns id, image and reason, atomically; without rows the header alone."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "image", "reason"])
    writer.writerows([row.id, row.image, row.reason] for row in rejected)
    write_text(path, out.getvalue())
