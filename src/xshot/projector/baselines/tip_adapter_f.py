"""Tip-Adapter-F: a cache whose keys are fine-tuned (Zhang et al., ECCV 2022)."""

from dataclasses import replace

from xshot.episode.training_set import Matrix, TrainingSet
from xshot.projector.baselines.batches import cycle
from xshot.projector.evidence import Evidence
from xshot.projector.gathering import gather_tip_evidence

LOGIT_SCALE = 100.0
ALPHA, EPOCHS, BATCH_SIZE, LR, EPSILON = 1.0, 20, 256, 1e-3, 1e-4
"""As published, for ImageNet; beta is `TIP_SHARPNESS`."""


def gather_tip_f_evidence(training: TrainingSet) -> tuple[Evidence, Evidence]:
    """Tip-Adapter's evidence among images and among texts, its keys trained.

    A class without a row has no key; only its prompt speaks for it.
    """
    image, text = (
        replace(side, members=_tuned_keys(side)) for side in gather_tip_evidence(training)
    )
    return image, text


def _tuned_keys(cache: Evidence) -> Matrix:
    """(M, D) keys that classify the cached rows themselves best, beside the prompts."""
    import torch

    rows, prompts = torch.from_numpy(cache.members), torch.from_numpy(cache.prompts)
    values = torch.from_numpy(cache.shares > 0).float()
    targets = values / values.sum(dim=1, keepdim=True)
    keys = rows.clone().requires_grad_()
    steps = EPOCHS * -(-len(rows) // BATCH_SIZE)
    optimiser = torch.optim.AdamW([keys], lr=LR, eps=EPSILON)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    for batch in cycle(len(rows), BATCH_SIZE, steps):
        affinity = torch.exp(cache.sharpness * (rows[batch] @ keys.T - 1))
        logits = LOGIT_SCALE * rows[batch] @ prompts.T + ALPHA * affinity @ values
        loss = torch.nn.functional.cross_entropy(logits, targets[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    tuned: Matrix = keys.detach().numpy()
    return tuned
