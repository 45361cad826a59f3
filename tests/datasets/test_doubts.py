import pytest

from xshot.datasets.doubts import doubts, joined_names
from xshot.datasets.rows import Row


def rows(*cells):
    return [Row(str(n), f"{n}.jpg", text, labels) for n, (text, labels) in enumerate(cells)]


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (("cat", "dog", "cat, dog"), ["cat, dog"]),
        (("cat", "dog", "dog;cat"), ["dog;cat"]),
        (("cat", "dog", "[cat, dog]"), ["[cat, dog]"]),
        (("cat, dog", "dog, cat"), ["cat, dog", "dog, cat"]),
        (("Paris, France", "Lyon, France", "France"), []),
        (("cat,", "cat"), []),
        (("cat and dog", "cat", "dog"), []),
        (("Men/Shoes", "Women/Shoes", "Women/Shirts"), []),
    ],
)
def test_names_that_may_be_several(names, joined):
    assert joined_names(names) == joined


@pytest.mark.parametrize("word", ["caf\u00c3\u00a9", "it\u00e2\u20ac\u2122s", "na\ufffdve"])
@pytest.mark.parametrize("what", ["class", "text"])
def test_words_that_were_read_in_a_wrong_encoding(word, what):
    cells = [(f"a {word} \u9ce5", ("x",))] if what == "text" else [("t", (word,))]
    (note,) = doubts(rows(*cells, ("plain", ("x",))))
    assert (
        f"1 rows have a {what} that was read in a wrong encoding before, such as {word!r}" in note
    )


@pytest.mark.parametrize(
    "text",
    [
        "caf\u00e9",
        "S\u00e3o Jo\u00e3o",
        "\u00bfqu\u00e9?",
        "5 \u20ac",
        "\u00c2ge",
        "\u9ce5",
        "\u00d8",
    ],
)
def test_words_that_are_as_they_should_be(text):
    assert [*doubts(rows((text, (text,))))] == []


def test_zeros_and_ones_that_are_classes_of_their_own():
    assert [*doubts(rows(("t", ("0",)), ("u", ("1",))))] == []
    (note,) = doubts(rows(("t", ("0", "1")), ("u", ("1",))))
    assert "lists of zeros and ones; write the names" in note
