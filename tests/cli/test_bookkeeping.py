"""`xshot check`: what a kill leaves behind."""

from pathlib import Path

import pytest

from xshot.cli.bookkeeping import check_bookkeeping, check_leftovers
from xshot.store.atomic import atomic_dir, atomic_path

LOCK, RWLOCK = Path("dvc.lock"), Path(".dvc/tmp/rwlock")


def test_whole_files_are_not_spoken_of(clone):
    assert list(check_bookkeeping()) == []
    assert list(check_leftovers()) == []


def test_absent_files_are_fine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(check_bookkeeping()) == []
    assert list(check_leftovers()) == []


@pytest.mark.parametrize(
    ("path", "content", "remedy"),
    [
        (RWLOCK, b"", "delete it"),
        (RWLOCK, b'{"read": {"/a', "delete it"),
        (RWLOCK, b"\0" * 40, "delete it"),
        (LOCK, b"", "`git checkout dvc.lock`"),
        (LOCK, b"schema: '2.0'\nstages:\n  prepare:\n    cmd: 'pyth", "`git checkout dvc.lock`"),
    ],
)
def test_a_file_that_is_cut_off(clone, path, content, remedy):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (finding,) = check_bookkeeping()
    assert finding.mark == "wrong"
    assert str(path) in finding.text
    assert finding.text.endswith(remedy)


@pytest.mark.parametrize("output", ["metrics.json", "models/mixture.h5", "data/features.h5"])
def test_an_unfinished_file(clone, output):
    with atomic_path(Path(output)) as unfinished:
        unfinished.write_text("half")
        (finding,) = check_leftovers()
    assert finding.mark == "note"
    assert finding.text.startswith(f"{unfinished}: left by a run that was killed")
    assert list(check_leftovers()) == []


def test_an_unfinished_folder(clone):
    with atomic_dir(Path("models/vaegan")) as unfinished:
        (finding,) = check_leftovers()
    assert finding.text.startswith(f"{unfinished}: ")
