"""LP++: a linear probe blended with the class prompts (Huang et al., CVPR 2024).

The logit of class c is x . (w_c + alpha_c a_c).
"""

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.baselines.linear import linear_evidence, targets_of
from xshot.projector.classifiers import fit_probe
from xshot.projector.evidence import Evidence

STEPS = 300
"""As published."""


def gather_linear_probe_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """A probe among images and one among texts."""
    pictures = training.pictures
    return (
        linear_evidence(fit_linear_probe(pictures.image, pictures)),
        linear_evidence(fit_linear_probe(training.text, training)),
    )


def fit_linear_probe(features: Matrix, training: TrainingSet) -> Matrix:
    """(C, D) weights w_c + alpha_c a_c.

    A class without a row (K = 0) takes no part in training, which could only push it away; its
    prompt stands for it, with the mean alpha of the others.

    Args:
        features: (N, D) rows of one modality.
        training: says of which class they are.
    """
    seen = training.labels.any(axis=0)
    weights, alpha = fit_probe(
        features, targets_of(training)[:, seen], training.prompts[seen], steps=STEPS
    )
    classifier: Matrix = alpha.mean() * training.prompts
    classifier[seen] = weights + alpha[:, None] * training.prompts[seen]
    return classifier
