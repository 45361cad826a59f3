"""Texts longer than the encoder's context are cut or split, and counted."""

from dataclasses import replace

import numpy as np

from tests.encoder.extraction.runs import N, assert_same, cached, rows


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
