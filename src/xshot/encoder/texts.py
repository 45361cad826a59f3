"""Texts to tokens, and tokens to batches in which no text can influence another.

A text longer than the context is cut off, or goes in pieces: its sentences. A batch holds pieces
of one length, cut to that length: what a text is computed as depends on that text alone, not on
what it shares a batch with. (Hugging Face towers drop the attention mask where no text of a batch
is padded, and round differently then.)
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from xshot.encoder.sentences import split_sentences

_CHUNK = 2048

LongTexts = Literal["split", "truncate"]


@dataclass(frozen=True)
class Tokenizer:
    """An open_clip tokenizer and what is to be known of it.

    Attributes:
        tokenize: texts to (N, context) int64, padded and truncated to the context.
        context: length of the context in tokens.
        padding: the token that pads.
        cut: whether the tower's features are the same without the padding behind a text.
        long_texts: what becomes of a text longer than the context.
        closing: tokens that end every context, behind the padding (the class token of CLIPS).
    """

    tokenize: Callable[..., Tensor]
    context: int
    padding: int
    cut: bool
    long_texts: LongTexts = "truncate"
    closing: int = 0


@dataclass(frozen=True)
class Piece:
    """What is encoded at once: a text, or one of the sentences of a text that is too long.

    Attributes:
        row: which of the texts it is of.
        number: which of that text's pieces it is.
        pieces: how many that text has.
        truncated: whether this piece is longer than the context.
        long: whether the text is.
    """

    row: int
    number: int = 0
    pieces: int = 1
    truncated: bool = False
    long: bool = False


@dataclass(frozen=True)
class TextBatch:
    """Pieces of one length: `tokens` is (B, L) int64."""

    pieces: tuple[Piece, ...]
    tokens: Tensor


def batch_texts(texts: Sequence[str], tokenizer: Tokenizer, *, size: int) -> Iterator[TextBatch]:
    """Batches of at most `size` pieces of equal length; each piece of a text is in one of them."""
    waiting: defaultdict[tuple[int, bool], list[tuple[Piece, Tensor]]] = defaultdict(list)
    for piece, tokens in _pieces(texts, tokenizer):
        # A padding token inside a text (someone wrote it) calls for the mask, too.
        group = waiting[len(tokens), bool((tokens != tokenizer.padding).all())]
        group.append((piece, tokens))
        if len(group) == size:
            yield _batch(group)
            group.clear()
    for group in waiting.values():
        if group:
            yield _batch(group)


def _batch(group: list[tuple[Piece, Tensor]]) -> TextBatch:
    pieces, tokens = zip(*group, strict=True)
    return TextBatch(pieces, torch.stack(tokens))


def _pieces(texts: Sequence[str], tokenizer: Tokenizer) -> Iterator[tuple[Piece, Tensor]]:
    for row, (tokens, truncated) in enumerate(_tokenized(texts, tokenizer)):
        sentences = (
            split_sentences(texts[row]) if truncated and tokenizer.long_texts == "split" else []
        )
        if len(sentences) < 2:
            yield Piece(row, truncated=truncated, long=truncated), tokens
            continue
        whole = Piece(row, pieces=len(sentences), long=True)
        for number, (part, cut) in enumerate(_tokenized(sentences, tokenizer)):
            yield replace(whole, number=number, truncated=cut), part


def _tokenized(texts: Sequence[str], tokenizer: Tokenizer) -> Iterator[tuple[Tensor, bool]]:
    """Each text's tokens without padding where it may be cut, and whether it is too long."""
    for start in range(0, len(texts), _CHUNK):
        chunk = list(texts[start : start + _CHUNK])
        tokens = tokenizer.tokenize(chunk)
        used = tokens != tokenizer.padding
        truncated = _truncated(chunk, tokenizer, tokens)
        for row, length in enumerate(_lengths(used, tokenizer).tolist()):
            yield tokens[row, :length].clone(), row in truncated


def _lengths(used: Tensor, tokenizer: Tokenizer) -> Tensor:
    if not tokenizer.cut:
        return torch.full((len(used),), used.shape[1])
    places = torch.arange(1, used.shape[1] + 1)
    return (used * places).amax(dim=1).clamp(min=1)


def _truncated(texts: list[str], tokenizer: Tokenizer, tokens: Tensor) -> set[int]:
    """Texts of which a context longer by one would hold more.

    Counting tokens would not do: SigLIP pads with its end token, CLIP with the token of "!".
    """
    content = tokens[:, : tokens.shape[1] - tokenizer.closing]
    full = (content[:, -2:] != tokenizer.padding).any(dim=1).nonzero().flatten().tolist()
    if not full:
        return set()
    longer = tokenizer.tokenize([texts[row] for row in full], tokenizer.context + 1)
    longer = longer[:, : longer.shape[1] - tokenizer.closing]
    differs = (longer[:, :-1] != content[full]).any(dim=1)
    more = differs | (longer[:, -1] != tokenizer.padding)
    return {row for row, is_more in zip(full, more.tolist(), strict=True) if is_more}
