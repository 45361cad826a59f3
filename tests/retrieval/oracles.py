"""Retrieval by definition: one query and one item at a time, and tasks to try it on."""

from itertools import groupby, permutations, product

import numpy as np

from xshot.retrieval.ranking import Task


def unit_rows(values):
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def random_labels(rng, n_rows, n_classes, *, several=False):
    labels = np.eye(n_classes, dtype=bool)[rng.integers(n_classes, size=n_rows)]
    return labels | (rng.random(labels.shape) < 0.2) if several else labels


def random_task(rng, n_queries=40, n_items=60, n_classes=5, *, several=False):
    return Task(
        unit_rows(rng.standard_normal((n_queries, 8))),
        unit_rows(rng.standard_normal((n_items, 8))),
        random_labels(rng, n_queries, n_classes, several=several),
        random_labels(rng, n_items, n_classes, several=several),
    )


def relevance_in_order(task, query):
    """Relevance of every item, best score first, ties by place."""
    return [relevant for group in tied_relevance(task, query) for relevant in group]


def relevance_in_every_order(task, query):
    """Relevance of every item, best score first, for every order of the ties."""
    for groups in product(*map(permutations, tied_relevance(task, query))):
        yield [relevant for group in groups for relevant in group]


def tied_relevance(task, query):
    """Relevance of the items of each score, best score first, by place in the gallery."""
    scores = [float(item @ task.queries[query]) for item in task.items]
    order = sorted(range(len(scores)), key=lambda item: (-scores[item], item))
    return [
        [bool((task.item_labels[item] & task.query_labels[query]).any()) for item in tied]
        for _, tied in groupby(order, key=scores.__getitem__)
    ]


def average_precision(relevance):
    """Mean, over the relevant items, of the precision at their rank; 0 without one."""
    precisions, found = [], 0
    for rank, relevant in enumerate(relevance, start=1):
        if relevant:
            found += 1
            precisions.append(found / rank)
    return sum(precisions) / len(precisions) if precisions else 0.0
