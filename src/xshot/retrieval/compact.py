"""Embeddings of which many columns are all but empty, held and searched without the zeros.

Of a thousand classes an embedding has a coordinate each, most of them 0. What is not 0 is held by
column, as the posting lists of text search are: a query visits the lists of its own columns only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class CompactBlock:
    """Some rows of a gallery.

    Attributes:
        dense: (G, D) the columns that are held as they are.
        postings: (C, G) the others, transposed.
    """

    dense: Matrix
    postings: csr_array

    @classmethod
    def of(cls, rows: Matrix, dimensions: int) -> Self:
        """(G, D + C) rows, of which the first D = `dimensions` columns are dense."""
        return cls(rows[:, :dimensions].copy(), csr_array(rows[:, dimensions:].T))

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take."""
        lists = self.postings
        parts = (self.dense, lists.data, lists.indices, lists.indptr)
        return int(sum(part.nbytes for part in parts))

    def scores(self, queries: Matrix) -> Matrix:
        """(Q, D + C) queries -> (Q, G) inner products."""
        dimensions = self.dense.shape[1]
        scores: Matrix = queries[:, :dimensions] @ self.dense.T
        sparse = csr_array(queries[:, dimensions:]) @ self.postings
        scores += sparse.toarray()
        return scores


@dataclass(frozen=True)
class CompactRows:
    """A gallery (N, D + C), in blocks.

    Attributes:
        blocks: in the gallery's order.
    """

    blocks: tuple[CompactBlock, ...]

    @classmethod
    def of(cls, blocks: Iterable[Matrix], dimensions: int) -> Self:
        """Blocks of rows, of which the first `dimensions` columns are dense."""
        return cls(tuple(CompactBlock.of(rows, dimensions) for rows in blocks))

    def __len__(self) -> int:
        return sum(len(block.dense) for block in self.blocks)

    @property
    def nbytes(self) -> int:
        """Bytes that the gallery takes."""
        return sum(block.nbytes for block in self.blocks)

    def scored(self, queries: Matrix) -> Iterator[tuple[int, Matrix]]:
        """(Q, D + C) queries -> inner products with each block (Q, G), and where it starts."""
        place = 0
        for block in self.blocks:
            yield place, block.scores(queries)
            place += len(block.dense)
