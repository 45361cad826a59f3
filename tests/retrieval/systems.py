"""Embeddings that tell classes apart, more or less."""

import numpy as np

from tests.retrieval.oracles import unit_rows
from xshot.retrieval.galleries import Embeddings

N_ROWS, N_CLASSES = 60, 6
TARGET = np.arange(N_CLASSES) < 3


def embed(rng, labels, strength):
    """Noise around one direction per class."""
    directions = rng.standard_normal((labels.shape[1], 8))
    return Embeddings(
        *(
            unit_rows(strength * labels @ directions + rng.standard_normal((len(labels), 8)))
            for _ in range(2)
        )
    )
