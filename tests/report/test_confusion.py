import numpy as np
import pytest

from tests.report.outcomes import ROWS, make_outcome
from xshot.report.confusion import TOP, Confusion, confusion_matrix, worst_confusions


def counted(outcome, system, rows):
    """The confusion matrix, counted answer by answer."""
    labels = outcome.labels
    counts = np.zeros((labels.shape[1], labels.shape[1]))
    for side in (("image", "text"), ("text", "image")):
        asking, answering = (getattr(outcome.systems[system], name) for name in side)
        for row in rows:
            for item in np.argsort(-(answering @ asking[row]), kind="stable")[:TOP]:
                for i in np.flatnonzero(labels[row]):
                    for j in np.flatnonzero(labels[item]):
                        counts[i, j] += 1 / labels[row].sum() / labels[item].sum()
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("several_labels", [False, True])
def test_confusion_equals_counting_answer_by_answer(several_labels):
    outcome = make_outcome(several_labels=several_labels)
    expected = counted(outcome, "model", range(ROWS))
    np.testing.assert_allclose(confusion_matrix(outcome, "model"), expected, atol=1e-12)


def test_of_many_rows_evenly_spaced_ones_ask(outcome):
    expected = counted(outcome, "clip", range(0, ROWS, 5))
    np.testing.assert_allclose(
        confusion_matrix(outcome, "clip", max_queries=10), expected, atol=1e-12
    )


def test_a_class_without_a_query_has_a_row_of_zeros():
    outcome = make_outcome()
    outcome.labels[:, 0] = False
    matrix = confusion_matrix(outcome, "clip")
    assert matrix[0].sum() == 0
    np.testing.assert_allclose(matrix[1:].sum(axis=1), 1)


def test_worst_confusions_are_the_largest_off_the_diagonal():
    matrix = np.array([[0.9, 0.1, 0.0], [0.3, 0.2, 0.5], [0.0, 0.0, 1.0]])
    assert worst_confusions(matrix, 5) == [
        Confusion(1, 2, 0.5),
        Confusion(1, 0, 0.3),
        Confusion(0, 1, 0.1),
    ]
    assert worst_confusions(matrix, 1) == [Confusion(1, 2, 0.5)]
    assert matrix[0, 0] == 0.9  # left as it was
