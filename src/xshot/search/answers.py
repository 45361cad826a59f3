"""Answers to a query as a table and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from xshot.search.gallery import Gallery
from xshot.search.hits import Hit
from xshot.shortening import columns, pad, shorten
from xshot.terminal import as_json as json_text
from xshot.terminal import printable

Answers = Mapping[str, Sequence[Hit]]
"""Hits by system."""

SYSTEM_NAMES = {"model": "model", "clip": "raw CLIP"}
"""Of systems that are called otherwise than in the code."""

_TEXT = 60


def as_table(answers: Answers) -> str:
    """One line per hit, one block per system."""
    blocks = []
    for system, hits in answers.items():
        rows = [("", "score", "image", "classes", "text")]
        rows += [
            (
                str(place),
                f"{hit.score:.3f}",
                hit.image,
                shorten(_classes(hit), _TEXT),
                shorten(hit.text, _TEXT),
            )
            for place, hit in enumerate(hits, start=1)
        ]
        cells = [list(map(printable, row)) for row in rows]
        widths = [max(columns(row[column]) for row in cells) for column in range(4)]
        lines = ["  ".join([*map(pad, row[:4], widths), row[4]]).rstrip() for row in cells]
        blocks.append("\n".join([SYSTEM_NAMES.get(system, system), *lines]))
    return "\n\n".join(blocks)


def as_json(query: str, gallery: Gallery, answers: Answers) -> str:
    """The query, what was searched, and the hits by system."""
    tree = {
        "query": query,
        "gallery": gallery.name,
        "answers": {system: [asdict(hit) for hit in hits] for system, hits in answers.items()},
    }
    return json_text(tree)


def _classes(hit: Hit) -> str:
    """The row's own classes, or the model's guess where it has none."""
    if hit.labels:
        return ", ".join(hit.labels)
    return f"{hit.guess}?" if hit.guess else ""
