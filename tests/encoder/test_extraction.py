"""Extraction encodes what is new and nothing else, and its result does not depend on history."""

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.encoder.conftest import load, picture
from xshot.encoder.cache import FeatureCache
from xshot.encoder.extraction import extract
from xshot.encoder.files import FileHashes
from xshot.encoder.local import LocalEngine
from xshot.errors import UserError
from xshot.store.features import Features
from xshot.store.manifest import Manifest

N = 21
TEMPLATES = ("a picture of {}", "{}")
CLASSES = ["dog", "green cat", "line"]
LONG_AGO = (10**9, 10**9)


@pytest.fixture(scope="module")
def encoder(vit_folder):
    return load(vit_folder)


@pytest.fixture
def root(tmp_path):
    """A folder of pictures, old enough to be remembered."""
    rng = np.random.default_rng(0)
    for row in range(N):
        path = tmp_path / "pictures" / f"{row}.png"
        path.parent.mkdir(exist_ok=True)
        picture(rng).save(path)
        os.utime(path, LONG_AGO)
    return tmp_path / "pictures"


@pytest.fixture
def manifest():
    return Manifest(
        ids=tuple(f"row-{row}" for row in range(N)),
        images=tuple(f"{row}.png" for row in range(N)),
        texts=tuple(f"the red line {'dog ' * (row % 4)}{row}" for row in range(N)),
        labels=tuple((CLASSES[row % 3], *CLASSES[1 : 1 + row % 2]) for row in range(N)),
        splits=("train",) * N,
    )


@pytest.fixture
def run(tmp_path, root, encoder):
    """Extract through the cache in `tmp_path`; `encodes=False` fails if anything is encoded."""

    def not_needed():
        raise AssertionError("the encoder is loaded though all is cached")

    def extraction(manifest, *, encodes=True, max_rejected=None, threads=2, long_texts="truncate"):
        tokenizer = replace(encoder.tokenizer, long_texts=long_texts)
        ready = replace(encoder, tokenizer=tokenizer)
        found = extract(
            manifest,
            root,
            engine=LocalEngine((lambda: ready) if encodes else not_needed, threads=threads),
            cache=tmp_path / "cache" / "encoder",
            hashes=FileHashes(tmp_path / "cache" / "files.hashes"),
            templates=TEMPLATES,
            long_texts=long_texts,
            max_rejected=max_rejected,
        )
        features = found.features
        return replace(found, features=Features(features.ids, features.image[:], features.text[:]))

    return extraction


def rows(manifest, keep):
    """The manifest's rows `keep`, in that order."""
    columns = (manifest.ids, manifest.images, manifest.texts, manifest.labels, manifest.splits)
    return Manifest(*(tuple(column[row] for row in keep) for column in columns))


def cached(tmp_path, kind="image"):
    return len(FeatureCache(tmp_path / "cache" / "encoder" / kind))


def assert_same(a, b):
    np.testing.assert_array_equal(a.features.image, b.features.image)
    np.testing.assert_array_equal(a.features.text, b.features.text)
    np.testing.assert_array_equal(a.classes.features, b.classes.features)
    assert (a.features.ids, a.classes.names) == (b.features.ids, b.classes.names)
    assert a.rejected == b.rejected


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


def test_long_texts_are_counted(run, manifest, caplog):
    long = replace(manifest, texts=("dog " * 30, "cat " * 40, *manifest.texts[2:]))
    with caplog.at_level("WARNING"):
        assert run(long).long_texts == 2
    assert "2 of 27 texts are longer than the encoder's context; the rest" in caplog.text
    assert run(long, encodes=False).long_texts == 2
    assert run(manifest).long_texts == 0


LONG = "The red dog is on a line of green. " * 3 + "A blue cat!"


