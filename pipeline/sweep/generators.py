"""Generators side by side on pseudo-episodes: `python -m pipeline.sweep.generators RESULTS`.

Every generator learns from the same rows and is judged on held-out rows of classes that only play
target: by how close its features are to real ones, and by what a projector that is trained on them
retrieves.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import torch

from pipeline.sweep.generators_table import table
from pipeline.sweep.rows import Measure, read_sweep_params
from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource
from xshot.episode.training_set import TrainingSet, make_training_set, training_rows
from xshot.errors import UserError, one_line_errors
from xshot.mixture.fitting import fit_mixtures
from xshot.mixture.mixture import Mixtures
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import Choice
from xshot.projector.fitting import assemble
from xshot.projector.training import train_projector
from xshot.retrieval.tree import evaluate_systems
from xshot.seeds import numpy_stream, torch_stream
from xshot.selection.select import pseudo_benches
from xshot.selection.workbench import Settings, Workbench
from xshot.store.atomic import write_text
from xshot.store.features import Features, read_class_features, read_features, read_ids
from xshot.store.manifest import read_manifest
from xshot.store.pseudo import PseudoFeatures
from xshot.vaegan.quality import Labelled, Quality, measure_quality
from xshot.vaegan.synthesis import synthesize
from xshot.vaegan.training import train_vaegan
from xshot.vaegan.trivial import prompt_noise, residual_bootstrap, support_noise
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")
NOISE = 0.5
STEPS = 200
RESAMPLES = 20


@dataclass(frozen=True)
class Ground:
    """What all generators of one pseudo-episode start from."""

    bench: Workbench
    training: TrainingSet
    mixtures: Mixtures
    settings: Settings

    def vaegan(
        self, *, init: str = "ppca", steps: int | None = None, critics: bool = True
    ) -> PseudoFeatures:
        """Pseudo pairs of a VAE-GAN, as the stages make them."""
        changed = {"init": init} | ({} if steps is None else {"steps": steps})
        name = "flex_gcrdp" if critics else "no_gan"
        model, _ = train_vaegan(
            self.training,
            self.mixtures,
            variant=VARIANTS[name],
            params=self.settings.vaegan.model_copy(update=changed),
            generator=torch_stream(self.bench.seed, "train_vaegan"),
            device=self.bench.device,
        )
        return synthesize(
            model,
            self.training,
            self.mixtures,
            params=self.settings.synthesize,
            generator=torch_stream(self.bench.seed, "synthesize"),
        )

    @property
    def rng(self) -> np.random.Generator:
        """A stream for trivial generators and for measuring."""
        return numpy_stream(self.bench.seed, "generators")

    @property
    def count(self) -> int:
        """Pairs per class."""
        return self.settings.synthesize.pairs_per_class


GENERATORS: dict[str, Callable[[Ground], PseudoFeatures]] = {
    "none": lambda ground: PseudoFeatures.empty(ground.training.dimensions),
    "prompt + noise": lambda ground: prompt_noise(
        ground.training, ground.count, deviation=NOISE, rng=ground.rng
    ),
    "support + noise": lambda ground: support_noise(
        ground.training, ground.count, deviation=NOISE, rng=ground.rng
    ),
    "residual bootstrap": lambda ground: residual_bootstrap(
        ground.training,
        ground.count,
        prompt_weight=ground.settings.vaegan.prompt_weight,
        rng=ground.rng,
    ),
    "VAE-GAN, random": lambda ground: ground.vaegan(init="random"),
    "VAE-GAN, ppca, untrained": lambda ground: ground.vaegan(steps=0),
    "VAE-GAN, ppca, no critics": lambda ground: ground.vaegan(critics=False),
    "VAE-GAN, ppca": lambda ground: ground.vaegan(),
}


def main(results: Path) -> None:
    """Measure all generators on the pseudo-episodes that pipeline/sweep/params.yaml names."""
    limit_threads(TRAINING_THREADS)
    measures = list(_measures())
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Measure._fields)
    writer.writerows(measures)
    write_text(results / "generators.csv", text.getvalue())
    write_text(results / "generators.md", table(measures))


def _measures() -> Iterator[Measure]:
    params, chosen = load_params(), read_sweep_params().generators
    manifest = read_manifest(Path("data/manifest.parquet"))
    ids, classes = read_ids(FEATURES), read_class_features(FEATURES)
    device = torch.device(resolve_device(params.section(RunParams).device))
    episode_params = params.section(EpisodeParams)
    for seed in chosen.seeds:
        for k_shot in chosen.shots:
            episode, _ = draw_episode(
                manifest,
                ids,
                seed=seed,
                k_shot=k_shot,
                params=episode_params,
                features=FeatureSource(_read, classes),
            )
            for draw, bench in enumerate(pseudo_benches(episode, _read, classes, device)):
                ground = _ground(bench, Settings.of(params))
                for name, generate in GENERATORS.items():
                    for modality, measure, value in _judge(ground, generate(ground)):
                        yield Measure(seed, k_shot, draw, name, modality, measure, round(value, 5))


def _read(ids: tuple[str, ...]) -> Features:
    return read_features(FEATURES, ids)


def _ground(bench: Workbench, settings: Settings) -> Ground:
    rows = _read(training_rows(bench.task))
    training = make_training_set(bench.task, rows, bench.classes, centre=True)
    mixtures = fit_mixtures(training, settings.gmm, numpy_stream(bench.seed, "fit_gmm"))
    return Ground(bench, training, mixtures, settings)


def _judge(ground: Ground, pseudo: PseudoFeatures) -> Iterator[tuple[str, str, float]]:
    """(modality, measure, value) of one generator's pairs."""
    if len(pseudo.classes):
        real, labels = ground.bench.heldout_features(), ground.bench.heldout_labels()
        rows, classes = np.nonzero(labels & ground.training.is_target)
        centring = ground.training.centring
        first = ground.bench.heldout_rows().image_rows[rows] == rows
        images = Labelled(centring.of_image(real.image[rows[first]]), classes[first])
        texts = Labelled(centring.of_text(real.text[rows]), classes)
        sides = (("image", images, pseudo.image), ("text", texts, pseudo.text))
        for modality, true, fake in sides:
            quality = measure_quality(
                true,
                Labelled(fake, pseudo.classes),
                resamples=RESAMPLES,
                rng=ground.rng,
            )
            if quality is None:
                continue
            for measure, value in _values(quality):
                yield modality, measure, value
    for gallery, value in _retrieval(ground, pseudo).items():
        yield "both", gallery, value


