from collections import Counter

import pytest

from xshot.datasets import nus_wide
from xshot.errors import UserError

# Twelve concepts; the two rarest, lake and zebra, are not among the 10 most frequent.
CONCEPTS = [
    *("animal", "clouds", "flowers", "food", "grass", "lake"),
    *("person", "sky", "toy", "water", "window", "zebra"),
]
COMMON = [concept for concept in CONCEPTS if concept not in ("lake", "zebra")]


def mini(alone=6):
    """Per common concept some pictures of its own, then five that combine concepts."""
    carried = [{concept} for concept in COMMON for _ in range(alone)]
    carried += [{"lake"}, {"sky", "water"}, {"zebra", "animal"}, set(), {"toy"}]
    pictures = [f"album{i % 3}\\{i:04}_{9000 + i}.jpg" for i in range(len(carried))]
    tags = [f"{9000 + i}      tag{i} nikon" for i in range(len(carried))]
    tags[-1] = tags[-1].split()[0]  # the last toy has no tags
    files = {
        "ImageList/Imagelist.txt": "\r\n".join(pictures) + "\r\n",
        "Concepts81.txt": "\n".join(CONCEPTS),
        "NUS_WID_Tags/All_Tags.txt": "\n".join(reversed(tags)).encode() + b" caf\xe9\n",
    }
    for concept in CONCEPTS:
        column = "".join(f"{int(concept in names)}\n" for names in carried)
        files[f"Groundtruth/AllLabels/Labels_{concept}.txt"] = column
    files["Flickr/album0/0000_9000.jpg"] = "the adapter opens no picture"
    return files


def test_single_label_subset(tree):
    rows = nus_wide.read(tree(mini()))
    # 60 pure pictures and the zebra, whose other concept is the only frequent one
    assert Counter(row.labels for row in rows) == {
        (concept,): 7 if concept == "animal" else 6 for concept in COMMON
    }
    assert tuple(rows[0]) == (
        "album0/0000_9000",
        "Flickr/album0/0000_9000.jpg",
        "tag0, nikon, café",
        ("animal",),
        None,
    )


def test_pictures_in_one_folder(tree):
    files = mini()
    del files["Flickr/album0/0000_9000.jpg"]
    assert nus_wide.read(tree(files))[0].image == "images/album0/0000_9000.jpg"
    assert nus_wide.read(tree({"images/0000_9000.jpg": ""}))[0].image == "images/0000_9000.jpg"


def test_81_keeps_every_concept(tree):
    rows = {row.id: row for row in nus_wide.read_81(tree(mini()))}
    assert rows["album0/0060_9060"].labels == ("lake",)
    assert rows["album1/0061_9061"].labels == ("sky", "water")
    assert rows["album2/0062_9062"].labels == ("animal", "zebra")
    # neither the picture without a concept nor the one without tags
    assert len(rows) == 63


def test_photos_without_tags_are_counted(tree, caplog):
    nus_wide.read_81(tree(mini()))
    assert "1 of 65 pictures have no tag" in caplog.text


def test_official_split(tree):
    files = mini()
    lines = files["ImageList/Imagelist.txt"].split()
    files["ImageList/TrainImagelist.txt"] = "\n".join(lines[::2])
    files["ImageList/TestImagelist.txt"] = "\n".join(lines[1::2])
    for row in nus_wide.read(tree(files)):
        even = int(row.id[-4:]) % 2 == 0
        assert row.split == ("train" if even else "test")


def test_10k_draws_a_thousand_of_each_class(tree):
    root = tree(mini(alone=1002))
    rows = nus_wide.read_10k(root, 0)
    assert Counter(row.labels for row in rows) == {(concept,): 1000 for concept in COMMON}
    assert rows == nus_wide.read_10k(root, 0)
    assert rows != nus_wide.read_10k(root, 1)
    assert {row.split for row in rows} == {None}


def test_10k_takes_what_there_is_of_a_small_class(tree):
    assert Counter(row.labels[0] for row in nus_wide.read_10k(tree(mini()), 0))["food"] == 6


def test_10k_list_wins_over_the_draw(tree):
    files = mini()
    files["NUS-WIDE-10K.txt"] = "album1\\0007_9007.jpg\nalbum0\\0000_9000.jpg\n"
    rows = nus_wide.read_10k(tree(files), 0)
    assert [row.id for row in rows] == ["album0/0000_9000", "album1/0007_9007"]


def test_other_places_of_pictures_and_concepts(tree):
    files = {
        name.replace("Flickr/", "images/").replace("Concepts81", "ConceptsList/Concepts81"): content
        for name, content in mini().items()
    }
    assert nus_wide.read(tree(files))[0].image == "images/album0/0000_9000.jpg"


def test_one_photo_id_in_two_albums(tree):
    # Three photo ids of the real list occur twice.
    files = mini()
    files["ImageList/Imagelist.txt"] = files["ImageList/Imagelist.txt"].replace("_9001", "_9000")
    rows = nus_wide.read(tree(files))
    assert [row.id for row in rows[:2]] == ["album0/0000_9000", "album1/0001_9000"]
    assert rows[0].text == rows[1].text


def test_label_file_a_line_short(tree):
    files = mini()
    files["Groundtruth/AllLabels/Labels_sky.txt"] = "0\n" * 64
    with pytest.raises(UserError, match=r"Labels_sky.txt: 64 labels, but Imagelist.txt names 65"):
        nus_wide.read(tree(files))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Groundtruth/AllLabels/Labels_sky.txt", "0\n" * 64 + "-1130179", r"line 65: .*-1130179"),
        ("NUS-WIDE-10K.txt", "album1/0061_9061.jpg", r"NUS-WIDE-10K.txt: line 1: .*several"),
        ("NUS-WIDE-10K.txt", "album0/none.jpg", r"NUS-WIDE-10K.txt: line 1: .*not in"),
        ("Concepts81.txt", "sky\nwater", r"Concepts81.txt lacks animal, clouds, "),
        ("Concepts81.txt", "sky\nice", r"Labels_ice.txt: No such file"),
    ],
)
def test_names_what_is_wrong(tree, name, content, message):
    root = tree({**mini(), name: content})
    with pytest.raises(UserError, match=message):
        nus_wide.read_10k(root, 0)


def test_half_an_official_split(tree):
    root = tree({**mini(), "ImageList/TrainImagelist.txt": "album0\\0000_9000.jpg"})
    with pytest.raises(UserError, match=r"TestImagelist.txt: No such file"):
        nus_wide.read(root)
