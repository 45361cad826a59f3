"""Stage `extract` on a Ray cluster of two workers: the same bytes, also if one is killed."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

import pipeline.extract
from tests.encoder.folders import VIT, write_folder
from tests.support.ray_workers import Killer
from tests.support.shipped import shipped
from xshot.encoder import ray_engine
from xshot.encoder.cache import FeatureCache
from xshot.encoder.ray_engine import RayEngine
from xshot.errors import UserError
from xshot.store.manifest import Manifest, write_manifest

ROOT = Path(__file__).parents[2]
N = 1200
OUTPUTS = (Path("data/features.h5"), Path("data/rejected.csv"))


def set_engine(name, **changes):
    yaml = YAML()
    params = shipped()
    params["data"].update(root="pictures", on_bad_image="skip", max_rejected=2)
    params["clip"].update(weights="encoder", precision="float32", engine=name, **changes)
    params.update(threads=1, device="cpu")
    yaml.dump(params, Path("params.yaml"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Small pictures (one damaged), texts (some longer than the context) and an encoder."""
    monkeypatch.chdir(tmp_path)
    write_folder(Path("encoder"), VIT)
    Path("pictures").mkdir()
    rng = np.random.default_rng(0)
    for row in range(N):
        pixels = rng.integers(0, 255, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(f"pictures/{row}.png")
    Path("pictures/7.png").write_bytes(b"this is no picture")
    write_manifest(
        Path("data/manifest.parquet"),
        Manifest(
            ids=tuple(f"row-{row}" for row in range(N)),
            images=tuple(f"{row}.png" for row in range(N)),
            texts=tuple(f"A picture. Number {row}. " * (1 + row % 5) for row in range(N)),
            labels=tuple((f"class {row % 5}",) for row in range(N)),
            splits=tuple("train" if row % 3 else "test" for row in range(N)),
        ),
    )
    return tmp_path


def run():
    pipeline.extract.main()
    return [path.read_bytes() for path in OUTPUTS]


def cached_images():
    return sum(len(FeatureCache(path)) for path in Path(".cache/features").glob("*/image"))


@pytest.mark.slow
def test_the_same_bytes_as_on_one_machine_though_a_worker_is_killed(folder, cluster):
    set_engine("local")
    expected = run()
    Path(".cache").rename("put away")
    for path in OUTPUTS:
        path.unlink()
    set_engine("ray")
    killer = Killer(cached_images)
    assert run() == expected
    assert 0 < killer.killed_at < N - 1
    assert cached_images() == N - 1


@pytest.mark.slow
def test_what_is_wrong_with_the_encoder_is_one_line_from_the_worker(folder, cluster):
    weights = Path("encoder/open_clip_model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    set_engine("ray")
    threads = threading.enumerate()
    with pytest.raises(UserError, match=r"open_clip_model\.safetensors: damaged"):
        run()
    # One that outlives the cluster takes this process down with it.
    assert threading.enumerate() == threads


@pytest.mark.slow
def test_a_machine_of_another_kind_is_refused(folder, cluster):
    driver = os.getpid()
    engine = RayEngine(
        lambda: pytest.fail("loaded"),
        threads=1,
        device="cpu",
        batch_size=64,
        cache_name=lambda: "here" if os.getpid() == driver else "there",
    )
    with pytest.raises(UserError, match="another kind of processor or other packages"):
        list(engine.texts(["a dog"]))


def test_without_the_extra_the_command_to_install_it_is_named(folder, monkeypatch):
    set_engine("ray")
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"ray is not installed; pip install -e '.\[scale\]'"):
        pipeline.extract.main()


def test_with_all_rows_cached_ray_is_not_even_imported(folder, monkeypatch):
    monkeypatch.setattr(ray_engine, "_connected", lambda: pytest.fail("started"))
    # An unreadable picture is read each time: without it, nothing is left to do.
    Path("pictures/7.png").write_bytes(Path("pictures/8.png").read_bytes())
    for row in range(N):
        os.utime(f"pictures/{row}.png", (10**9, 10**9))
    set_engine("local")
    before = run()
    set_engine("ray")
    assert run() == before
