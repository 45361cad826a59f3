import numpy as np
from numpy.testing import assert_array_equal

from xshot.projector.baselines.tip_adapter_f import gather_tip_f_evidence
from xshot.projector.gathering import gather_tip_evidence


def loss(evidence, rows, classes):
    """The loss that keys are trained with, by numpy."""
    affinity = np.exp(evidence.sharpness * (rows @ evidence.members.T - 1))
    logits = 100 * rows @ evidence.prompts.T + affinity @ (evidence.shares > 0)
    logits = np.asarray(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(classes)), classes].mean()


def test_tuned_keys_classify_better_and_nothing_else_moves(training):
    classes = training.labels.argmax(axis=1)
    for rows, plain, tuned in zip(
        (training.image, training.text),
        gather_tip_evidence(training),
        gather_tip_f_evidence(training),
        strict=True,
    ):
        assert loss(tuned, rows, classes) < loss(plain, rows, classes)
        for name in ("prompts", "metric", "shares", "prototypes"):
            assert_array_equal(getattr(tuned, name), getattr(plain, name))


def test_without_support_target_classes_have_no_key(training_without_support):
    image, _ = gather_tip_f_evidence(training_without_support)
    assert len(image.members) == 15
    assert not image.shares[:, training_without_support.is_target].any()


def test_training_draws_nothing(training):
    for one, other in zip(
        gather_tip_f_evidence(training), gather_tip_f_evidence(training), strict=True
    ):
        assert_array_equal(one.members, other.members)
