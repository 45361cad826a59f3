"""Cross-modal adaptation: one linear probe on images and texts alike (Lin et al., CVPR 2023).

Texts are samples of their class beside its images: here captions and class prompts, so that a
class without a pair (K = 0) has a sample, too. Half of every batch is images, half texts.
"""

import numpy as np

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.baselines.batches import cycle
from xshot.projector.baselines.linear import linear_evidence, targets_of
from xshot.projector.evidence import Evidence

LOGIT_SCALE = 100.0
STEPS, WARMUP, BATCH_SIZE, LR, WEIGHT_DECAY = 12_800, 50, 32, 1e-4, 1e-2
"""Of the published grid, whose choice by validation rows is not to be had here."""


def gather_cross_modal_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """The same classifier for images and for texts."""
    evidence = linear_evidence(fit_cross_modal(training))
    return evidence, evidence


def fit_cross_modal(training: TrainingSet) -> Matrix:
    """(C, D) weights, which start at the class prompts."""
    import torch

    pictures = training.pictures
    images, image_targets = map(torch.from_numpy, (pictures.image, targets_of(pictures)))
    texts = torch.from_numpy(np.concatenate([training.text, training.prompts]))
    text_targets = torch.cat(
        [torch.from_numpy(targets_of(training)), torch.eye(training.n_classes)]
    )
    weights = torch.from_numpy(training.prompts.copy()).requires_grad_()
    optimiser = torch.optim.AdamW([weights], lr=LR, weight_decay=WEIGHT_DECAY)
    warm = torch.optim.lr_scheduler.LinearLR(optimiser, 0.1, total_iters=WARMUP)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS - WARMUP)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [warm, cosine], [WARMUP])
    batches = (cycle(len(side), BATCH_SIZE // 2, STEPS) for side in (images, texts))
    for of_images, of_texts in zip(*batches, strict=True):
        rows = torch.cat([images[of_images], texts[of_texts]])
        wanted = torch.cat([image_targets[of_images], text_targets[of_texts]])
        loss = torch.nn.functional.cross_entropy(LOGIT_SCALE * rows @ weights.T, wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    classifier: Matrix = weights.detach().numpy()
    return classifier
