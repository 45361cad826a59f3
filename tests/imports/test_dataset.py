"""Arrays with roles to a dataset, and what is missing told."""

import numpy as np
import pytest

from xshot.errors import UserError
from xshot.imports.dataset import make_dataset
from xshot.imports.roles import assign

RNG = np.random.default_rng(0)
IMAGE, TEXT = RNG.normal(size=(2, 6, 4))
PROMPTS = RNG.normal(size=(3, 4))
WHOLE = {
    "image": IMAGE,
    "text": TEXT,
    "labels": np.array([0, 1, 2, 0, 1, 2]),
    "class_names": np.array(["owl", "cat", "dog"]),
    "class_features": PROMPTS,
}


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def made(encode=None, **changes):
    arrays = {name: array for name, array in {**WHOLE, **changes}.items() if array is not None}
    return make_dataset(assign(arrays)[0], encode)


def test_rows_features_and_classes():
    result = made()
    assert [row.labels[0] for row in result.rows] == ["owl", "cat", "dog"] * 2
    assert result.features.ids == tuple(row.id for row in result.rows)
    np.testing.assert_allclose(result.features.image, unit(IMAGE), atol=1e-7)
    np.testing.assert_allclose(result.features.text, unit(TEXT), atol=1e-7)
    assert result.classes.names == ("cat", "dog", "owl")
    np.testing.assert_allclose(result.classes.features, unit(PROMPTS[[1, 2, 0]]), atol=1e-7)
    assert "image features: 6 of 6 rows scaled to unit norm" in result.notices
    assert {row.split for row in result.rows} == {None}


def parts(train="tr", test="te", at=(4, 4, 4)):
    """The whole arrays cut in two, each at its own row."""
    found = {}
    for letter, name, row in zip("ITL", ("image", "text", "labels"), at, strict=True):
        found |= {
            name: None,
            f"{letter}_{train}": WHOLE[name][:row],
            f"{letter}_{test}": WHOLE[name][row:],
        }
    return found


@pytest.mark.parametrize(("train", "test"), [("tr", "te"), ("db", "query"), ("retrieval", "test")])
def test_train_and_test_parts(train, test):
    result = made(**parts(train, test))
    assert [row.split for row in result.rows] == ["train"] * 4 + ["test"] * 2
    np.testing.assert_array_equal(result.features.image, made().features.image)
    np.testing.assert_array_equal(result.features.text, made().features.text)
    assert [row.labels for row in result.rows] == [row.labels for row in made().rows]


def test_validation_rows_are_unused_and_stand_for_no_other_part():
    found = parts() | {f"{letter}_val": IMAGE for letter in "ITL"}
    assert made(**found).features.ids == made(**parts()).features.ids
    lacking = parts() | {"I_te": None, "I_val": IMAGE[4:]}
    with pytest.raises(UserError, match=r"image: only the train part is there.*=test_image"):
        made(**lacking)


def test_rows_without_a_label_are_left_out():
    hot = np.eye(3)[WHOLE["labels"]]
    hot[2] = 0
    result = made(labels=hot)
    assert len(result.rows) == len(result.features.ids) == 5
    assert "1 rows without a label are left out" in result.notices
    np.testing.assert_allclose(result.features.image, unit(IMAGE[[0, 1, 3, 4, 5]]), atol=1e-7)
    words = made(labels=np.array(["owl", "cat", " ", "owl", "cat", "dog"]))
    assert [row.id for row in words.rows] == [row.id for row in result.rows]
    assert words.classes.names == ("cat", "dog", "owl")
    assert "1 rows without a label are left out" in words.notices


def test_numbers_without_names_take_the_class_features_in_order():
    for first in (0, 1):
        result = made(class_names=None, labels=WHOLE["labels"] + first)
        assert result.classes.names == tuple(f"class {first + row}" for row in range(3))
        np.testing.assert_allclose(result.classes.features, unit(PROMPTS), atol=1e-7)


def test_names_are_encoded_where_asked():
    result = made(class_features=None, encode=lambda names: np.eye(4)[: len(names)])
    np.testing.assert_array_equal(result.classes.features, np.eye(4, dtype=np.float32)[:3])


def test_captions_and_ids_are_kept():
    result = made(captions=np.array(list("abcdef")), ids=np.array(list("uvwxyz")))
    assert [(row.id, row.text) for row in result.rows][:2] == [("u", "a"), ("v", "b")]


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float64])
def test_ids_may_be_numbers(kind):
    assert made(ids=np.arange(6).astype(kind)).features.ids == tuple("012345")


def test_ids_and_captions_are_what_a_table_gives_back():
    result = made(ids=np.array([" u", "v\n", *"wxyz"]), captions=np.array([" a "] * 6))
    assert result.features.ids == tuple("uvwxyz")
    assert {row.text for row in result.rows} == {"a"}


