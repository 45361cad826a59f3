"""The rankings of `xshot.retrieval.ranking`, sorted on a GPU.

Scores are float32 sums in another order than the CPU's: ranks are the same but where scores lie
within rounding of each other. Only the relevant items' ranks and the ties come back.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xshot.distinct import find_distinct
from xshot.retrieval.ranking import RelevantRanks, Task
from xshot.retrieval.ties import NO_TIES, Ties, find_ties

BLOCK_SCORES = 2**26
"""Scores held at a time: with their keys and what sorting takes, 2 GiB."""

T = TypeVar("T")


def map_rankings_on(
    device: str,
    visit: Callable[[RelevantRanks], T],
    task: Task,
    *,
    threads: int = 1,
    block_scores: int = BLOCK_SCORES,
) -> list[T]:
    """As `map_rankings`, which see, on `device`; `threads` visit while it sorts."""
    results: list[T] = []
    pending: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for ranked in _blocks(task, torch.device(device), block_scores):
            pending.append(pool.submit(visit, ranked))
            if len(pending) > threads:
                results.append(pending.popleft().result())
        results.extend(future.result() for future in pending)
    return results


@torch.inference_mode()
def _blocks(task: Task, device: torch.device, block_scores: int) -> Iterator[RelevantRanks]:
    n_items = len(task.items)
    distinct = find_distinct(np.asarray(task.items, dtype=np.float32))
    # Equal items are scored once, so that they tie.
    items = torch.tensor(task.items[distinct.places], dtype=torch.float32, device=device)
    index = None if distinct.index is None else torch.from_numpy(distinct.index).to(device)
    item_labels = torch.from_numpy(task.item_labels).to(device, torch.float32)
    places = 2 * torch.arange(n_items, device=device)
    block = max(1, block_scores // max(n_items, 1))
    for start in range(0, len(task.queries), block):
        rows = slice(start, start + block)
        queries = torch.tensor(task.queries[rows], dtype=torch.float32, device=device)
        labels = torch.from_numpy(task.query_labels[rows]).to(device, torch.float32)
        relevant = labels @ item_labels.T > 0
        # Negated, so that ascending order puts the best score first.
        costs = -queries @ items.T
        yield _ranks(costs if index is None else costs[:, index], relevant, places)


def _ranks(costs: Tensor, relevant: Tensor, places: Tensor) -> RelevantRanks:
    keys = _sorted_keys(costs, places + relevant)
    n_relevant = relevant.sum(dim=1)
    _, place = (keys & 1).nonzero(as_tuple=True)
    counts = n_relevant.cpu().numpy()
    ties = _ties(keys, counts) if keys.shape[1] > 1 else NO_TIES
    return RelevantRanks(counts, place.add_(1).cpu().numpy(), ties)


def _sorted_keys(costs: Tensor, payload: Tensor) -> Tensor:
    """The keys of `xshot.retrieval.keys.sort_keys`, sorted."""
    bits = (costs + 0.0).view(torch.int32)  # -0.0 and 0.0 are equal but differ in their bits
    bits ^= (bits >> 31) & 0x7FFFFFFF  # as integers, negative floats order backwards
    return ((bits.long() << 32) + payload).sort(dim=1).values


def _ties(keys: Tensor, n_relevant: NDArray[np.int64]) -> Ties:
    """The ties that matter; only rankings that have some are fetched."""
    differs = keys[:, 1:] ^ keys[:, :-1]
    rows = ((differs >> 32 == 0) & (differs & 1 == 1)).any(dim=1).nonzero()[:, 0]
    if not len(rows):
        return NO_TIES
    fetched, query = keys[rows].cpu().numpy(), rows.cpu().numpy()
    few = n_relevant[query]
    ties = find_ties(fetched, np.flatnonzero(fetched & 1), few)
    starts, few_starts = (np.cumsum(counts) - counts for counts in (n_relevant, few))
    first = ties.first - few_starts[ties.query] + starts[query[ties.query]]
    return replace(ties, query=query[ties.query], first=first)
