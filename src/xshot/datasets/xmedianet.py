"""PKU XMediaNet, its image-text part (Peng et al., IEEE TCSVT 2018).

From the Multimedia Information Processing Lab of Peking University, on request, for research. The
texts are paragraphs of Wikipedia articles, the pictures come from Flickr.

    img_train_list.txt, txt_train_list.txt    32,000 lines each: path label
    img_test_list.txt,  txt_test_list.txt     8,000 lines each (validation and test)
    image/<class>/...                         where the paths of the image lists start
    text/<class>/...                          where the paths of the text lists start

Comes out as 40,000 pairs of 200 classes. Line i of an image list and line i of the text list are a
pair, so their labels must agree. A class is called as the folder that holds its pictures.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from xshot.datasets.files import read_lines, read_text, without_suffix
from xshot.datasets.rows import Row
from xshot.errors import UserError

PAIRS = 40_000


def read(root: Path) -> list[Row]:
    """The pairs in the order of the lists, train first.

    Raises:
        UserError: naming the list, and its line, that is absent, malformed or at odds with another.
    """
    folders: dict[str, str] = {}
    rows = [*_part(root, "train", folders), *_part(root, "test", folders)]
    if len(set(folders.values())) < len(folders):
        raise UserError(
            f"{root}: {len(folders)} labels share {len(set(folders.values()))} folders "
            "under image/; each class needs a folder of its own, which names it"
        )
    return rows


def classes(root: Path) -> list[str]:
    """The classes in the order of their labels, which are numbers."""
    entries = _entries(root / "img_train_list.txt")
    folders = {label: posixpath.basename(posixpath.dirname(image)) for image, label in entries}
    numbered = sorted(folders.items(), key=lambda item: (len(item[0]), item[0]))
    return [folder.replace("_", " ") for _, folder in numbered]


def _part(root: Path, split: str, folders: dict[str, str]) -> Iterator[Row]:
    image_list, text_list = root / f"img_{split}_list.txt", root / f"txt_{split}_list.txt"
    images, texts = _entries(image_list), _entries(text_list)
    if len(images) != len(texts):
        raise UserError(
            f"{text_list}: {len(texts)} lines, but {image_list.name} has {len(images)}; "
            "line i of the two must be a pair"
        )
    for number, ((image, label), (text, other)) in enumerate(
        zip(images, texts, strict=True), start=1
    ):
        folder = posixpath.basename(posixpath.dirname(image))
        if other != label or folders.setdefault(label, folder) != folder or not folder:
            raise UserError(
                f"{image_list}: line {number}: label {label!r} must agree with {text_list.name} "
                f"({other!r}) and keep to one folder (here {folder!r})"
            )
        yield Row(
            id=without_suffix(image),
            image=f"image/{image}",
            text=" ".join(read_text(root / "text" / text).split()),
            labels=(folder.replace("_", " "),),
            split=split,
        )


def _entries(path: Path) -> list[tuple[str, str]]:
    entries = []
    for number, line in enumerate(read_lines(path), start=1):
        # From the right: folder names may hold spaces.
        file, _, label = line.replace("\t", " ").rpartition(" ")
        if not file.strip():
            raise UserError(f"{path}: line {number}: expected a path and a label, found {line!r}")
        entries.append((file.strip().replace("\\", "/"), label))
    return entries