def _values(quality: Quality) -> Iterator[tuple[str, float]]:
    for name in Quality.__dataclass_fields__:
        value = getattr(quality, name)
        if isinstance(value, tuple):
            yield f"{name}_low", value[0]
            yield f"{name}_high", value[1]
        else:
            yield name, value


def _retrieval(ground: Ground, pseudo: PseudoFeatures) -> dict[str, float]:
    """Target and generalized mAP with a projector trained on the pairs."""
    projector, _ = train_projector(
        ground.training,
        pseudo,
        ground.mixtures,
        variant=VARIANTS["flex_gcrdp"],
        params=ground.settings.projector,
        steps=STEPS,
        generator=torch_stream(ground.bench.seed, "train_projector"),
        device=ground.bench.device,
    )
    choice = Choice(STEPS, 0.0)
    embedder = assemble(ground.training, projector, None, ground.settings.projector, choice)
    tree = evaluate_systems(
        {"model": ground.bench.embed(embedder)},
        ground.bench.heldout_labels(),
        ground.bench.task.is_target,
        image_rows=ground.bench.heldout_rows().image_rows,
    ).metrics["model"]
    return {gallery: tree[gallery]["avg"]["map"] for gallery in ("target", "generalized")}


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        if len(sys.argv) != 2:
            raise UserError("one word is needed: the folder of the tables, such as results")
        main(Path(sys.argv[1]))
