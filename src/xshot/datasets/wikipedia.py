r"""The Wikipedia featured-article pairs (Rasiwasia et al., ACM MM 2010).

From the Statistical Visual Computing Lab, UC San Diego (project "crossmodal"). The articles are
CC BY-SA, the pictures carry the licences of Wikimedia Commons.

    categories.list                  10 lines: the names of categories 1 to 10
    trainset_txt_img_cat.list        2,173 lines: text_id \t image_id \t category
    testset_txt_img_cat.list         693 lines
    texts/<text_id>.xml              the article's section inside <text>
    images/<folder>/<image_id>.jpg   folders are called as categories, or in short: `art`, `sport`;
                                     in some copies there are none

Comes out as 2,866 pairs of 10 classes, 2,173 train and 693 test. The texts hold XML entities,
markup and bytes that are not UTF-8; the category names hold spaces and `&`.
"""

import html
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from xshot.datasets.files import read_lines, read_text
from xshot.datasets.rows import Row
from xshot.errors import UserError

PAIRS = 2866

_LISTS = {"train": "trainset_txt_img_cat.list", "test": "testset_txt_img_cat.list"}
_START = re.compile(r"<text\b[^<>]*>")
_MARKUP = re.compile(r"<!\[CDATA\[|\]\]>|</?[a-zA-Z][^<>]*>")


def read(root: Path) -> list[Row]:
    """The pairs in the order of the two lists, train first.

    Raises:
        UserError: naming the file, and the line of a list, that is absent or malformed.
    """
    categories, pictures = classes(root), _pictures(root)
    return [
        _row(
            root,
            categories,
            pictures,
            where=f"{root / name}: line {number}",
            line=line,
            split=split,
        )
        for split, name in _LISTS.items()
        for number, line in enumerate(read_lines(root / name), start=1)
    ]


def classes(root: Path) -> list[str]:
    """The categories in the order of their numbers."""
    return read_lines(root / "categories.list")


def _pictures(root: Path) -> dict[str, list[str]]:
    """Image id -> the picture's paths relative to the root."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "images").rglob("*")):
        if path.suffix.lower() == ".jpg":
            found[path.stem].append(path.relative_to(root).as_posix())
    return found


def _picture(pictures: dict[str, list[str]], image_id: str, category: str) -> str:
    """Its path; of several the one in the folder that is called most like the category."""
    return min(
        pictures.get(image_id, [f"images/{category}/{image_id}.jpg"]),
        key=lambda path: not category.lower().startswith(PurePosixPath(path).parent.name.lower()),
    )


def _row(
    root: Path,
    categories: list[str],
    pictures: dict[str, list[str]],
    *,
    where: str,
    line: str,
    split: str,
) -> Row:
    fields = line.split()
    if len(fields) != 3:
        raise UserError(f"{where}: expected text_id, image_id and category, found {line[:80]!r}")
    text_id, image_id, number = fields
    if number not in map(str, range(1, len(categories) + 1)):
        raise UserError(f"{where}: category {number!r} is none of 1 to {len(categories)}")
    category = categories[int(number) - 1]
    return Row(
        id=text_id,
        image=_picture(pictures, image_id, category),
        text=_article(root / "texts" / f"{text_id}.xml"),
        labels=(category,),
        split=split,
    )


def _article(path: Path) -> str:
    # The files are not well-formed XML (bare ampersands), so no XML parser takes them all.
    xml = read_text(path)
    start, end = _START.search(xml), xml.rfind("</text>")
    if not start or end < start.end():
        raise UserError(f"{path}: no <text> element; get a whole copy of the dataset")
    return " ".join(html.unescape(_MARKUP.sub(" ", xml[start.end() : end])).split())
