"""Texts to tokens, and tokens to batches in which no text can influence another.

A batch holds texts of one length, cut to that length: what a text is computed as depends on that
text alone, not on what it shares a batch with. (Hugging Face towers drop the attention mask where
no text of a batch is padded, and round differently then.)
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_CHUNK = 2048


@dataclass(frozen=True)
class Tokenizer:
    """An open_clip tokenizer and what is to be known of it.

    Attributes:
        tokenize: texts to (N, context) int64, padded and truncated to the context.
        context: length of the context in tokens.
        padding: the token that pads.
        cut: whether the tower's features are the same without the padding behind a text.
    """

    tokenize: Callable[..., Tensor]
    context: int
    padding: int
    cut: bool


@dataclass(frozen=True)
class TextBatch:
    """Texts of one length.

    Attributes:
        rows: which of the texts these are.
        tokens: (B, L) int64.
        truncated: those of the rows whose text is longer than the context.
    """

    rows: tuple[int, ...]
    tokens: Tensor
    truncated: tuple[int, ...]


def batch_texts(texts: Sequence[str], tokenizer: Tokenizer, *, size: int) -> Iterator[TextBatch]:
    """Batches of at most `size` texts of equal length; each text is in one of them."""
    waiting: defaultdict[tuple[int, bool], list[tuple[int, Tensor, bool]]] = defaultdict(list)
    for start in range(0, len(texts), _CHUNK):
        chunk = list(texts[start : start + _CHUNK])
        tokens = tokenizer.tokenize(chunk)
        used = tokens != tokenizer.padding
        truncated = _truncated(chunk, tokenizer, used)
        for row, length in enumerate(_lengths(used, tokenizer).tolist()):
            # A padding token inside a text (someone wrote it) calls for the mask, too.
            group = waiting[length, bool(used[row, :length].all())]
            group.append((start + row, tokens[row, :length].clone(), row in truncated))
            if len(group) == size:
                yield _batch(group)
                group.clear()
    for group in waiting.values():
        if group:
            yield _batch(group)


def _batch(group: list[tuple[int, Tensor, bool]]) -> TextBatch:
    return TextBatch(
        rows=tuple(row for row, _, _ in group),
        tokens=torch.stack([tokens for _, tokens, _ in group]),
        truncated=tuple(row for row, _, truncated in group if truncated),
    )


def _lengths(used: Tensor, tokenizer: Tokenizer) -> Tensor:
    if not tokenizer.cut:
        return torch.full((len(used),), used.shape[1])
    places = torch.arange(1, used.shape[1] + 1)
    return (used * places).amax(dim=1).clamp(min=1)


def _truncated(texts: list[str], tokenizer: Tokenizer, used: Tensor) -> set[int]:
    """Texts of which a context longer by one would hold more."""
    full = used[:, -1].nonzero().flatten().tolist()
    if not full:
        return set()
    longer = tokenizer.tokenize([texts[row] for row in full], tokenizer.context + 1)
    more = (longer != tokenizer.padding).sum(dim=1) > used[full].sum(dim=1)
    return {row for row, is_more in zip(full, more.tolist(), strict=True) if is_more}