def test_a_long_text_is_the_mean_of_its_sentences(run, manifest, encoder, caplog):
    long = replace(manifest, texts=(LONG, "dog " * 30, *manifest.texts[2:]))
    with caplog.at_level("WARNING"):
        found = run(long, long_texts="split")
    sentences = encoder.encode_texts([*["The red dog is on a line of green."] * 3, "A blue cat!"])
    mean = sentences.astype(float).mean(axis=0)
    np.testing.assert_allclose(found.features.text[0], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_array_equal(found.features.text[1:], run(long).features.text[1:])
    assert "2 of 27 texts" in caplog.text
    assert "sentences are averaged, and 1 sentences, longer still, are cut" in caplog.text
    assert run(long, long_texts="split", encodes=False).long_texts == 2


def test_the_ways_with_long_texts_share_the_short_ones(run, manifest, tmp_path):
    long = replace(manifest, texts=(LONG, *manifest.texts[1:]))
    split = run(long, long_texts="split")
    before = cached(tmp_path, "text")
    cut = run(long, long_texts="truncate")
    assert cached(tmp_path, "text") == before + 1
    assert not np.array_equal(split.features.text[0], cut.features.text[0])
    assert_same(run(long, long_texts="split", encodes=False), split)


def test_history_changes_no_bit_of_a_long_text(run, manifest, tmp_path):
    texts = tuple(f"{LONG} Number {row}. {'And a line. ' * row}" for row in range(N))
    long = replace(manifest, texts=texts)
    for part in (range(3, 8), [20, 1, 5]):
        run(rows(long, list(part)), threads=3, long_texts="split")
    pieced = run(long, long_texts="split")
    (tmp_path / "cache").rename(tmp_path / "put away")
    assert_same(pieced, run(long, threads=1, long_texts="split"))


def damage(root, *numbers):
    for number in numbers:
        (root / f"{number}.png").write_bytes(bytes(9))


def test_a_bad_image_is_an_error_that_names_row_file_and_remedy(run, manifest, root):
    damage(root, 17, 5)
    with pytest.raises(UserError) as caught:
        run(manifest)
    message = str(caught.value)
    assert message.startswith(f"{root / '5.png'}: row 'row-5': not an image that Pillow can read;")
    assert "data.on_bad_image: skip and data.max_rejected to how many" in message


def test_what_was_encoded_before_an_error_is_kept(run, manifest, root, tmp_path):
    damage(root, N - 1)
    with pytest.raises(UserError):
        run(manifest)
    assert cached(tmp_path) >= 8
    (root / f"{N - 1}.png").write_bytes((root / "0.png").read_bytes())
    kept = cached(tmp_path)
    run(manifest)
    assert cached(tmp_path) == N - 1 >= kept


def test_bad_images_are_left_out_up_to_a_number(run, manifest, root):
    damage(root, 17, 5)
    (root / "9.png").unlink()
    found = run(manifest, max_rejected=3)
    assert [row.id for row in found.rejected] == ["row-5", "row-9", "row-17"]
    assert found.rejected[1].reason == "No such file or directory"
    assert found.features.ids == tuple(i for i in manifest.ids if i[4:] not in ("5", "9", "17"))
    assert_same(run(manifest, max_rejected=3, encodes=False), found)
    with pytest.raises(UserError, match=r"than data.max_rejected \(2\) allows, .* row 'row-"):
        run(manifest, max_rejected=2)


def test_rows_that_share_a_bad_image_count_each(run, manifest, root):
    damage(root, 5)
    shared = replace(manifest, images=("5.png", "5.png", *manifest.images[2:]))
    assert len(run(shared, max_rejected=3).rejected) == 3
    with pytest.raises(UserError, match="max_rejected"):
        run(shared, max_rejected=2)


def test_no_image_left_is_an_error(run, manifest, root):
    damage(root, *range(N))
    with pytest.raises(UserError, match=r"none of the 21 images can be read; mend data.root"):
        run(manifest, max_rejected=100)


def test_classes_of_rejected_rows_still_have_a_prompt(run, manifest, root):
    damage(root, 0)
    labels = (("a class of one",), *manifest.labels[1:])
    found = run(replace(manifest, labels=labels), max_rejected=1)
    assert "a class of one" in found.classes.names
