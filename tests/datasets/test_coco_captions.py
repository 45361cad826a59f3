import json
from collections import Counter

import pytest

from xshot.datasets import coco_captions
from xshot.datasets.adapters import build_manifest
from xshot.errors import UserError

CATEGORIES = [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}, {"id": 17, "name": "cat"}]
SPLIT = {"split_seed": 0, "test_fraction": 0.4, "min_test": 1}


def part(first, count):
    """Pictures of one or two categories with five captions; the last has no object."""
    images = [
        {"id": first + n, "file_name": f"{first + n:012d}.jpg", "height": 2} for n in range(count)
    ]
    captions = [
        {"id": 100 * image["id"] + n, "image_id": image["id"], "caption": f"  Caption {n}\nof it. "}
        for n in range(5)
        for image in images
    ]
    objects = [
        {
            "id": 7 * image["id"] + n,
            "image_id": image["id"],
            "category_id": CATEGORIES[(image["id"] + n) % 3]["id"],
            "segmentation": [[1.0, 2.0]],
        }
        for image in images[:-1]
        for n in range(1 + image["id"] % 2)
    ]
    return (
        {"info": {}, "images": images, "annotations": captions},
        {"images": images, "annotations": objects, "categories": CATEGORIES},
    )


def files(jpgs, parts, folders=True):
    found = {}
    for name, (captions, instances) in parts.items():
        found[f"annotations/captions_{name}.json"] = json.dumps(captions)
        found[f"annotations/instances_{name}.json"] = json.dumps(instances)
        folder = name if folders else "images"
        found |= jpgs(*(f"{folder}/{image['file_name']}" for image in captions["images"]))
    return found


BOTH = {"train2017": part(1, 9), "val2017": part(50, 4)}


def test_a_pair_for_each_caption_with_the_labels_of_all_objects(tree, jpgs, caplog):
    root = tree(files(jpgs, BOTH))
    manifest = build_manifest("coco_captions", root, **SPLIT)
    assert Counter(manifest.splits) == {"train": 8 * 5, "test": 3 * 5}
    rows = dict(zip(manifest.ids, zip(manifest.images, manifest.labels, strict=True), strict=True))
    assert rows["train2017/000000000001#3"] == ("train2017/000000000001.jpg", ("car", "cat"))
    assert rows["val2017/000000000050#1"][1] == ("cat",)
    assert set(manifest.texts) == {f"Caption {n} of it." for n in range(5)}
    assert manifest.classes == ("car", "cat", "dog")
    assert "1 of 9 pictures have no object and 0 no caption; they are left out" in caplog.text


def test_one_part_alone_is_split_by_picture(tree, jpgs):
    root = tree(files(jpgs, {"val2017": part(1, 21)}, folders=False))
    manifest = build_manifest("coco_captions", root, **SPLIT)
    sides = {}
    for image, split in zip(manifest.images, manifest.splits, strict=True):
        sides.setdefault(image, set()).add(split)
    assert all(len(splits) == 1 for splits in sides.values())
    assert {split for splits in sides.values() for split in splits} == {"train", "test"}


def spoilt(change):
    captions, instances = (json.loads(json.dumps(half)) for half in part(1, 4))
    change(captions, instances)
    return {"val2017": (captions, instances)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda captions, _: captions["images"].pop(),
            r"captions_val2017.json: annotations of 1 pictures that its list of 3 images lac",
        ),
        (
            lambda _, instances: instances["images"].pop(),
            r"instances_val2017.json: 1 of the 4 pictures of captions_val2017.json are not in it",
        ),
        (
            lambda _, instances: instances["categories"].pop(0),
            r"instances_val2017.json: category 18 has no name",
        ),
        (lambda captions, _: captions.pop("annotations"), r"must be objects with 'image_id' and"),
        (lambda _, instances: instances.pop("categories"), r"'categories' must be a list"),
        (
            lambda captions, _: captions["annotations"][0].update(caption=None),
            r"must be objects with 'image_id' and 'caption' .*caption None",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(tree, jpgs, change, message):
    with pytest.raises(UserError, match=message):
        coco_captions.read(tree(files(jpgs, spoilt(change))))


def test_files_that_are_absent_or_cut_off(tree, jpgs):
    with pytest.raises(UserError, match=r"no captions_\*\.json; unpack COCO's annotations there"):
        coco_captions.read(tree({"readme.txt": ""}))
    whole = files(jpgs, BOTH)
    whole["annotations/captions_train2017.json"] = '{"images": ['
    with pytest.raises(UserError, match=r"captions_train2017.json: not JSON"):
        coco_captions.read(tree(whole))
