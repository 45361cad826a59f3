"""Batches of texts: each text once, with its like only, and what is too long is known."""

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.encoder.conftest import load
from xshot.encoder.texts import Tokenizer, batch_texts

WORDS = ["red", "green", "a", "the", "unhearable", "dog,", "[PAD]", "!"]


@pytest.fixture(scope="module")
def byte_pairs():
    """CLIP's own tokenizer, which pads with 0."""
    return Tokenizer(open_clip.SimpleTokenizer(context_length=10), context=10, padding=0, cut=True)


@pytest.fixture(scope="module")
def word_level(lite_folder):
    """A Hugging Face tokenizer."""
    return load(lite_folder).tokenizer


@pytest.fixture(params=["byte_pairs", "word_level"])
def tokenizer(request):
    return request.getfixturevalue(request.param)


def test_the_folder_tells_the_tokenizer_what_it_needs(word_level):
    assert (word_level.context, word_level.padding, word_level.cut) == (12, 0, True)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)),
    size=st.integers(1, 5),
)
@pytest.mark.parametrize("kind", ["byte_pairs", "word_level"])
def test_every_text_once_among_texts_of_its_length(request, kind, texts, size):
    tokenizer = request.getfixturevalue(kind)
    batches = list(batch_texts(texts, tokenizer, size=size))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(texts)))
    for batch in batches:
        assert 1 <= len(batch.rows) <= size
        whole = tokenizer.tokenize([texts[row] for row in batch.rows])
        length = batch.tokens.shape[1]
        assert torch.equal(batch.tokens, whole[:, :length])
        assert (whole[:, length:] == tokenizer.padding).all()
        assert (batch.tokens[:, -1] != tokenizer.padding).all()
        padded = (batch.tokens == tokenizer.padding).any(dim=1)
        assert padded.all() or not padded.any()


def test_a_text_is_truncated_iff_its_tokens_exceed_the_context(tokenizer):
    texts = [" ".join(["red"] * count) for count in range(1, 20)]
    batches = list(batch_texts(texts, tokenizer, size=4))
    found = {row for batch in batches for row in batch.truncated}
    room = tokenizer.context - 2  # start and end take one each
    assert found == {row for row, text in enumerate(texts) if len(text.split()) > room}


def test_without_cutting_all_texts_keep_the_context(byte_pairs):
    whole = Tokenizer(byte_pairs.tokenize, context=10, padding=0, cut=False)
    texts = ["red", "a green dog", "red red red red red red red red red red red"]
    padded, full = batch_texts(texts, whole, size=8)
    assert (padded.rows, padded.tokens.shape, padded.truncated) == ((0, 1), (2, 10), ())
    assert (full.rows, full.tokens.shape, full.truncated) == ((2,), (1, 10), (2,))


def test_more_texts_than_are_tokenized_at_once(byte_pairs):
    texts = ["red", "a green dog"] * 1500
    batches = list(batch_texts(texts, byte_pairs, size=64))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(3000))
    assert sum(len(batch.rows) < 64 for batch in batches) == 2  # all but the last of each length
