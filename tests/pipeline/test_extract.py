"""Stage `extract`, run as DVC runs it: killed, resumed, warm, and on bad input."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

import pipeline.extract
from tests.encoder.folders import VIT, write_folder
from tests.support.shipped import shipped
from xshot.encoder.cache import FeatureCache
from xshot.errors import UserError
from xshot.store.features import read_class_features, read_encoder, read_features
from xshot.store.manifest import Manifest, read_manifest, write_manifest

ROOT = Path(__file__).parents[2]
N = 96
OUTPUTS = ("data/features.h5", "data/rejected.csv")
COMMAND = (sys.executable, "-m", "pipeline.extract")
NO_IMAGE = "not an image that Pillow can read; save it anew as JPEG or PNG"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A repository of params, manifest, pictures that take a while to decode, and an encoder."""
    folder = tmp_path_factory.mktemp("extract")
    write_folder(folder / "encoder", VIT)
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for row in range(N):
        pixels = rng.integers(0, 255, (75, 75, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(pixels).save(folder / "pictures" / f"{row}.png", compress_level=1)
        os.utime(folder / "pictures" / f"{row}.png", (10**9, 10**9))
    write_manifest(
        folder / "data" / "manifest.parquet",
        Manifest(
            ids=tuple(f"row-{row}" for row in range(N)),
            images=tuple(f"{row}.png" for row in range(N)),
            texts=tuple(f"picture number {row}" for row in range(N)),
            labels=tuple((f"class {row % 5}",) for row in range(N)),
            splits=tuple("train" if row % 3 else "test" for row in range(N)),
        ),
    )
    return folder


@pytest.fixture
def folder(original, tmp_path):
    """The same repository by links, without a cache: what a test changes stays its own."""
    for name in ("encoder", "pictures"):
        (tmp_path / name).mkdir()
        for file in (original / name).iterdir():
            (tmp_path / name / file.name).hardlink_to(file)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.parquet").hardlink_to(original / "data" / "manifest.parquet")
    set_params(tmp_path)
    return tmp_path


def set_params(folder, **changes):
    yaml = YAML()
    params = shipped()
    params["data"].update(root="pictures")
    params["clip"].update(weights="encoder", precision="float32")
    params.update(threads=2, device="cpu")
    for name, value in changes.items():
        section, key = name.split("__")
        params[section][key] = value
    yaml.dump(params, folder / "params.yaml")


def start(folder, command=COMMAND):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def run(folder, command=COMMAND):
    process = start(folder, command)
    out, err = process.communicate()
    return process.returncode, out.decode(), err.decode()


def outputs(folder):
    return [(folder / name).read_bytes() for name in OUTPUTS]


def cached_images(folder):
    return sum(len(FeatureCache(path)) for path in folder.glob(".cache/features/*/image"))


@pytest.fixture(scope="module")
def undisturbed(original):
    """The outputs of a run that nothing disturbs."""
    set_params(original)
    code, _, errors = run(original)
    assert (code, errors) == (0, "")
    return outputs(original)


def test_writes_what_its_readers_expect(original, undisturbed):
    features = read_features(original / "data" / "features.h5")
    assert features.ids == tuple(f"row-{row}" for row in range(N))
    assert features.image.shape == features.text.shape == (N, 16)
    assert read_class_features(original / "data" / "features.h5").names[0] == "class 0"
    record = read_encoder(original / "data" / "features.h5")
    assert record.details["precision"] == "float32"
    assert record.templates[0] == "a picture of {}"
    assert str(original) not in json.dumps(record.details)
    assert undisturbed[1] == b"id,image,reason\n"


def test_killed_in_the_middle_and_resumed_gives_the_same_bytes(folder, undisturbed):
    process = start(folder)
    while cached_images(folder) == 0 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = cached_images(folder)
    assert 0 < done < N
    assert [path.name for path in (folder / "data").iterdir()] == ["manifest.parquet"]
    assert run(folder)[0] == 0
    assert outputs(folder) == undisturbed
    assert stored_rows(folder) == N  # none was encoded twice


def stored_rows(folder):
    """Rows of each shard by itself, summed: a row that was encoded twice counts twice."""
    total = 0
    for number, shard in enumerate(folder.glob(".cache/features/*/image/*.shard")):
        alone = folder / f"shard-{number}"
        alone.mkdir()
        (alone / shard.name).hardlink_to(shard)
        total += len(FeatureCache(alone))
    return total


def test_a_warm_run_loads_no_model_library(original, undisturbed):
    code = (
        "import runpy, sys; runpy.run_module('pipeline.extract', run_name='__main__');"
        "assert not {'open_clip', 'timm', 'transformers', 'sklearn'} & set(sys.modules)"
    )
    assert run(original, (sys.executable, "-c", code)) == (0, "", "")
    assert outputs(original) == undisturbed


def test_verify_notices_what_size_and_time_do_not_tell(folder, monkeypatch, caplog):
    monkeypatch.chdir(folder)
    path = folder / "pictures" / "4.png"
    path.write_bytes(unlinked(path))
    os.utime(path, (10**9, 10**9))
    pipeline.extract.main()
    before = read_features(Path("data/features.h5")).image
    seen, buffer = path.stat(), BytesIO()
    Image.open(path).transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(buffer, "PNG")
    content = buffer.getvalue().ljust(seen.st_size, b"\0")
    assert len(content) == seen.st_size
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    pipeline.extract.main()
    np.testing.assert_array_equal(read_features(Path("data/features.h5")).image, before)
    pipeline.extract.main(verify=True)
    after = read_features(Path("data/features.h5")).image
    assert np.flatnonzero((after != before).any(axis=1)).tolist() == [4]
    assert "pictures/4.png: has changed, though not in size, time or inode" in caplog.text


def test_a_bad_image_is_one_line_and_leaves_no_output(folder):
    replace_image(folder, 7, b"\1" * 9)
    code, _, errors = run(folder)
    assert code == 1
    assert errors == (
        f"error: pictures/7.png: row 'row-7': {NO_IMAGE}; replace the file, "
        "or set data.on_bad_image: skip and data.max_rejected to how many such rows may be left "
        "out\n"
    )
    assert [path.name for path in (folder / "data").iterdir()] == ["manifest.parquet"]


def test_long_texts_are_counted_in_the_record(folder, monkeypatch):
    monkeypatch.chdir(folder)
    path = Path("data/manifest.parquet")
    manifest = read_manifest(path)
    path.unlink()  # a link to the other tests' own
    texts = ("A red dog. " * 20, *manifest.texts[1:])
    write_manifest(path, replace(manifest, texts=texts))
    pipeline.extract.main()
    assert read_encoder(Path("data/features.h5")).details["long_texts"] == {"split": 1}


def unlinked(path):
    """The file's content, and the file gone: it is a link to the other tests' own."""
    content = path.read_bytes()
    path.unlink()
    return content


def replace_image(folder, number, content):
    path = folder / "pictures" / f"{number}.png"
    path.unlink()
    path.write_bytes(content)


def test_skipped_rows_are_listed(folder, monkeypatch):
    set_params(folder, data__on_bad_image="skip", data__max_rejected=1)
    replace_image(folder, 7, b"\1" * 9)
    monkeypatch.chdir(folder)
    pipeline.extract.main()
    with Path("data/rejected.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"id": "row-7", "image": "7.png", "reason": NO_IMAGE}]
    assert "row-7" not in read_features(Path("data/features.h5")).ids
    replace_image(folder, 8, b"\1" * 8)
    with pytest.raises(UserError, match=r"than data.max_rejected \(1\) allows"):
        pipeline.extract.main()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "data/manifest.parquet").unlink(), "run `dvc repro prepare`"),
        (lambda f: set_params(f, clip__weights="nowhere"), "nowhere: no such folder"),
        (lambda f: (f / "encoder/open_clip_model.safetensors").unlink(), "encoder: no weights"),
        (lambda f: set_params(f, clip__precision="half"), "'clip.precision' = 'half'"),
        (lambda f: set_params(f, clip__precision="float16"), "float16 is for GPUs"),
        (lambda f: set_params(f, clip__templates=["a picture"]), "clip.templates"),
        (lambda f: (f / ".cache").write_text(""), ".cache/features"),
    ],
    ids=["manifest", "folder", "weights", "precision", "float16", "templates", "cache"],
)
def test_what_the_user_can_mend_is_said_in_one_line(folder, monkeypatch, damage, message):
    damage(folder)
    monkeypatch.chdir(folder)
    with pytest.raises(UserError) as caught:
        pipeline.extract.main()
    assert message in str(caught.value)
    assert not Path("data/features.h5").exists()
