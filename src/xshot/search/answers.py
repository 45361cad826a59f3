"""Answers to a query as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from xshot.search.gallery import Gallery
from xshot.search.retriever import Hit

Answers = Mapping[str, Sequence[Hit]]
"""Hits by system."""

SYSTEM_NAMES = {"model": "model", "clip": "raw CLIP"}

_TEXT_WIDTH = 60


def as_table(answers: Answers) -> str:
    """One line per hit, one block per system."""
    blocks = []
    for system, hits in answers.items():
        rows = [("", "score", "image", "classes", "text")]
        rows += [
            (str(place), f"{hit.score:.3f}", hit.image, _classes(hit), _shortened(hit.text))
            for place, hit in enumerate(hits, start=1)
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join([*map(str.ljust, row[:4], widths), row[4]]).rstrip() for row in rows]
        blocks.append("\n".join([SYSTEM_NAMES[system], *lines]))
    return "\n\n".join(blocks)


def as_json(query: str, gallery: Gallery, answers: Answers) -> str:
    """The query, what was searched, and the hits by system."""
    tree = {
        "query": query,
        "gallery": gallery.name,
        "answers": {system: [asdict(hit) for hit in hits] for system, hits in answers.items()},
    }
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _classes(hit: Hit) -> str:
    """The row's own classes, or the model's guess where it has none."""
    if hit.labels:
        return ", ".join(hit.labels)
    return f"{hit.guess}?" if hit.guess else ""


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_WIDTH else f"{line[: _TEXT_WIDTH - 1]}…"
