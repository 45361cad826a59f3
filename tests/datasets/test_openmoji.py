import pytest

from xshot.datasets import openmoji
from xshot.datasets.openmoji_classes import CLASS_NAMES
from xshot.errors import UserError

HEADER = "image,name,keywords,subgroup,caption\n"


def concepts(subgroup, count):
    return "".join(
        f'{subgroup}{i}.png,name {i},"a, b",{subgroup},"a picture of name {i}, a, b"\n'
        for i in range(count)
    )


def test_keeps_the_subgroups_with_twelve_members(tree):
    table = HEADER + concepts("animal-bird", 12) + concepts("arrow", 11)
    rows = openmoji.read(tree({"concepts.csv": table}))
    assert len(rows) == 12
    assert tuple(rows[3]) == (
        "animal-bird3",
        "animal-bird3.png",
        "a picture of name 3, a, b",
        (CLASS_NAMES["animal-bird"],),
        None,
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("image,name\na.png,x\n", r"concepts.csv: missing column subgroup, caption"),
        (HEADER + concepts("new-group", 12), r"no class name for new-group"),
    ],
)
def test_names_what_is_wrong(tree, table, message):
    with pytest.raises(UserError, match=message):
        openmoji.read(tree({"concepts.csv": table}))