def test_ids_need_be_no_paths():
    ids = ["/data/0.jpg", "C:\\1.jpg", "../2.jpg", "..", "a/3.jpg", "/data"]
    rows = made(ids=np.array(ids)).rows
    assert [row.id for row in rows] == ids
    pictures = ["id=%2Fdata%2F0.jpg", "id=C:%5C1.jpg", "id=..%2F2.jpg", "id=.."]
    assert [row.image for row in rows] == [*pictures, "a/3.jpg", "id=%2Fdata"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": np.array(list("abc"))}, "ids: 3; row i"),
        ({"ids": np.array([list("ab")] * 6)}, "ids: 2 a row"),
        ({"ids": np.array([*"uvwxx", "u"])}, "the id is taken"),
        ({"ids": np.array([*"uvwx", "", "u"])}, "the id is empty"),
        ({"train_ids": np.array(list("abc"))}, "only the train part"),
        (
            {"train_ids": np.array(list("ab")), "test_ids": np.array([list("ab")] * 4)},
            "ids: train and test differ",
        ),
        ({"captions": np.array(list("abc"))}, "captions: 3; row i"),
        ({"captions": np.array([list("ab")] * 6)}, "captions: 2 a row"),
        ({"captions": np.array(["a", " ", *"cdef"])}, "the text is empty"),
        ({"captions_tr": np.array(list("abc"))}, "only the train part"),
    ],
)
def test_what_need_not_be_there_can_be_left_out(changes, message):
    kind = "ids" if any("ids" in name for name in changes) else "captions"
    remedy = f"or leave the {kind} out with --rename OLD=unused"
    with pytest.raises(UserError, match=f"{message}.*{remedy}"):
        made(**changes)
    made(**{f"unused_{number}": array for number, array in enumerate(changes.values())})


def test_what_must_be_there_is_not_said_to_be_left_out():
    for changes in ({"class_names": np.array(["a\0b", *"cd"])}, {"labels": np.arange(5)}):
        with pytest.raises(UserError) as caught:
            made(**changes)
        assert "unused" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": None}, "text: none is there"),
        ({"image": None, "I_tr": IMAGE}, "image: only the train part"),
        ({"labels": np.arange(5)}, "rows of image: 6, text: 6, labels: 5; row i of each"),
        (
            parts(at=(4, 2, 4)),
            r"image: 4 train \+ 2 test, text: 2 train \+ 4 test, labels: 4 train",
        ),
        (parts(at=(4, 4, 2)), r"text: 4 train \+ 2 test, labels: 2 train \+ 4 test; row i of each"),
        (parts() | {"L_tr": None, "L_te": None, "LAll": np.arange(6)}, "labels: 6; row i of each"),
        (parts() | {"ids": np.array(list("uvwxyz"))}, "ids: 6; row i of each"),
        ({"captions": np.array(list("abc"))}, "captions: 3; row i of each"),
        ({"captions": np.array([list("ab")] * 6)}, "captions: 2 a row; keep one"),
        ({"text": RNG.normal(size=(6, 7))}, "of 4 dimensions and text features of 7"),
        (
            {"ids": np.array([*"uvwxx", " u"])},
            r"rows to import: row 5 \(id 'x'\): the id is taken by row 4 already",
        ),
        ({"captions": np.array(["a", " ", *"cdef"])}, r"row 2 \(id 'row-000001'\): the text is e"),
        ({"class_names": np.array(["owl", "a|b", "dog"])}, r"row 2 .* 'a\|b' holds '\|'"),
        ({"class_names": np.array(["owl", "a\nb", "dog"])}, "holds a control character"),
        ({"class_names": None, "encode": lambda names: PROMPTS}, "already; leave out --encode-n"),
        ({"class_features": None, "class_names": None}, "no features of the classes"),
        ({"class_features": None}, "no features of the classes.*--encode-names"),
        ({"class_features": PROMPTS[:2]}, "2 class features for 3 classes"),
        ({"class_features": PROMPTS[[0, 1, 2, 0]]}, "4 class features for 3 classes"),
        (
            {"class_names": None, "labels": np.array([1, 2] * 3)},
            "numbers from 1 to 2 of 3 classes may be counted from 0 or from 1",
        ),
        ({"labels": np.array(list("abcabc"))}, "label 'a' is not among class_names"),
        ({"class_names": np.array(["owl", "", "dog"])}, "class_names: row 2 is empty"),
        ({"labels": np.array([""] * 6)}, "labels: no row has one"),
        ({"labels": np.zeros((6, 3))}, "labels: no row has one"),
        ({"class_features": RNG.normal(size=(3, 5))}, "5 dimensions, rows of 4"),
        ({"image": IMAGE * [[1], [1], [0], [1], [1], [1]]}, "image features: row 3 is zero"),
        ({"image": IMAGE * [[1], [np.nan], [0], [1], [1], [1]]}, "row 2 is zero or not finite"),
        ({"class_names": None, "labels": np.array(list("abcabc"))}, "in their order"),
    ],
)
def test_what_is_missing_or_does_not_fit(changes, message):
    with pytest.raises(UserError, match=message):
        made(**changes)


@pytest.mark.parametrize("labels", [WHOLE["labels"], np.eye(3)[WHOLE["labels"]]])
def test_numbers_are_not_encoded_as_if_they_were_names(labels):
    with pytest.raises(UserError, match="labels are numbers; --encode-names needs 'class_names'"):
        made(class_features=None, class_names=None, labels=labels, encode=lambda names: np.eye(4))
