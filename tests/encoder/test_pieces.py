"""Pieces that come in any order make the same mean, bit for bit."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from xshot.encoder.pieces import join_pieces
from xshot.encoder.texts import Piece, TextBatch

COUNTS = (3, 1, 4, 1, 2)  # sentences of each text
PIECES = [
    Piece(row, number, count, truncated=number == 2, long=count > 1)
    for row, count in enumerate(COUNTS)
    for number in range(count)
]


def feature(piece):
    vector = np.random.default_rng([piece.row, piece.number]).normal(size=5)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def joined(pieces, size):
    batches = [pieces[start : start + size] for start in range(0, len(pieces), size)]
    encoded = [
        (TextBatch(tuple(batch), torch.zeros(0)), np.stack([feature(piece) for piece in batch]))
        for batch in batches
    ]
    groups = list(join_pieces(encoded))
    rows = [row for group in groups for row in group.rows]
    features = np.concatenate([group.features for group in groups])
    return features[np.argsort(rows)], groups


@given(order=st.permutations(PIECES), size=st.integers(1, 5))
def test_the_order_in_which_pieces_come_changes_no_bit(order, size):
    features, groups = joined(order, size)
    np.testing.assert_array_equal(features, joined(PIECES, 4)[0])
    assert sorted(row for group in groups for row in group.rows) == list(range(len(COUNTS)))
    long = {
        row
        for group in groups
        for row, is_long in zip(group.rows, group.long, strict=True)
        if is_long
    }
    assert long == {0, 2, 4}
    assert sum(group.cut for group in groups) == 2


def test_means_are_unit_norm_and_a_text_in_one_piece_is_untouched():
    features, _ = joined(PIECES, 3)
    assert features.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(features[1], feature(PIECES[3]))
    mean = np.mean([feature(piece) for piece in PIECES[:3]], axis=0)
    np.testing.assert_allclose(features[0], mean / np.linalg.norm(mean), atol=1e-6)
