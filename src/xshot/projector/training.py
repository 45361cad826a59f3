"""Training of the gated projector on source, support and pseudo features."""

import numpy as np
import torch
from numpy.typing import NDArray

from xshot.curves import Curves
from xshot.distinct import find_distinct
from xshot.episode.training_set import Matrix, TrainingSet
from xshot.errors import UserError
from xshot.mixture.mixture import Mixtures
from xshot.progress import progress
from xshot.projector.baselines.clip_adapter import train_clip_adapter
from xshot.projector.batches import Pools, draw_batches
from xshot.projector.networks import GatedProjector
from xshot.projector.objective import Batch, loss_terms
from xshot.projector.params import ProjectorParams
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import Variant


def train_projector(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    mixtures: Mixtures | None,
    *,
    variant: Variant,
    params: ProjectorParams,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
) -> tuple[GatedProjector, Curves]:
    """Train both modalities' projectors together with AdamW and a cosine schedule.

    Args:
        training: source and support pairs, centred.
        pseudo: generated pairs of target classes; may be empty.
        mixtures: weigh the positives; None = all alike.
        variant: gate and loss terms.
        params: sizes, optimiser and weights.
        steps: length of the training.
        generator: initial weights, batches and dropout, on the CPU whatever the device.
        device: where to compute.

    Returns:
        The projector, on the CPU, and the loss terms by step.

    Raises:
        UserError: a loss is not finite, or every term is off.
    """
    if variant.objective == "clip_adapter":
        return train_clip_adapter(training, generator=generator, device=device)
    network = GatedProjector(
        training.dimensions,
        params.hidden,
        gate=variant.gate,
        gate_bias=params.gate_bias,
        generator=generator,
    ).to(device)
    pairs, order, learned_classes = _draw(
        training, pseudo, mixtures, (steps, params.batch_size), generator
    )
    class_weights = torch.nn.Parameter(
        torch.tensor(training.prompts[learned_classes], device=device)
    )
    learned = [*network.parameters(), class_weights]
    optimiser = torch.optim.AdamW(
        learned, lr=params.lr, weight_decay=params.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    pairs, order = pairs.to(device), order.to(device)
    # Masks are drawn where they are used: from a CPU generator they would have to travel.
    seed = int(torch.randint(2**62, (), generator=generator))
    device_generator = torch.Generator(device).manual_seed(seed)
    curves = Curves("train_projector", remedy="lower projector.lr or the weights of the terms")
    for step in progress(range(steps), total=steps, unit="step", label="projector"):
        batch = pairs.take(order[step])
        mask = _dropout_mask(params, batch.features, device_generator)
        embeddings = network(batch.features, hidden_mask=mask)
        terms = loss_terms(embeddings, class_weights, batch, variant=variant, params=params)
        if not terms:
            raise UserError("projector: every loss term is off; give one of them a weight above 0")
        curves.add(step, **{name: term.detach() for name, term in terms.items()})
        optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return network.cpu().eval().requires_grad_(False), curves


def _draw(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    mixtures: Mixtures | None,
    shape: tuple[int, int],
    generator: torch.Generator,
) -> tuple[Batch, torch.Tensor, NDArray[np.int64]]:
    """The pairs that some step draws, and which of them each step does: (steps, batch size).

    The third are the classes that have any row, the columns of the pairs' labels. To classify
    against the others (at K = 0 without generation, all target classes) would only teach that
    nothing is of them.
    """
    labels = np.concatenate([training.labels, _one_hot(pseudo, training.n_classes)])
    learned_classes = np.flatnonzero(labels.any(axis=0))
    rows = draw_batches(
        _pools(training, labels), steps=shape[0], batch_size=shape[1], generator=generator
    )
    drawn, order = np.unique(rows, return_inverse=True)
    pairs = _pairs(training, pseudo, labels[:, learned_classes], mixtures, drawn)
    return pairs, torch.from_numpy(order.reshape(shape)), learned_classes


def _one_hot(pseudo: PseudoFeatures, n_classes: int) -> NDArray[np.bool_]:
    hot: NDArray[np.bool_] = pseudo.classes[:, None] == np.arange(n_classes)
    return hot


def _pools(training: TrainingSet, labels: NDArray[np.bool_]) -> Pools:
    """Where each row (training, then pseudo) comes from."""
    is_pseudo = np.arange(len(labels)) >= len(training.labels)
    is_support = np.concatenate([training.is_support, is_pseudo[len(training.labels) :]])
    return Pools(
        source=labels & ~is_support[:, None],
        support=labels & (is_support & ~is_pseudo)[:, None] & training.is_target,
        pseudo=labels & is_pseudo[:, None],
        weights=_weights(training, len(labels)),
    )


def _weights(training: TrainingSet, count: int) -> Matrix | None:
    """How often a row is drawn: a picture as often as others, whichever of its texts comes along.

    None where all rows are alike.
    """
    if (training.weights == 1).all():
        return None
    return np.append(training.weights, np.ones(count - len(training.weights), np.float32))


def _pairs(
    training: TrainingSet,
    pseudo: PseudoFeatures,
    labels: NDArray[np.bool_],
    mixtures: Mixtures | None,
    rows: NDArray[np.int64],
) -> Batch:
    """The pairs at ascending `rows` of the training rows and, after them, the pseudo rows."""
    n_training = len(training.labels)
    real, generated = rows[rows < n_training], rows[rows >= n_training] - n_training
    image = np.concatenate([training.image[real], pseudo.image[generated]])
    text = np.concatenate([training.text[real], pseudo.text[generated]])
    return Batch(
        torch.from_numpy(np.stack([image, text])),
        torch.from_numpy(labels[rows]).float(),
        None if mixtures is None else torch.from_numpy(mixtures.responsibilities(image, text)),
        torch.from_numpy(np.stack([_item_numbers(image), _item_numbers(text)])),
    )


def _item_numbers(features: Matrix) -> NDArray[np.int64]:
    """(N,) the same number for rows that are the same."""
    index = find_distinct(features).index
    return np.arange(len(features)) if index is None else index


def _dropout_mask(
    params: ProjectorParams, features: torch.Tensor, generator: torch.Generator
) -> torch.Tensor | None:
    if not params.dropout:
        return None
    keep = 1 - params.dropout
    mask = features.new_empty(*features.shape[:2], params.hidden)
    return mask.bernoulli_(keep, generator=generator).div_(keep)
