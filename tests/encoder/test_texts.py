"""Batches of texts: each text once, with its like only, and what is too long is known."""

from dataclasses import replace

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.encoder.conftest import load
from xshot.encoder.texts import Piece, Tokenizer, batch_texts

WORDS = ["red", "green", "a", "the", "unhearable", "dog,", "[PAD]", "!"]


def rows(batch):
    return [piece.row for piece in batch.pieces]


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
    assert sorted(row for batch in batches for row in rows(batch)) == list(range(len(texts)))
    for batch in batches:
        assert 1 <= len(batch.pieces) <= size
        whole = tokenizer.tokenize([texts[row] for row in rows(batch)])
        length = batch.tokens.shape[1]
        assert torch.equal(batch.tokens, whole[:, :length])
        assert (whole[:, length:] == tokenizer.padding).all()
        assert (batch.tokens[:, -1] != tokenizer.padding).all()
        padded = (batch.tokens == tokenizer.padding).any(dim=1)
        assert padded.all() or not padded.any()


def test_a_text_is_truncated_iff_its_tokens_exceed_the_context(tokenizer):
    texts = [" ".join(["red"] * count) for count in range(1, 20)]
    batches = list(batch_texts(texts, tokenizer, size=4))
    found = {piece.row for batch in batches for piece in batch.pieces if piece.truncated}
    room = tokenizer.context - 2  # start and end take one each
    assert found == {row for row, text in enumerate(texts) if len(text.split()) > room}


def numbers_as_tokens(start, end, padding, closing):
    """A tokenizer of texts such as "3 0 5", with the special tokens of a family of models."""

    def tokenize(texts, context=6):
        rows = []
        for text in texts:
            words = [int(word) for word in text.split()][: context - len(start + end + closing)]
            used = [*start, *words, *end]
            rows.append([*used, *[padding] * (context - len(used + closing)), *closing])
        return torch.tensor(rows)

    return Tokenizer(tokenize, context=6, padding=padding, cut=False, closing=len(closing))


@given(words=st.lists(st.lists(st.integers(2, 9) | st.just(0), max_size=9), min_size=1, max_size=5))
@pytest.mark.parametrize(
    ("start", "end", "padding", "closing"),
    [
        ([8], [9], 0, []),  # CLIP: the token of "!" pads
        ([], [1], 1, []),  # SigLIP: the end token pads
        ([], [0], 0, []),  # the end token has been made padding
        ([8], [9], 1, [7]),  # CLIPS: a class token behind the padding
    ],
)
def test_families_of_tokenizers_do_not_hide_what_is_truncated(start, end, padding, closing, words):
    if end == [padding]:
        words = [[word or 2 for word in text] for text in words]
    tokenizer = numbers_as_tokens(start, end, padding, closing)
    batches = batch_texts([" ".join(map(str, text)) for text in words], tokenizer, size=4)
    found = {piece.row for batch in batches for piece in batch.pieces if piece.truncated}
    room = 6 - len(start + end + closing)
    assert found == {row for row, text in enumerate(words) if len(text) > room}


def test_without_cutting_all_texts_keep_the_context(byte_pairs):
    whole = Tokenizer(byte_pairs.tokenize, context=10, padding=0, cut=False)
    texts = ["red", "a green dog", "red red red red red red red red red red red"]
    padded, full = batch_texts(texts, whole, size=8)
    assert (padded.pieces, padded.tokens.shape) == ((Piece(0), Piece(1)), (2, 10))
    assert (full.pieces, full.tokens.shape) == ((Piece(2, truncated=True, long=True),), (1, 10))


def test_more_texts_than_are_tokenized_at_once(byte_pairs):
    texts = ["red", "a green dog"] * 1500
    batches = list(batch_texts(texts, byte_pairs, size=64))
    assert sorted(row for batch in batches for row in rows(batch)) == list(range(3000))
    assert sum(len(batch.pieces) < 64 for batch in batches) == 2  # all but the last of each length


def test_a_long_text_goes_by_sentences_and_others_stay_whole(byte_pairs):
    tokenizer = replace(byte_pairs, long_texts="split")
    texts = [
        "A red dog. A cat.",  # fits as it is
        "A red dog. A green cat. A blue line or two.",
        "red " * 9 + "dog. The end.",  # its first sentence is too long by itself
        "red " * 12,  # has no sentences
    ]
    pieces = [piece for batch in batch_texts(texts, tokenizer, size=2) for piece in batch.pieces]
    by_text = [
        sorted((p for p in pieces if p.row == row), key=lambda p: p.number) for row in range(4)
    ]
    assert by_text[0] == [Piece(0)]
    assert by_text[1] == [Piece(1, n, 3, long=True) for n in range(3)]
    assert by_text[2] == [Piece(2, 0, 2, truncated=True, long=True), Piece(2, 1, 2, long=True)]
    assert by_text[3] == [Piece(3, truncated=True, long=True)]
