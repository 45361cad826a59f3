import pytest

from tests.report.outcomes import make_outcome
from xshot.report.series import ClassAp
from xshot.report.words import class_words, gate_words, verdict


@pytest.mark.parametrize(
    ("gain", "half", "says"),
    [
        (0.05, 0.02, "a gain of +0.050 ± 0.020."),
        (-0.05, 0.02, "a loss of -0.050 ± 0.020."),
        (0.01, 0.02, "no clear difference (+0.010 ± 0.020)."),
        (-0.02, 0.02, "no clear difference (-0.020 ± 0.020)."),
        (0.05, None, "a gain of +0.050."),
        (0.0, None, "no difference."),
        (0.0, 0.0, "no difference."),
    ],
)
def test_a_verdict_claims_no_more_than_its_interval(gain, half, says):
    metrics = {
        "clip": {"target": {"avg": {"map": 0.3}}},
        "model": {"target": {"avg": {"map": 0.3 + gain}}},
        "gain": {"target": {"map": gain, **({} if half is None else {"ci95": half})}},
    }
    sentence = verdict(metrics, "target")
    assert sentence.startswith("Target classes: raw CLIP reaches an mAP of 0.300, the model ")
    assert f"the model {0.3 + gain:.3f}; " in sentence
    assert sentence.endswith(says)


def test_class_words_count_the_classes_ahead():
    rows = (ClassAp("a", "target", 0.1, 0.2), ClassAp("b", "target", 0.2, 0.2))
    rows += (ClassAp("c", "source", 0.3, 0.4),)
    sentence = class_words(rows)
    assert "1 of 2 target classes" in sentence
    assert "1 of 1 source classes" in sentence


def test_gate_words_give_the_means():
    outcome = make_outcome()
    outcome.gates["image"][:] = outcome.labels[:, outcome.is_target].any(axis=1) * 0.5
    outcome.gates["text"][:] = 0.25
    sentence = gate_words(outcome)
    assert "images: 0.50 for target classes, 0.00 for source classes" in sentence
    assert "texts: 0.25 for target classes, 0.25 for source classes" in sentence
