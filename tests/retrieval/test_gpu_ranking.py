"""A GPU's rankings are the CPU's; here torch sorts on a CPU, and with `pytest -m gpu` on CUDA."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.retrieval.oracles import random_task
from tests.retrieval.test_ranking import tasks_with_ties
from tests.support.gpu import DEVICE, NEEDS_GPU
from xshot.retrieval.gpu_ranking import map_rankings_on
from xshot.retrieval.metrics import score_queries
from xshot.retrieval.ranking import RelevantRanks, Task, map_rankings

GPU = pytest.param(DEVICE, marks=NEEDS_GPU)
each_device = pytest.mark.parametrize("device", ["cpu", GPU])
FIELDS = ("query", "first", "before", "size", "found", "relevant")


def joined(parts: list[RelevantRanks]) -> dict[str, list]:
    """What the parts say, whichever blocks they came in."""
    found: dict[str, list] = {name: [] for name in ("n_relevant", "ranks", "precision", *FIELDS)}
    queries = entries = 0
    for part in parts:
        for name in ("n_relevant", "ranks", "precision"):
            found[name] += getattr(part, name).tolist()
        for name in FIELDS:
            shift = {"query": queries, "first": entries}.get(name, 0)
            found[name] += (getattr(part.ties, name) + shift).tolist()
        queries, entries = queries + len(part.n_relevant), entries + len(part.ranks)
    return found


def on_device(device, task, **options):
    return joined(map_rankings_on(device, lambda ranked: ranked, task, **options))


def on_cpu(task):
    return joined(map_rankings(lambda ranked: ranked, task))


@each_device
@settings(deadline=None, max_examples=60)
@given(task=tasks_with_ties())
def test_ranks_and_ties_are_the_cpu_s_where_scores_are_exact(device, task):
    for block_scores in (1, 20, 2**20):
        assert on_device(device, task, block_scores=block_scores) == on_cpu(task)


@each_device
@pytest.mark.parametrize("several", [False, True])
def test_ranks_of_real_valued_scores_are_the_cpu_s(device, several):
    task = random_task(np.random.default_rng(0), several=several)
    assert on_device(device, task, block_scores=700, threads=2) == on_cpu(task)


@each_device
def test_equal_items_tie(device):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 512)).astype(np.float32)
    items = rows[rng.integers(30, size=900)]
    labels = np.eye(4, dtype=bool)
    task = Task(rows, items, labels[np.arange(30) % 4], labels[rng.integers(4, size=900)])
    found, expected = on_device(device, task), on_cpu(task)
    assert len(found["size"]) > 500
    assert found == expected


@each_device
@pytest.mark.parametrize(("n_queries", "n_items"), [(0, 3), (3, 0), (3, 1), (0, 0)])
def test_nothing_to_ask_or_to_answer(device, n_queries, n_items):
    queries, items = np.eye(3, dtype=np.float32)[:n_queries], np.eye(3, dtype=np.float32)[:n_items]
    task = Task(queries, items, np.ones((n_queries, 1), bool), np.ones((n_items, 1), bool))
    assert on_device(device, task)["n_relevant"] == [n_items] * n_queries


@pytest.mark.parametrize("device", [GPU])
def test_scores_of_a_device_are_the_cpu_s_within_rounding(device):
    task = random_task(np.random.default_rng(1), n_queries=200, n_items=3000)
    found, expected = (score_queries(task, device=name, threads=2) for name in (device, "cpu"))
    np.testing.assert_allclose(found.ap, expected.ap, atol=1e-5)


def test_a_device_is_where_rankings_are_sorted(monkeypatch):
    asked = []

    def sort(device, visit, task, *, threads):
        asked.append((device, threads))
        return map_rankings_on("cpu", visit, task, threads=threads)

    monkeypatch.setattr("xshot.retrieval.gpu_ranking.map_rankings_on", sort)
    task = random_task(np.random.default_rng(0))
    found, expected = score_queries(task, device="cuda:1", threads=2), score_queries(task)
    assert asked == [("cuda:1", 2)]
    np.testing.assert_array_equal(found.ap, expected.ap)
    np.testing.assert_array_equal(found.recall, expected.recall)
