"""Texts to the keys of their features, encoding what the cache lacks.

A key is the hash of the text and of how it was encoded: `whole`, or `split` or `truncate` if it is
longer than the context. So the cache itself knows which texts are long, without a tokenizer.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xshot.encoder.cache import FeatureCache
from xshot.encoder.engine import Engine
from xshot.encoder.texts import LongTexts
from xshot.progress import progress

_LOG = logging.getLogger(__name__)
_WHOLE = "whole"


@dataclass(frozen=True)
class CachedTexts:
    """Where the features of some texts are.

    Attributes:
        keys: the key of each text.
        long: how many distinct texts are longer than the encoder's context.
    """

    keys: list[bytes]
    long: int


def encode_texts(
    texts: Sequence[str], engine: Engine, cache: FeatureCache, long_texts: LongTexts
) -> CachedTexts:
    """The key of each text's feature, now in the cache.

    `long_texts` says what `engine` does with a text that is longer than its encoder's context.
    """
    how: dict[str, str] = {}
    todo = []
    for text in dict.fromkeys(texts):
        known = [way for way in (_WHOLE, long_texts) if _key(text, way) in cache]
        if known:
            how[text] = known[0]
        else:
            todo.append(text)
    if todo:
        encoded = _encode(todo, engine, cache, long_texts)
        how |= progress(encoded, total=len(todo), unit="text", label="texts")
    return CachedTexts(
        keys=[_key(text, how[text]) for text in texts],
        long=sum(way != _WHOLE for way in how.values()),
    )


def _encode(
    texts: list[str], engine: Engine, cache: FeatureCache, long_texts: LongTexts
) -> Iterator[tuple[str, str]]:
    """Encode; each text as it is done, and how it was."""
    long = cut = 0
    for group in engine.texts(texts):
        done = [
            (texts[row], long_texts if is_long else _WHOLE)
            for row, is_long in zip(group.rows, group.long, strict=True)
        ]
        cache.add([_key(text, way) for text, way in done], group.features)
        long += sum(group.long)
        cut += group.cut
        yield from done
    if long:
        _LOG.warning(
            "%d of %d texts are longer than the encoder's context; %s",
            long,
            len(texts),
            f"their sentences are averaged, and {cut} sentences, longer still, are cut"
            if long_texts == "split"
            else "the rest of them is cut",
        )


def _key(text: str, way: str) -> bytes:
    return hashlib.sha256(f"{way}\0{text}".encode()).digest()
