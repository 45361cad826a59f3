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
        ("ids", NUMBERS, Role("ids", "")),
        ("test_id", NUMBERS[None].astype(float), Role("ids", "test")),
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


@pytest.mark.parametrize("part", ["I_tr", "I_query"])
def test_a_whole_beside_a_part_of_it_is_refused(part):
    arrays = {part: ROWS, "I_gallery": ROWS, "T_tr": ROWS}
    message = f"'I_gallery' looks like all rows of image and '{part}' like a part of them; rename"
    with pytest.raises(UserError, match=message):
        assign(arrays)


def test_a_database_beside_its_own_train_part_is_refused():
    with pytest.raises(UserError, match="'I_db' and 'I_tr' both look like train image"):
        assign({"I_tr": ROWS[:4], "I_te": ROWS, "I_db": ROWS})
