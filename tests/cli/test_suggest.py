"""`xshot suggest`: what a user types and what comes out."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from xshot.cli.main import build
from xshot.episode.file import read_episode
from xshot.errors import UserError
from xshot.store.manifest import read_manifest


@pytest.fixture
def run(clone):
    """Runs the command in a folder where the pipeline has run; errors come through as they are."""

    def suggest(*arguments):
        done = CliRunner().invoke(build(["suggest"]), ["suggest", *map(str, arguments)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return suggest


@pytest.fixture
def task(clone):
    return read_episode(clone.path / "data/episode.json").task


def images(run, *arguments):
    return [each["image"] for each in json.loads(run(*arguments, "--json"))["suggestions"]]


def test_only_training_rows_that_nobody_learned_from_are_suggested(clone, run, task):
    manifest = read_manifest(clone.path / "data/manifest.parquet")
    learned = {*task.train.ids, *task.support.ids}
    free = {
        image
        for row, image, split in zip(manifest.ids, manifest.images, manifest.splits, strict=True)
        if split == "train" and row not in learned
    }
    name = task.target[0]
    assert set(images(run, name, "--n", 1000)) == free
    first = images(run, name)
    assert len(first) == 3
    answered = ["--confirmed", first[0], "--refused", first[1]]
    assert not {first[0], first[1]} & set(images(run, name, *answered, "--n", 1000))


def test_a_new_class_starts_from_its_name_and_a_table_hides_the_labels(run):
    lines = run("something new", "--n", 2).splitlines()
    assert lines[0] == "suggested"
    assert lines[1].split() == ["score", "image", "classes", "text"]
    assert len(lines) == 4
    assert "?" not in lines[2]


def test_the_same_question_has_the_same_answer(run, task):
    assert images(run, task.target[1]) == images(run, task.target[1])


def test_what_cannot_be_answered_is_one_line(run, task):
    name = task.target[0]
    first = images(run, name)[0]
    with pytest.raises(UserError, match="the name is empty"):
        run(" ")
    with pytest.raises(UserError, match=r"nowhere.png: no image of .*; the nearest are"):
        run(name, "--confirmed", "nowhere.png")
    with pytest.raises(UserError, match="confirmed and refused"):
        run(name, "--confirmed", first, "--refused", first)


def test_where_every_row_is_learned_from_it_says_so(clone, run, task):
    path = clone.path / "data/episode.json"
    tree, manifest = (
        json.loads(path.read_text()),
        read_manifest(clone.path / "data/manifest.parquet"),
    )
    rows = zip(manifest.ids, manifest.labels, manifest.splits, strict=True)
    train = {row: list(labels) for row, labels, split in rows if split == "train"}
    tree["train"], tree["labels"] = list(train), {**tree["labels"], **train}
    path.write_text(json.dumps(tree))
    with pytest.raises(UserError, match="every training row is learned from"):
        run(task.target[0])


def test_of_a_folder_every_picture_may_be_asked_about(clone, run, tmp_path):
    manifest = read_manifest(clone.path / "data/manifest.parquet")
    root = clone.path / clone.get("data.root")
    folder = tmp_path / "photos"
    folder.mkdir()
    for image in manifest.images[:6]:
        shutil.copy(root / image, folder)
    CliRunner().invoke(build(["index"]), ["index", str(folder)])
    index = ["--index", "data/indexes/photos.h5"]
    every = {path.name for path in folder.iterdir()}
    assert set(images(run, "something new", *index, "--n", 9)) == every
    first = images(run, "something new", *index, "--n", 1)
    answered = [*index, "--refused", first[0]]
    assert set(images(run, "something new", *answered, "--n", 9)) == every - set(first)
    with pytest.raises(UserError, match=rf"nowhere.png: no image of {folder}; the nearest are"):
        run("something new", *index, "--confirmed", "nowhere.png")
