import pytest

from xshot.datasets import xmedianet
from xshot.errors import UserError


def mini(jpg, **changes):
    files = {
        "img_train_list.txt": "sea_lion/a 1.jpg 1\nviolin\\b.jpg 2\n",
        "txt_train_list.txt": "sea_lion/t1.txt 1\nviolin/t2.txt 2\n",
        "img_test_list.txt": "violin/c.jpg\t2\n",
        "txt_test_list.txt": "violin/t3.txt\t2\n",
        "image/sea_lion/a 1.jpg": jpg,
        "image/violin/b.jpg": jpg,
        "image/violin/c.jpg": jpg,
        "text/sea_lion/t1.txt": "Sea lions\n  are loud.",
        "text/violin/t2.txt": b"Stradivari\x92s",
        "text/violin/t3.txt": "third",
    }
    return {**files, **changes}


def test_pairs_line_by_line(tree, jpg):
    rows = xmedianet.read(tree(mini(jpg)))
    assert [tuple(row) for row in rows] == [
        ("sea_lion/a 1", "image/sea_lion/a 1.jpg", "Sea lions are loud.", ("sea lion",), "train"),
        ("violin/b", "image/violin/b.jpg", "Stradivari’s", ("violin",), "train"),
        ("violin/c", "image/violin/c.jpg", "third", ("violin",), "test"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"txt_train_list.txt": "sea_lion/t1.txt 1\n"}, r"txt_train_list.txt: 1 lines, .*has 2"),
        ({"txt_test_list.txt": "violin/t3.txt 1\n"}, r"img_test_list.txt: line 1: label '2' must"),
        ({"img_test_list.txt": "viola/c.jpg 2\n"}, r"keep to one folder \(here 'viola'\)"),
        ({"img_test_list.txt": "c.jpg 2\n"}, r"keep to one folder \(here ''\)"),
        ({"img_test_list.txt": "c.jpg\n"}, r"line 1: expected a path and a label"),
        ({"txt_test_list.txt": "violin/no.txt 2\n"}, r"text/violin/no.txt: No such file"),
        (
            {
                "img_test_list.txt": "violin/c.jpg 3\n",
                "txt_test_list.txt": "violin/t3.txt 3\n",
            },
            r"3 labels share 2 folders",
        ),
    ],
)
def test_names_what_is_wrong(tree, jpg, change, message):
    root = tree(mini(jpg, **change))
    with pytest.raises(UserError, match=message):
        xmedianet.read(root)
