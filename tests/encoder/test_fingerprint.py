"""The fingerprint changes with whatever changes features, and with nothing else."""

import json
import os
import shutil

import pytest

from xshot.encoder import fingerprint
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import cache_name, identify
from xshot.encoder.folder import read_folder


@pytest.fixture
def lite(lite_folder, tmp_path):
    """A copy of a folder that has all kinds of files."""
    return shutil.copytree(lite_folder, tmp_path / "encoder")


def identity(folder, precision="float32", device="cpu"):
    hashes = FileHashes(folder.parent / "files.hashes")
    return identify(read_folder(folder), precision=precision, device=device, hashes=hashes)


def test_a_copy_is_the_same_encoder(lite, tmp_path):
    copy = shutil.copytree(lite, tmp_path / "elsewhere" / "copy")
    os.utime(copy / "open_clip_model.safetensors")
    assert identity(copy) == identity(lite)


def test_details_say_what_was_hashed_without_paths(lite):
    details = identity(lite, "bfloat16", "cuda:1").details
    assert details["precision"] == "bfloat16"
    assert details["device"] == "cuda"
    assert details["preprocessing"]["mean"] == [0.5, 0.4, 0.3]
    assert details["preprocessing"]["size"] == 64
    assert len(details["weights_sha256"]) == 64
    assert set(details["files_sha256"]) >= {"open_clip_config.json", "tokenizer.json"}
    assert str(lite) not in json.dumps(details)


def _append(name):
    def change(folder):
        with (folder / name).open("ab") as file:
            file.write(b" ")

    return change


def _flip_a_weight(folder):
    path = folder / "open_clip_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        _flip_a_weight,
        _append("tokenizer.json"),
        _append("config.json"),
        _append("open_clip_config.json"),
        lambda folder: (folder / "vocab.txt").write_text("another"),
    ],
    ids=["weight", "tokenizer", "tower config", "config", "vocabulary"],
)
def test_any_change_to_the_folder_is_another_encoder(lite, change):
    before = identity(lite)
    change(lite)
    assert identity(lite).fingerprint != before.fingerprint


def test_precision_and_kind_of_device_count(lite):
    found = {
        identity(lite, *how).fingerprint
        for how in (("float32",), ("bfloat16",), ("float32", "cuda:0"), ("bfloat16", "cuda:0"))
    }
    assert len(found) == 4
    assert identity(lite, "float32", "cuda:0") == identity(lite, "float32", "cuda:1")


def test_the_cache_is_named_by_libraries_too(lite, monkeypatch):
    found = identity(lite)
    before = cache_name(found, "cpu")
    assert cache_name(found, "cpu") == before
    assert cache_name(identity(lite, "bfloat16"), "cpu") != before
    monkeypatch.setattr("xshot.encoder.fingerprint.version", lambda name: "99")
    assert cache_name(found, "cpu") != before


def test_weights_are_read_once(lite):
    weights = lite / "open_clip_model.safetensors"
    os.utime(weights, (10**9, 10**9))
    hashes = FileHashes(lite.parent / "files.hashes")
    identify(read_folder(lite), precision="float32", device="cpu", hashes=hashes)
    assert hashes.get(weights) is not None


def test_other_arithmetic_of_the_same_encoder_is_another_cache(monkeypatch):
    someone = fingerprint.EncoderIdentity("abc", {})
    before = cache_name(someone, "cpu")
    assert cache_name(someone, "cpu") == before
    monkeypatch.setattr(fingerprint, "ARITHMETIC", fingerprint.ARITHMETIC + 1)
    assert cache_name(someone, "cpu") != before
