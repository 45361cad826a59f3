"""COCO Captions (Chen et al., 2015): five captions a picture, the categories of its objects.

Captions and instances by the COCO Consortium (cocodataset.org), CC BY 4.0; the pictures under
Flickr's terms of use. The archives, unpacked side by side; of another year alike:

    annotations/captions_train2017.json     images, annotations: image_id, caption
    annotations/instances_train2017.json    images, categories, annotations: image_id, category_id
    annotations/captions_val2017.json       and instances_val2017.json, if wanted
    train2017/, val2017/                    the pictures (or all of them in images/)

Comes out as a pair for each caption; a picture's labels are the categories of its objects, in the
order of their ids. Pictures without an object or without a caption are left out, with a count. A
part whose name starts with `train` is the train part and any other the test part; of one part alone
the split is drawn.
"""

import json
import logging
from collections import defaultdict
from pathlib import Path
from typing import Any

from xshot.datasets.files import read_text
from xshot.datasets.rows import Row
from xshot.errors import UserError

_UNUSED = ("segmentation", "bbox", "coco_url", "flickr_url", "date_captured")

_log = logging.getLogger(__name__)


def read(root: Path) -> list[Row]:
    """The pairs, part by part, in the order of the pictures and of their captions.

    Raises:
        UserError: naming the file that is absent, malformed or at odds with another.
    """
    parts = _parts(root)
    rows = [row for part in parts for row in _part(root, part, alone=len(parts) == 1)]
    if not rows:
        raise UserError(f"{root}: no picture has both a caption and an object; get a whole copy")
    return rows


def classes(root: Path) -> list[str]:
    """The categories in the order of their ids."""
    names: dict[int, str] = {}
    for part in _parts(root):
        names |= _categories(root / "annotations" / f"instances_{part}.json")
    return [name for _, name in sorted(names.items())]


def _parts(root: Path) -> list[str]:
    files = sorted((root / "annotations").glob("captions_*.json"))
    if not files:
        raise UserError(
            f"{root / 'annotations'}: no captions_*.json; unpack COCO's annotations there"
        )
    parts = [file.stem.partition("_")[2] for file in files]
    return sorted(parts, key=lambda part: (not part.startswith("train"), part))


def _part(root: Path, part: str, *, alone: bool) -> list[Row]:
    captions_file = root / "annotations" / f"captions_{part}.json"
    instances_file = root / "annotations" / f"instances_{part}.json"
    captions, instances = _load(captions_file), _load(instances_file)
    names = _names(captions_file, captions)
    missing = names.keys() - _names(instances_file, instances).keys()
    if missing:
        raise UserError(
            f"{instances_file}: {len(missing)} of the {len(names)} pictures of "
            f"{captions_file.name} are not in it, such as {names[min(missing)]!r}; get both of "
            "one release"
        )
    categories = _categories(instances_file, instances)
    objects = _grouped(instances_file, instances, "category_id", int, names)
    texts = _grouped(captions_file, captions, "caption", str, names)
    strange = {each for own in objects.values() for each in own} - categories.keys()
    if strange:
        raise UserError(f"{instances_file}: category {min(strange)} has no name; get a whole copy")
    kept = [image for image in names if objects[image] and texts[image]]
    if len(kept) < len(names):
        _log.warning(
            "%s: %d of %d pictures have no object and %d no caption; they are left out",
            captions_file,
            sum(not objects[image] for image in names),
            len(names),
            sum(not texts[image] for image in names),
        )
    folder = part if (root / part).is_dir() else "images"
    split = None if alone else "train" if part.startswith("train") else "test"
    return [
        Row(
            id=f"{part}/{Path(names[image]).stem}#{number}",
            image=f"{folder}/{names[image]}",
            text=" ".join(text.split()),
            labels=tuple(categories[each] for each in sorted(set(objects[image]))),
            split=split,
        )
        for image in kept
        for number, text in enumerate(texts[image], start=1)
    ]


def _load(path: Path) -> dict[str, Any]:
    def slim(tree: dict[str, Any]) -> dict[str, Any]:
        # The outlines of objects take most of a file; nobody asks for them.
        for key in _UNUSED:
            tree.pop(key, None)
        return tree

    try:
        tree = json.loads(read_text(path), object_hook=slim)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({error}); get a whole copy of the file") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: expected an object with 'images' and 'annotations'")
    return tree


def _names(path: Path, tree: dict[str, Any]) -> dict[int, str]:
    """Id of each picture -> its file's name."""
    try:
        return {int(image["id"]): str(image["file_name"]) for image in tree["images"]}
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: 'images' must be a list of objects with 'id' and 'file_name' ({error!r})"
        ) from None


def _categories(path: Path, tree: dict[str, Any] | None = None) -> dict[int, str]:
    tree = _load(path) if tree is None else tree
    try:
        return {int(each["id"]): str(each["name"]) for each in tree["categories"]}
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: 'categories' must be a list of objects with 'id' and 'name' ({error!r})"
        ) from None


def _grouped(
    path: Path, tree: dict[str, Any], key: str, kind: type, names: dict[int, str]
) -> dict[int, list[Any]]:
    """The values of each picture's annotations."""
    values: dict[int, list[Any]] = defaultdict(list)
    try:
        for annotation in tree["annotations"]:
            if not isinstance(annotation[key], kind):
                raise TypeError(f"{key} {annotation[key]!r}")
            values[int(annotation["image_id"])].append(annotation[key])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: annotations must be objects with 'image_id' and '{key}' ({error!r})"
        ) from None
    unknown = sorted(values.keys() - names.keys())
    if unknown:
        raise UserError(
            f"{path}: annotations of {len(unknown)} pictures that its list of {len(names)} images "
            f"lacks, such as image_id {unknown[0]}; get a whole copy of the file"
        )
    return values
