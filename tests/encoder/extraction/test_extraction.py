"""Extraction encodes what is new and nothing else, and its result does not depend on history."""

import os
from dataclasses import replace

import numpy as np

from tests.encoder.conftest import picture
from tests.encoder.extraction.runs import TEMPLATES, N, assert_same, cached, rows


def test_rows_are_what_the_encoder_says_in_manifest_order(run, manifest, root, encoder):
    from PIL import Image

    found = run(manifest)
    images = [Image.open(root / name) for name in manifest.images]
    np.testing.assert_array_equal(found.features.image, encoder.encode_images(images))
    np.testing.assert_array_equal(found.features.text, encoder.encode_texts(manifest.texts))
    assert found.features.ids == manifest.ids
    assert found.rejected == ()


def test_a_class_is_the_mean_of_its_prompts(run, manifest, encoder):
    classes = run(manifest).classes
    assert classes.names == ("dog", "green cat", "line")
    for name, feature in zip(classes.names, classes.features, strict=True):
        mean = encoder.encode_texts([f"a picture of {name}", name]).astype(float).mean(axis=0)
        np.testing.assert_allclose(feature, mean / np.linalg.norm(mean), atol=1e-6)


def test_a_second_run_encodes_nothing(run, manifest):
    first = run(manifest)
    assert_same(run(manifest, encodes=False), first)


def test_fewer_rows_in_another_order_encode_nothing(run, manifest):
    first = run(manifest)
    order = np.random.default_rng(0).permutation(N)[: N - 3]
    again = run(rows(manifest, order), encodes=False)
    np.testing.assert_array_equal(again.features.image, first.features.image[order])
    np.testing.assert_array_equal(again.features.text, first.features.text[order])


def test_new_ids_and_moved_files_encode_nothing(run, manifest, root):
    first = run(manifest)
    (root / "moved").mkdir()
    for name in manifest.images:
        (root / name).rename(root / "moved" / name)
        os.utime(root / "moved" / name)
    moved = replace(
        manifest,
        ids=tuple(f"new-{id_}" for id_ in manifest.ids),
        images=tuple(f"moved/{name}" for name in manifest.images),
    )
    again = run(moved, encodes=False)
    np.testing.assert_array_equal(again.features.image, first.features.image)


def test_a_new_row_costs_one_row(run, manifest, tmp_path):
    run(rows(manifest, range(N - 1)))
    assert cached(tmp_path) == N - 1
    before = cached(tmp_path, "text")
    run(manifest)
    assert cached(tmp_path) == N
    assert cached(tmp_path, "text") == before + 1


def test_history_changes_no_bit(run, manifest, tmp_path):
    for part in (range(3, 8), range(12), [20, 1, 5]):
        run(rows(manifest, list(part)), threads=3)
    pieced = run(manifest)
    (tmp_path / "cache").rename(tmp_path / "put away")
    assert_same(pieced, run(manifest, threads=1))


def test_a_changed_image_is_noticed(run, manifest, root, encoder):
    from PIL import Image

    before = run(manifest).features.image
    changed = picture(np.random.default_rng(99))
    changed.save(root / "4.png")
    after = run(manifest).features.image
    np.testing.assert_array_equal(after[4], encoder.encode_images([Image.open(root / "4.png")])[0])
    assert not np.array_equal(after[4], before[4])
    np.testing.assert_array_equal(np.delete(after, 4, 0), np.delete(before, 4, 0))


def test_pictures_and_texts_that_occur_twice_are_encoded_once(run, manifest, tmp_path):
    twice = replace(
        manifest, images=("3.png",) * N, texts=("the same words",) * N, labels=(("dog",),) * N
    )
    found = run(twice)
    assert cached(tmp_path) == 1
    assert cached(tmp_path, "text") == 1 + len(TEMPLATES)
    assert (found.features.image == found.features.image[0]).all()


def test_a_damaged_shard_is_encoded_again(run, manifest, tmp_path):
    first = run(manifest)
    (shard,) = (tmp_path / "cache" / "encoder" / "image").iterdir()
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 255
    shard.write_bytes(data)
    assert 0 < cached(tmp_path) < N
    assert_same(run(manifest), first)
    assert cached(tmp_path) == N
