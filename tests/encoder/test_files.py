"""A file's hash is remembered while the file stays as it was, and no longer."""

import hashlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xshot.encoder.files import FileHashes

LONG_AGO = 1_000_000_000 * 10**9


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "picture.png", b"content")


@pytest.fixture
def store(tmp_path):
    return tmp_path / "cache" / "files.hashes"


def written(path, content, when=LONG_AGO):
    path.write_bytes(content)
    os.utime(path, ns=(when, when))
    return path


def sha(content):
    return hashlib.sha256(content).digest()


def test_hashes_content_and_remembers_it_between_runs(file, store):
    hashes = FileHashes(store)
    assert hashes.get(file) is None
    assert hashes.hash_file(file) == sha(b"content")
    hashes.save()
    assert FileHashes(store).get(file) == sha(b"content")


def test_does_not_read_a_file_that_it_knows(file, store):
    hashes = FileHashes(store)
    hashes.put(file, file.stat(), sha(b"what was read earlier"))
    assert hashes.hash_file(file) == sha(b"what was read earlier")


@pytest.mark.parametrize(
    "change",
    [
        lambda file: written(file, b"longer content"),
        lambda file: written(file, b"CONTENT", LONG_AGO + 1),
        lambda file: written(file.with_name("other"), b"CONTENT").replace(file),
    ],
    ids=["size", "time", "inode"],
)
def test_notices_a_changed_file(file, store, change):
    hashes = FileHashes(store)
    hashes.hash_file(file)
    change(file)
    assert hashes.get(file) is None
    assert hashes.hash_file(file) == sha(file.read_bytes())


def unnoticeably(file, content):
    """Write `content` such that size, time and inode stay."""
    with file.open("r+b") as stream:
        stream.write(content)
    os.utime(file, ns=(LONG_AGO, LONG_AGO))


def test_without_trust_every_file_is_hashed_once_more(file, store, caplog):
    before = FileHashes(store)
    before.hash_file(file)
    before.save()
    unnoticeably(file, b"CONTENT")
    assert FileHashes(store).hash_file(file) == sha(b"content")
    hashes = FileHashes(store, trust=False)
    assert hashes.get(file) is None
    assert hashes.hash_file(file) == hashes.get(file) == sha(b"CONTENT")
    assert caplog.messages == [f"{file}: has changed, though not in size, time or inode"]
    hashes.save()
    assert FileHashes(store).get(file) == sha(b"CONTENT")


def test_without_trust_what_is_not_looked_at_is_not_forgotten(file, store):
    before = FileHashes(store)
    other = written(file.with_name("other"), b"other")
    for one in (file, other):
        before.hash_file(one)
    before.save()
    hashes = FileHashes(store, trust=False)
    hashes.hash_file(file)
    hashes.save()
    assert FileHashes(store).get(other) == sha(b"other")


def test_does_not_trust_a_file_written_just_now(tmp_path, store):
    file = tmp_path / "picture.png"
    file.write_bytes(b"content")
    hashes = FileHashes(store)
    assert hashes.hash_file(file) == sha(b"content")
    assert hashes.get(file) is None


def test_the_same_file_by_another_path_is_known(file, store, monkeypatch):
    hashes = FileHashes(store)
    hashes.hash_file(file)
    monkeypatch.chdir(file.parent)
    assert hashes.get(type(file)(file.name)) == sha(b"content")


def test_knows_many_files(tmp_path, store):
    files = [written(tmp_path / f"{number}.png", bytes([number])) for number in range(200)]
    hashes = FileHashes(store)
    for file in files:
        hashes.hash_file(file)
    hashes.save()
    again = FileHashes(store)
    assert [again.get(file) for file in files] == [sha(file.read_bytes()) for file in files]


@pytest.mark.parametrize("when", [-(10**18), 0, 2**63 // 10**9 * 10**9])
def test_any_time_will_do(file, store, when):
    os.utime(file, ns=(when, when))
    hashes = FileHashes(store)
    hashes.hash_file(file)
    hashes.save()
    assert FileHashes(store).get(file) == (sha(b"content") if when < LONG_AGO else None)


def test_an_absent_file_is_an_error(tmp_path, store):
    with pytest.raises(FileNotFoundError):
        FileHashes(store).hash_file(tmp_path / "absent")


def test_writes_nothing_if_nothing_was_learned(store):
    FileHashes(store).save()
    assert not store.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(damage=st.binary(max_size=40), where=st.floats(0, 1))
def test_a_damaged_store_forgets_but_never_lies(file, store, damage, where):
    hashes = FileHashes(store)
    hashes.put(file, file.stat(), sha(b"content"))
    hashes.save()
    whole = store.read_bytes()
    at = int(where * len(whole))
    store.write_bytes(whole[:at] + damage)
    assert FileHashes(store).get(file) in (None, sha(b"content"))
