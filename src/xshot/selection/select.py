"""Choosing settings on pseudo-episodes: no target label beyond the support, no test row.

Some source classes play target. Centring, mixture, generator and projector are fitted without
their other rows, by the library calls that the stages use.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from xshot.episode.episode import HeldOut, PseudoEpisode, Task
from xshot.episode.training_set import TrainingSet, make_training_set, training_rows
from xshot.mixture.fitting import fit_mixtures
from xshot.mixture.mixture import Mixtures
from xshot.mixture.params import GmmParams
from xshot.projector.choice import Choice, Trial
from xshot.projector.embedder import Embedder
from xshot.projector.fitting import assemble
from xshot.projector.params import ProjectorParams
from xshot.projector.training import train_projector
from xshot.retrieval.galleries import Embeddings
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream, torch_stream
from xshot.store.features import ClassFeatures, Features
from xshot.store.pseudo import PseudoFeatures
from xshot.vaegan.params import SynthesizeParams, VaeganParams
from xshot.vaegan.synthesis import synthesize
from xshot.vaegan.training import train_vaegan
from xshot.variants import Variant

Reader = Callable[[tuple[str, ...]], Features]
"""Features of manifest ids, in order."""


@dataclass(frozen=True)
class Settings:
    """The params that training takes."""

    gmm: GmmParams
    vaegan: VaeganParams
    synthesize: SynthesizeParams
    projector: ProjectorParams


def select(
    cells: tuple[Choice, ...],
    pseudo_episodes: tuple[PseudoEpisode, ...],
    read: Reader,
    classes: ClassFeatures,
    *,
    variant: Variant,
    settings: Settings,
    seed: int,
    device: torch.device,
) -> tuple[Choice, tuple[Trial, ...]]:
    """The cell with the best mean criterion; of equals, the first.

    The criterion is generalized pseudo-target mAP plus source mAP. A single cell is taken untried.
    """
    if len(cells) == 1:
        return cells[0], (Trial(cells[0], None),)
    criteria = np.zeros(len(cells))
    for draw, pseudo_episode in enumerate(pseudo_episodes):
        criteria += _criteria(
            cells,
            pseudo_episode,
            read,
            classes,
            variant=variant,
            settings=settings,
            seed=_nested_seed(seed, draw),
            device=device,
        )
    criteria /= len(pseudo_episodes)
    trials = tuple(Trial(c, round(float(v), 5)) for c, v in zip(cells, criteria, strict=True))
    return cells[int(criteria.argmax())], trials


def fit_generation(
    training: TrainingSet, *, variant: Variant, settings: Settings, seed: int, device: torch.device
) -> tuple[Mixtures | None, PseudoFeatures]:
    """Mixture, VAE-GAN and pseudo features, as the stages of these names make them."""
    mixtures, pseudo = None, PseudoFeatures.empty(training.dimensions)
    if variant.mixture:
        mixtures = fit_mixtures(training, settings.gmm, numpy_stream(seed, "fit_gmm"))
    if variant.generation:
        model, _ = train_vaegan(
            training,
            mixtures,
            variant=variant,
            params=settings.vaegan,
            generator=torch_stream(seed, "train_vaegan"),
            device=device,
        )
        pseudo = synthesize(
            model,
            training,
            mixtures,
            params=settings.synthesize,
            generator=torch_stream(seed, "synthesize"),
        )
    return mixtures, pseudo


def _criteria(
    cells: tuple[Choice, ...],
    pseudo_episode: PseudoEpisode,
    read: Reader,
    classes: ClassFeatures,
    *,
    variant: Variant,
    settings: Settings,
    seed: int,
    device: torch.device,
) -> np.ndarray:
    """The criterion of every cell on one pseudo-episode."""
    task = pseudo_episode.task
    training = make_training_set(task, read(training_rows(task)), classes, centre=variant.centring)
    mixtures, pseudo = fit_generation(
        training, variant=variant, settings=settings, seed=seed, device=device
    )
    # Only the training length needs a training of its own; all other settings share it.
    projectors = {
        steps: train_projector(
            training,
            pseudo,
            mixtures,
            variant=variant,
            params=settings.projector,
            steps=steps,
            generator=torch_stream(seed, "train_projector"),
            device=device,
        )[0]
        if variant.projector
        else None
        for steps in dict.fromkeys(cell.steps for cell in cells)
    }
    judge = _judge(task, pseudo_episode.heldout, read)
    return np.array(
        [
            judge(
                assemble(
                    training, pseudo, projectors[cell.steps], variant, settings.projector, cell
                )
            )
            for cell in cells
        ]
    )


def _judge(task: Task, heldout: HeldOut, read: Reader) -> Callable[[Embedder], float]:
    sides = (heldout.test_source, heldout.test_target)
    features = read(tuple(row for rows in sides for row in rows.ids))
    labels = np.concatenate([rows.multi_hot(task.classes) for rows in sides])

    def judge(embedder: Embedder) -> float:
        embeddings = Embeddings(
            embedder.embed_image(features.image), embedder.embed_text(features.text)
        )
        tree = evaluate_systems({"model": embeddings}, labels, task.is_target).metrics["model"]
        return float(tree["generalized"]["avg"]["map"] + tree["source"]["avg"]["map"])

    return judge


def _nested_seed(seed: int, draw: int) -> int:
    return int(numpy_stream(seed, f"pseudo-episode {draw}").integers(2**32))
