"""Pictures with one to four texts each, beside a loop over pictures and texts."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tests.retrieval.oracles import random_labels
from tests.retrieval.systems import N_CLASSES, N_ROWS, TARGET, embed
from xshot.retrieval.galleries import Embeddings
from xshot.retrieval.tree import evaluate_systems


@pytest.fixture
def task():
    rng = np.random.default_rng(7)
    picture = np.sort(rng.integers(20, size=N_ROWS))
    image_rows = np.array([int(np.flatnonzero(picture == own)[0]) for own in picture])
    labels = random_labels(rng, N_ROWS, N_CLASSES)[image_rows]
    rows = embed(rng, labels, 1.0)
    return Embeddings(rows.image[image_rows], rows.text), labels, image_rows


def test_every_map_is_that_of_a_loop(task):
    embeddings, labels, image_rows = task
    tree = evaluate_systems({"model": embeddings}, labels, TARGET, image_rows=image_rows)
    pictures, texts = np.unique(image_rows), np.arange(N_ROWS)
    is_target = labels[:, TARGET].any(axis=1)
    for direction, asking, answering, queries, items in (
        ("i2t", embeddings.image, embeddings.text, pictures, texts),
        ("t2i", embeddings.text, embeddings.image, texts, pictures),
    ):
        found = []
        for query in queries[is_target[queries]]:
            relevant = (labels[items] & labels[query]).any(axis=1)
            if relevant.any():
                scores = answering[items] @ asking[query]
                found.append(average_precision_score(relevant, scores))
        measured = tree.metrics["model"]["generalized"][direction]["map"]
        assert measured == pytest.approx(np.mean(found), abs=1e-5)
    facts = tree.metrics["gallery"]["generalized"]
    assert facts["n_queries"] == is_target.sum()
    assert facts["n_pictures"] == is_target[pictures].sum()


def test_intervals_resample_pictures(task):
    embeddings, labels, image_rows = task
    systems = {"model": embeddings}
    once = evaluate_systems(
        systems,
        labels,
        TARGET,
        image_rows=image_rows,
        resamples=500,
        rng=np.random.default_rng(0),
    )
    # Every text three times over is the same evidence: the pictures are as many as before.
    thrice = np.repeat(np.arange(N_ROWS), 3)
    place = np.searchsorted(thrice, image_rows)
    more = evaluate_systems(
        {"model": Embeddings(embeddings.image[thrice], embeddings.text[thrice])},
        labels[thrice],
        TARGET,
        image_rows=place[thrice],
        resamples=500,
        rng=np.random.default_rng(0),
    )
    widths = [found.metrics["model"]["target"]["t2i"]["ci95"] for found in (once, more)]
    assert widths[0] == widths[1] > 0
