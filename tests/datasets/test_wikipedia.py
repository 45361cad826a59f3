import pytest

from xshot.datasets import wikipedia
from xshot.errors import UserError

ARTICLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<document><name>Caf\xc3\xa9 &amp; bar</name>
<text>
The caf\xc3\xa9 of <b>R&ouml;m</b> & Caf\xe9 cost 5 &lt; 6 &#8364;,
x < y.
</text></document>
"""


def mini(jpg, **changes):
    files = {
        "categories.list": "Art & architecture\r\nGeography places\r\n",
        "trainset_txt_img_cat.list": "aa-1.2\timg1\t1\nbb-3.4\timg2\t2\n",
        "testset_txt_img_cat.list": "cc-5.6\timg3\t1\n\n",
        "texts/aa-1.2.xml": ARTICLE,
        "texts/bb-3.4.xml": "<text>two</text>",
        "texts/cc-5.6.xml": "<text>three</text>",
        "images/Art & architecture/img1.jpg": jpg,
        "images/Geography places/img2.jpg": jpg,
        "images/Art & architecture/img3.jpg": jpg,
    }
    return {**files, **changes}


def test_reads_both_lists_with_their_split(tree, jpg):
    rows = wikipedia.read(tree(mini(jpg)))
    assert [(row.id, row.image, row.labels, row.split) for row in rows] == [
        ("aa-1.2", "images/Art & architecture/img1.jpg", ("Art & architecture",), "train"),
        ("bb-3.4", "images/Geography places/img2.jpg", ("Geography places",), "train"),
        ("cc-5.6", "images/Art & architecture/img3.jpg", ("Art & architecture",), "test"),
    ]


@pytest.mark.parametrize("folder", ["art", "Art & architecture", "ART", "", "all"])
def test_pictures_lie_in_folders_that_are_called_in_short_or_in_none(tree, jpg, folder):
    """As the published archive has them, and copies of it."""
    files = mini(jpg)
    for name in ("img1", "img3"):
        del files[f"images/Art & architecture/{name}.jpg"]
        files[f"images/{folder}/{name}.jpg"] = jpg
    files["images/Geography places/img1.jpg"] = jpg  # of two the one of the category
    files["images/readme.txt"] = "not a picture"
    rows = wikipedia.read(tree(files))
    where = f"images/{folder}/".replace("//", "/")
    assert rows[2].image == f"{where}img3.jpg"
    assert rows[0].labels == ("Art & architecture",)
    if folder.lower().startswith("art"):
        assert rows[0].image == f"{where}img1.jpg"


def test_a_picture_that_is_absent_is_looked_for_in_its_category(tree, jpg):
    files = mini(jpg)
    del files["images/Geography places/img2.jpg"]
    assert wikipedia.read(tree(files))[1].image == "images/Geography places/img2.jpg"


def test_article_survives_entities_markup_and_stray_bytes(tree, jpg):
    assert wikipedia.read(tree(mini(jpg)))[0].text == (
        "The café of Röm & Café cost 5 < 6 €, x < y."
    )


def test_pathological_markup_is_read_in_linear_time(tree, jpg):
    # Quadratic scanning of these 2 MB would take hours, so that it fails by hanging.
    xml = "<text " * 200_000 + "<text>" + "<b" * 300_000 + "</text>"
    assert wikipedia.read(tree(mini(jpg, **{"texts/bb-3.4.xml": xml})))[1].text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trainset_txt_img_cat.list": "aa-1.2\timg1\n"}, r"trainset.*line 1: expected text_id"),
        ({"testset_txt_img_cat.list": "cc-5.6\timg3\t3\n"}, r"testset.*line 1: category '3'"),
        ({"testset_txt_img_cat.list": "cc-5.6\timg3\tart\n"}, r"category 'art' is none of 1 to 2"),
        ({"testset_txt_img_cat.list": "\n"}, r"testset_txt_img_cat.list: empty"),
        ({"testset_txt_img_cat.list": "no\timg3\t1\n"}, r"texts/no.xml: No such file"),
        ({"testset_txt_img_cat.list": "n\0o\timg3\t1\n"}, r"embedded null byte"),
        ({"texts/cc-5.6.xml": "<text>cut of"}, r"texts/cc-5.6.xml: no <text> element"),
        ({"texts/cc-5.6.xml": "</text><text>"}, r"texts/cc-5.6.xml: no <text> element"),
    ],
)
def test_names_what_is_wrong(tree, jpg, change, message):
    root = tree(mini(jpg, **change))
    with pytest.raises(UserError, match=message):
        wikipedia.read(root)
