"""Texts to the places of their features, encoding what the cache lacks.

A key is the hash of the text and of how it was encoded: `whole`, or `split` or `truncate` if it is
longer than the context. So the cache itself knows which texts are long, without a tokenizer.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xshot.encoder.cache import FeatureCache, Places
from xshot.encoder.engine import Engine
from xshot.encoder.texts import LongTexts
from xshot.progress import progress
from xshot.store.columns import Column

_LOG = logging.getLogger(__name__)
_WHOLE = "whole"


@dataclass(frozen=True)
class CachedTexts:
    """Where the features of some texts are.

    Attributes:
        places: (N,) where in the cache the feature of each text is.
        long: how many distinct texts are longer than the encoder's context.
    """

    places: Places
    long: int


def encode_texts(
    texts: Sequence[str], engine: Engine, cache: FeatureCache, long_texts: LongTexts
) -> CachedTexts:
    """Where each text's feature is, now in the cache.

    `long_texts` says what `engine` does with a text that is longer than its encoder's context.
    """
    distinct, text_of = Column.of(texts).distinct()
    places = np.empty(len(distinct), np.int64)
    new = np.zeros(len(distinct), bool)
    long = 0
    for row, text in enumerate(distinct):
        for way in (_WHOLE, long_texts):
            key = _key(text, way)
            if key in cache:
                places[row] = cache.place(key)
                long += way != _WHOLE
                break
        else:
            new[row] = True
    todo = np.flatnonzero(new)
    if len(todo):
        encoded = _encode(distinct.take(todo), engine, cache, long_texts)
        for row, key, is_long in progress(encoded, total=len(todo), unit="text", label="texts"):
            places[todo[row]] = cache.place(key)
            long += is_long
    return CachedTexts(places[text_of], long)


def _encode(
    texts: Sequence[str], engine: Engine, cache: FeatureCache, long_texts: LongTexts
) -> Iterator[tuple[int, bytes, bool]]:
    """Encode; of each text, as it is done, its row, its key and whether it is long."""
    long = cut = 0
    for group in engine.texts(texts):
        ways = [long_texts if is_long else _WHOLE for is_long in group.long]
        keys = [_key(texts[row], way) for row, way in zip(group.rows, ways, strict=True)]
        cache.add(keys, group.features)
        long += sum(group.long)
        cut += group.cut
        yield from zip(group.rows, keys, group.long, strict=True)
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
