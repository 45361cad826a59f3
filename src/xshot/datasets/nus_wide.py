r"""NUS-WIDE (Chua et al., CIVR 2009): 269,648 Flickr pictures, their tags, 81 concepts.

From the Lab for Media Search, National University of Singapore; the pictures on request, under
Flickr's terms of use, for research. The archives, unpacked side by side:

    ImageList/Imagelist.txt                      269,648 lines: <folder>\<number>_<photo id>.jpg
    ImageList/TrainImagelist.txt                 161,789 of them   (both or neither; without them
    ImageList/TestImagelist.txt                  107,859 of them    the split is drawn)
    ConceptsList/Concepts81.txt                  81 lines (may lie at the root)
    Groundtruth/AllLabels/Labels_<concept>.txt   269,648 lines of 0 or 1
    NUS_WID_Tags/All_Tags.txt                    photo id, then the photo's tags
    Flickr/<folder>/<number>_<photo id>.jpg      (or images/ instead of Flickr/; some copies have
                                                 no <folder>s)

Three datasets come out; photos without tags have no text and are left out of each:

- `nus_wide`: the pictures that carry exactly one of the 10 most frequent concepts (the field counts
  71,602: 42,941 train and 28,661 test), one label each.
- `nus_wide_10k`: 1,000 pictures of each of the ten concepts of Feng et al. (ACM MM 2014), carrying
  exactly one of them; these ten are not the ten most frequent. `NUS-WIDE-10K.txt` at the root, in
  the form of Imagelist.txt, names the pictures; without it `data.split_seed` draws them. The split
  is drawn.
- `nus_wide_81`: every picture with at least one of the 81 concepts, with all its labels.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from xshot.datasets.files import read_bytes, read_lines, without_suffix
from xshot.datasets.rows import Row
from xshot.errors import UserError
from xshot.seeds import numpy_stream

PAIRS_10K = 10_000

_FREQUENT = 10
_PER_CLASS_10K = 1000
_CONCEPTS_10K = (
    "animal",
    "clouds",
    "flowers",
    "food",
    "grass",
    "person",
    "sky",
    "toy",
    "water",
    "window",
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Pictures:
    """The pictures that have tags, in the order of Imagelist.txt."""

    root: Path
    files: list[str]  # <folder>/<number>_<photo id>.jpg
    texts: list[str]
    concepts: list[str]
    carries: npt.NDArray[np.bool_]  # (pictures, concepts)

    def single_label(self, concepts: list[str]) -> dict[int, str]:
        """Place -> concept of the pictures that carry exactly one of `concepts`."""
        columns = self.carries[:, [self.concepts.index(concept) for concept in concepts]]
        alone = np.flatnonzero(columns.sum(axis=1) == 1)
        which = columns[alone].argmax(axis=1)
        return {int(i): concepts[j] for i, j in zip(alone, which, strict=True)}

    def rows(self, labels: Mapping[int, tuple[str, ...]], splits: dict[str, str]) -> list[Row]:
        """The pictures at the places in `labels`."""
        folder = "Flickr" if (self.root / "Flickr").is_dir() else "images"
        top = self.root / folder
        flat = top.is_dir() and not any(entry.is_dir() for entry in top.iterdir())
        return [
            Row(
                id=without_suffix(self.files[i]),
                image=f"{folder}/{self.files[i].rpartition('/')[2] if flat else self.files[i]}",
                text=self.texts[i],
                labels=labels[i],
                split=splits.get(self.files[i]),
            )
            for i in sorted(labels)
        ]


def read(root: Path) -> list[Row]:
    """`nus_wide`: exactly one of the 10 most frequent concepts.

    Raises:
        UserError: naming the file that is absent, malformed or at odds with another.
    """
    pictures = _load(root)
    by_count = np.argsort(-pictures.carries.sum(axis=0), kind="stable")
    frequent = [pictures.concepts[i] for i in by_count[:_FREQUENT]]
    labels = {i: (concept,) for i, concept in pictures.single_label(frequent).items()}
    return pictures.rows(labels, _official_split(root))


def read_81(root: Path) -> list[Row]:
    """`nus_wide_81`: every picture with a concept, with all its concepts.

    Raises:
        UserError: as `read`.
    """
    pictures = _load(root)
    labels = {
        int(i): tuple(pictures.concepts[j] for j in np.flatnonzero(pictures.carries[i]))
        for i in np.flatnonzero(pictures.carries.any(axis=1))
    }
    return pictures.rows(labels, _official_split(root))


def read_10k(root: Path, seed: int) -> list[Row]:
    """`nus_wide_10k`: the pictures of a list at the root, or 1,000 a class drawn with `seed`.

    Raises:
        UserError: as `read`, or the list names a picture that carries none or several of the ten.
    """
    pictures = _load(root)
    missing = sorted(set(_CONCEPTS_10K) - set(pictures.concepts))
    if missing:
        raise UserError(f"{root}: Concepts81.txt lacks {', '.join(missing)}; get a whole copy")
    concept_of = pictures.single_label(list(_CONCEPTS_10K))
    given = root / "NUS-WIDE-10K.txt"
    if given.exists():
        chosen = _listed(given, pictures, concept_of)
    else:
        chosen = _drawn(pictures, concept_of, seed)
    return pictures.rows({i: (concept_of[i],) for i in chosen}, {})


def concepts(root: Path) -> list[str]:
    """All concepts in the order of Concepts81.txt."""
    listed = root / "ConceptsList" / "Concepts81.txt"
    return read_lines(listed if listed.exists() else root / "Concepts81.txt")


def _listed(path: Path, pictures: _Pictures, concept_of: dict[int, str]) -> list[int]:
    place = {file: i for i, file in enumerate(pictures.files)}
    chosen = []
    for number, line in enumerate(read_lines(path), start=1):
        i = place.get(_posix(line))
        if i is None or i not in concept_of:
            raise UserError(
                f"{path}: line {number}: {line!r} has no tags, is not in Imagelist.txt, or carries "
                "none or several of the ten concepts; remove the line"
            )
        chosen.append(i)
    return chosen


def _drawn(pictures: _Pictures, concept_of: dict[int, str], seed: int) -> list[int]:
    chosen: list[int] = []
    for concept in _CONCEPTS_10K:
        # By name, so that the draw does not hang on the order of Imagelist.txt.
        pool = sorted(
            (i for i, name in concept_of.items() if name == concept),
            key=lambda i: pictures.files[i],
        )
        random = numpy_stream(seed, f"nus_wide_10k {concept}")
        drawn = random.choice(len(pool), size=min(_PER_CLASS_10K, len(pool)), replace=False)
        chosen += [pool[i] for i in drawn]
    return chosen


def _load(root: Path) -> _Pictures:
    image_list = root / "ImageList" / "Imagelist.txt"
    files = [_posix(line) for line in read_lines(image_list)]
    names = concepts(root)
    carries = np.stack([_labels(root, concept, image_list, len(files)) for concept in names], 1)
    tags = _tags(root / "NUS_WID_Tags" / "All_Tags.txt")
    # The photo id, not the line, names a picture's tags: list and tags may differ in order.
    texts = [tags.get(without_suffix(file).rpartition("_")[2], "") for file in files]
    tagged = [i for i, text in enumerate(texts) if text]
    if len(tagged) < len(files):
        _log.warning(
            "%s: %d of %d pictures have no tag and are left out",
            root,
            len(files) - len(tagged),
            len(files),
        )
    return _Pictures(
        root=root,
        files=[files[i] for i in tagged],
        texts=[texts[i] for i in tagged],
        concepts=names,
        carries=carries[tagged],
    )


def _labels(root: Path, concept: str, image_list: Path, count: int) -> npt.NDArray[np.bool_]:
    path = root / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt"
    values = read_bytes(path).split()
    if len(values) != count:
        raise UserError(
            f"{path}: {len(values)} labels, but {image_list.name} names {count} pictures; "
            "get a whole copy of the file"
        )
    for number, value in enumerate(values, start=1):
        if value not in (b"0", b"1"):
            raise UserError(f"{path}: line {number}: expected 0 or 1, found {value[:80]!r}")
    return np.array([value == b"1" for value in values])


def _tags(path: Path) -> dict[str, str]:
    tags = {}
    for line in read_lines(path):
        photo, *words = line.split()
        tags[photo] = ", ".join(words)
    return tags


def _official_split(root: Path) -> dict[str, str]:
    lists = {"train": "TrainImagelist.txt", "test": "TestImagelist.txt"}
    if not any((root / "ImageList" / name).exists() for name in lists.values()):
        return {}
    return {
        _posix(line): split
        for split, name in lists.items()
        for line in read_lines(root / "ImageList" / name)
    }


def _posix(path: str) -> str:
    return path.replace("\\", "/")
