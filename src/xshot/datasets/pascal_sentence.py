"""Pascal Sentence (Rashtchian et al., NAACL-HLT workshop 2010): five sentences a picture.

From the University of Illinois at Urbana-Champaign ("UIUC Pascal Sentence Dataset"). The pictures
are those of PASCAL VOC 2008, under Flickr's terms of use; for research.

    dataset/<class>/<id>.jpg      20 classes of 50 pictures
    sentence/<class>/<id>.txt     five lines, one sentence each

Comes out as 1,000 pairs, 800 train and 200 test. The five sentences become one text. The field's
split: of each class the first 40 pictures by name are train, the last 10 test.
"""

from pathlib import Path

from xshot.datasets.files import list_folder, read_lines
from xshot.datasets.rows import Row
from xshot.errors import UserError

PAIRS = 1000

_TEST = 10
# Folder names that a text encoder would not know as words.
_WORDS = {
    "diningtable": "dining table",
    "pottedplant": "potted plant",
    "tvmonitor": "tv monitor",
}


def read(root: Path) -> list[Row]:
    """The pairs by class and name.

    Raises:
        UserError: naming the folder or file that is absent or empty.
    """
    folders = [folder for folder in list_folder(root / "dataset") if folder.is_dir()]
    if not folders:
        raise UserError(f"{root / 'dataset'}: no class folder; get a whole copy of the dataset")
    return [row for folder in folders for row in _class_rows(root, folder)]


def _class_rows(root: Path, folder: Path) -> list[Row]:
    name = folder.name
    pictures = [file for file in list_folder(folder) if file.suffix.lower() == ".jpg"]
    first_test = len(pictures) - _TEST
    return [
        Row(
            id=f"{name}/{picture.stem}",
            image=f"dataset/{name}/{picture.name}",
            text=_text(root / "sentence" / name / f"{picture.stem}.txt"),
            labels=(_WORDS.get(name, name),),
            split="test" if place >= first_test else "train",
        )
        for place, picture in enumerate(pictures)
    ]


def _text(path: Path) -> str:
    # A full stop where the annotator left it out, so that the sentences stay apart.
    return " ".join(
        sentence if sentence[-1] in ".!?" else f"{sentence}." for sentence in read_lines(path)
    )
