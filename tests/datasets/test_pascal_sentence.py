import pytest

from xshot.datasets import pascal_sentence
from xshot.errors import UserError

SENTENCES = "A dog sleeps\n\nIt is brown .\r\nIs it old?\nA bed\nZzz!\n"


def mini(jpg):
    files = {"dataset/.DS_Store": b"\0", "dataset/readme.txt": "not a class"}
    for name in ("dog", "tvmonitor"):
        files[f"dataset/{name}/.DS_Store"] = b"\0"
        for number in range(50):
            suffix = ".JPG" if number == 3 else ".jpg"
            files[f"dataset/{name}/2008_{number:06}{suffix}"] = jpg
            files[f"sentence/{name}/2008_{number:06}.txt"] = SENTENCES
    return files


def test_first_40_train_last_10_test(tree, jpg):
    rows = pascal_sentence.read(tree(mini(jpg)))
    assert len(rows) == 100
    for start in (0, 50):
        assert [row.split for row in rows[start : start + 50]] == ["train"] * 40 + ["test"] * 10
    assert rows[3].id == "dog/2008_000003"
    assert rows[3].image == "dataset/dog/2008_000003.JPG"
    assert rows[0].labels == ("dog",)
    assert rows[50].labels == ("tv monitor",)


def test_five_sentences_become_one_text(tree, jpg):
    text = pascal_sentence.read(tree(mini(jpg)))[0].text
    assert text == "A dog sleeps. It is brown . Is it old? A bed. Zzz!"


def test_picture_without_sentences(tree, jpg):
    root = tree(mini(jpg))
    (root / "sentence/dog/2008_000007.txt").unlink()
    with pytest.raises(UserError, match=r"sentence/dog/2008_000007\.txt: No such file"):
        pascal_sentence.read(root)


def test_folder_without_classes(tree):
    with pytest.raises(UserError, match=r"dataset: No such file"):
        pascal_sentence.read(tree({"sentence/dog/1.txt": "x"}))
    with pytest.raises(UserError, match=r"dataset: no class folder"):
        pascal_sentence.read(tree({"dataset/readme.txt": "x"}))
