"""Images and texts to features: XShot beside the loop of open_clip's README.

`python -m benchmarks.bench_encoding`; both start with a loaded model, from image files and strings.
XShot's time includes hashing the files and its per-row cache.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import open_clip
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from benchmarks.encoders import EMBEDDED, Matrix, ReadmeLoop, load_xshot, save_model
from benchmarks.side_by_side import REPEATS, Row, side_by_side, summarise
from benchmarks.threads import CORES, fastest_threads
from xshot.encoder.cache import FeatureCache
from xshot.encoder.encode import Encoder
from xshot.encoder.files import FileHashes
from xshot.encoder.image_cache import encode_files
from xshot.encoder.local import LocalEngine
from xshot.encoder.precision import Precision
from xshot.encoder.text_cache import encode_texts
from xshot.encoder.workers import map_in_order
from xshot.pictures import decode_image
from xshot.store.manifest import read_manifest

DRAWINGS, PHOTOS, TEXTS = 128, 64, 256

Targets = tuple[float | None, float | None]
TARGETS: dict[Precision, tuple[float | None, float | None, float | None]] = {
    "float32": (None, 1.0, None),
    "bfloat16": (4.0, 2.0, 2.0),
}
"""Of images by openmoji-lite and by ViT-B-32, and of texts.

In float32 a pass of ViT-B-32 is made of products at BLAS's speed, here as in the peer.
"""


def rows() -> Iterator[Row]:
    """Both encoders: images, their ceiling, and texts."""
    manifest = read_manifest(Path("data/manifest.parquet"))
    drawings = [Path("data/sources/openmoji", image) for image in manifest.images[:DRAWINGS]]
    texts = list(dict.fromkeys(manifest.texts))[:TEXTS]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        photos = save_photos(folder / "photos", PHOTOS)
        vit = save_model(folder / "ViT-B-32", open_clip.get_model_config("ViT-B-32"))
        for precision, targets in TARGETS.items():
            if precision == "bfloat16" and not _has_bfloat16():
                continue
            lite, vit_images, of_texts = targets
            yield from _rows_of(EMBEDDED, precision, drawings, texts, (lite, of_texts))
            yield from _rows_of(vit, precision, photos, texts, (vit_images, of_texts))


def _has_bfloat16() -> bool:
    """Whether this CPU has instructions for it."""
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def _rows_of(
    folder: Path, precision: Precision, files: list[Path], texts: list[str], targets: Targets
) -> Iterator[Row]:
    name = f"{folder.name}, {precision}"
    loop, encoder = ReadmeLoop.load(folder), load_xshot(folder, precision=precision)
    fastest_threads(lambda: loop.images(files[:32]))
    yield side_by_side(
        f"encoding {len(files)} images, {name}", "open_clip's README",
        lambda: loop.images(files), lambda: images(encoder, files),
        equal=_near, target=targets[0],
    )  # fmt: skip
    yield ceiling(f"encoding {len(files)} images, {name}", encoder, files)
    fastest_threads(lambda: loop.texts(texts[:32]))
    yield side_by_side(
        f"encoding {len(texts)} texts, {name}", "open_clip's README",
        lambda: loop.texts(texts), lambda: encoded_texts(encoder, texts),
        equal=_near, target=targets[1],
    )  # fmt: skip


def images(encoder: Encoder, files: list[Path]) -> Matrix:
    """The stage's own way, into an empty cache."""
    with TemporaryDirectory() as scratch:
        cache, hashes = FeatureCache(Path(scratch)), FileHashes(Path(scratch, "files.hashes"))
        engine = LocalEngine(lambda: encoder, threads=CORES)
        outcomes = encode_files(Path(), [str(file) for file in files], engine, cache, hashes)
        keys = [key for _, key in sorted(outcomes) if isinstance(key, bytes)]
        return cache.rows(keys)


def encoded_texts(encoder: Encoder, texts: list[str]) -> Matrix:
    """The stage's own way, into an empty cache."""
    with TemporaryDirectory() as scratch:
        cache = FeatureCache(Path(scratch))
        engine = LocalEngine(lambda: encoder, threads=CORES)
        return cache.rows_at(encode_texts(texts, engine, cache, "truncate").places)[:]


def ceiling(name: str, encoder: Encoder, files: list[Path]) -> Row:
    """Share of 1 / (t_forward + t_decode / cores) that the whole reaches, parts measured bare."""
    times, same = [], True
    for _ in range(REPEATS):
        start = time.perf_counter()
        pixels = [encoder.preprocess(decode_image(file.read_bytes())) for file in files]
        decoding = time.perf_counter() - start
        passes = torch.stack(pixels).split(encoder.pass_rows)
        start = time.perf_counter()
        bare = list(map_in_order(partial(_forward, encoder), passes, threads=CORES))
        forward = time.perf_counter() - start
        start = time.perf_counter()
        features = images(encoder, files)
        times.append((forward + decoding / CORES, time.perf_counter() - start))
        same &= np.array_equal(np.concatenate(bare), features)
    return summarise(name, "t_forward + t_decode / cores", times, equal=same, target=0.9)


def _forward(encoder: Encoder, pixels: torch.Tensor) -> Matrix:
    return encoder.encode_pixels(list(pixels))


def save_photos(folder: Path, count: int) -> list[Path]:
    """JPEG files of 500 x 375, as web collections hold them: cuttings of scikit-learn's photos."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    files = []
    for number in range(count):
        photo, width = photos[number % len(photos)], int(rng.integers(200, 560))
        height = width * 3 // 4
        left, top = (int(rng.integers(n)) for n in (photo.width - width, photo.height - height))
        files.append(folder / f"{number}.jpg")
        cutting = photo.crop((left, top, left + width, top + height))
        cutting.resize((500, 375)).save(files[-1], quality=90)
    return files


def _near(theirs: Matrix, ours: Matrix) -> bool:
    return bool((theirs * ours).sum(axis=1).min() > 0.999)


if __name__ == "__main__":
    for _ in rows():
        pass
