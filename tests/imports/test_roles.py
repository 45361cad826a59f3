"""Which array is what, in the habits of the field."""

import numpy as np
import pytest

from xshot.errors import UserError
from xshot.imports.roles import Role, assign

ROWS = np.zeros((6, 4))
NUMBERS = np.arange(6)
WORDS = np.array(list("abcdef"))


@pytest.mark.parametrize(
    ("name", "array", "role"),
    [
        ("I_tr", ROWS, Role("image", "train")),
        ("T_te", ROWS, Role("text", "test")),
        ("L_te", NUMBERS, Role("labels", "test")),
        ("trainCat", NUMBERS[:, None], Role("labels", "train")),
        ("train_img", ROWS, Role("image", "train")),
        ("test_txt", ROWS, Role("text", "test")),
        ("train_img_lab", NUMBERS, Role("labels", "train")),
        ("I_db", ROWS, Role("image", "train")),
        ("T_database", ROWS, Role("text", "train")),
        ("retrieval_L", NUMBERS, Role("labels", "train")),
        ("I_query", ROWS, Role("image", "test")),
        ("retrieval/test/image", ROWS, Role("image", "test")),
        ("train_val_img", ROWS, Role("image", "train")),
        ("IAll", ROWS, Role("image", "")),
        ("LAll", ROWS, Role("labels", "")),
        ("images", ROWS, Role("image", "")),
        ("image/features", ROWS, Role("image", "")),
        ("labels", WORDS, Role("labels", "")),
        ("class_features", ROWS, Role("class_features", "")),
        ("class/names", WORDS, Role("class_names", "")),
        ("classes", WORDS, Role("class_names", "")),
        ("texts", WORDS, Role("captions", "")),
        ("ids", WORDS, Role("ids", "")),
    ],
)
def test_names(name, array, role):
    roles, unused = assign({name: array})
    assert list(roles) == [role]
    assert unused == []


@pytest.mark.parametrize(
    "name", ["features", "epoch", "X", "timg", "I_val", "valid_txt", "validation/labels", "L_dev"]
)
def test_what_has_no_role_is_told(name):
    assert assign({name: ROWS}) == ({}, [name])


def test_a_count_is_no_array_of_labels():
    assert assign({"n_labels": np.array(24)}) == ({}, ["n_labels"])


def test_what_is_no_name_of_a_row_is_no_id():
    found = {"id_weights": NUMBERS / 2, "id_pairs": ROWS.astype(int)}
    assert assign(found) == ({}, list(found))


def test_labels_of_both_modalities_may_be_the_same():
    roles, _ = assign({"train_img_lab": NUMBERS, "train_txt_lab": NUMBERS})
    assert list(roles) == [Role("labels", "train")]
    with pytest.raises(UserError, match="'train_txt_lab' and 'train_img_lab' both look like train"):
        assign({"train_img_lab": NUMBERS, "train_txt_lab": NUMBERS[::-1]})


def ids(**arrays):
    """What is taken as ids, by split, and what is not used."""
    roles, unused = assign(arrays)
    taken = {role.split: array.tolist() for role, array in roles.items() if role.kind == "ids"}
    return taken, unused


@pytest.mark.parametrize("form", [NUMBERS, NUMBERS[:, None], NUMBERS[None] * 1.0, NUMBERS > 6])
def test_whole_numbers_are_ids_where_there_is_one_a_row(form):
    own = {"": list("012345")} if form.dtype != bool else {}
    assert ids(image=ROWS, ids=form) == (own, [] if own else ["ids"])
    assert ids(ids=form) == ({}, ["ids"])


def test_numbers_of_both_parts_are_ids():
    parts = {"I_te": ROWS[:2], "I_tr": ROWS}
    taken = {"test": ["7", "8"], "train": list("012345")}
    assert ids(**parts, train_id=NUMBERS, test_id=NUMBERS[1:3] + 6) == (taken, [])


@pytest.mark.parametrize(
    "found",
    [
        {"text_id": NUMBERS // 2},
        {"train_ids": NUMBERS[:4], "test_ids": NUMBERS[4:]},
        {"query_id": NUMBERS[:2], "retrieval_id": NUMBERS[2:]},
        {"img_ids": NUMBERS[:4]},
        {"id": np.array([3])},
        {"train_id": NUMBERS},
        {"image_ids": NUMBERS, "text_ids": NUMBERS + 1},
        {"ids": NUMBERS + 2.0**53},
        {"id": np.append(NUMBERS[:5], np.inf)},
    ],
)
def test_numbers_that_may_be_no_ids_are_not_used(found):
    assert ids(image=ROWS, text=ROWS, **found) == ({}, list(found))


@pytest.mark.parametrize(
    "found",
    [
        {"train_ids": NUMBERS, "test_ids": NUMBERS[:2]},
        {"train_ids": NUMBERS},
        {"ids": np.arange(8)},
        {"train_ids": NUMBERS, "test_ids": NUMBERS[:2] + 6, "query_ids": NUMBERS[:2] + 8},
    ],
)
def test_numbers_beside_parts_that_may_be_no_ids_are_not_used(found):
    assert ids(I_tr=ROWS, I_te=ROWS[:2], **found) == ({}, list(found))


def test_the_one_set_of_numbers_that_differ_is_taken():
    found = {"image_ids": NUMBERS // 2, "text_ids": NUMBERS}
    assert ids(image=ROWS, **found) == ({"": list("012345")}, [])
    assert ids(image=ROWS, ids=WORDS, **found) == ({"": WORDS.tolist()}, ["text_ids"])


@pytest.mark.parametrize(
    ("name", "array", "kind"),
    [
        ("image_ids", NUMBERS // 2, "pictures"),
        ("img_id", NUMBERS[:, None] // 2, "pictures"),
        ("train_image_id", np.array(["a", "a", "b"]), "pictures"),
        ("image_ids", np.array(["a", "b"]), "ids"),
        ("image_of_text", NUMBERS, "image_of_text"),
        ("test/image_of_text", NUMBERS * 1.0, "image_of_text"),
    ],
)
def test_which_rows_are_of_one_picture(name, array, kind):
    roles, unused = assign({name: array})
    assert [role.kind for role in roles] == [kind]
    assert unused == []


@pytest.mark.parametrize("part", ["I_tr", "I_query"])
def test_a_whole_beside_a_part_of_it_is_refused(part):
    arrays = {part: ROWS, "I_gallery": ROWS, "T_tr": ROWS}
    message = f"'I_gallery' looks like all rows of image and '{part}' like a part of them; rename"
    with pytest.raises(UserError, match=message):
        assign(arrays)


def test_a_database_beside_its_own_train_part_is_refused():
    with pytest.raises(UserError, match="'I_db' and 'I_tr' both look like train image"):
        assign({"I_tr": ROWS[:4], "I_te": ROWS, "I_db": ROWS})
