"""All variants on one episode, in one process: `python -m pipeline.sweep.cell SEED K_SHOT [SET]`.

The models are those of the stages, by the same library calls; variants share what they train alike.
"""

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch

from pipeline.sweep.rows import Row, cell_path, read_sweep_params, write_rows
from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource
from xshot.errors import UserError, one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings
from xshot.retrieval.tree import evaluate_systems
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import (
    Features,
    read_class_features,
    read_features,
    read_ids,
)
from xshot.store.manifest import read_manifest
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")


def main(seed: int, k_shot: int, set_name: str) -> None:
    """Write data/sweep/[<set_name>/]<seed>-<k_shot>.csv."""
    limit_threads(TRAINING_THREADS)
    params, classes = load_params(), read_class_features(FEATURES)
    episode, heldout = draw_episode(
        read_manifest(Path("data/manifest.parquet")),
        read_ids(FEATURES),
        seed=seed,
        k_shot=k_shot,
        params=params.section(EpisodeParams),
        features=FeatureSource(_read, classes),
    )
    run = params.section(RunParams)
    device = torch.device(resolve_device(run.device))
    benches = pseudo_benches(episode, _read, classes, device)
    bench = Workbench(episode.task, heldout, _read, classes, seed, device)
    settings = Settings.of(params)
    features = bench.heldout_features()
    systems = {"clip": Embeddings(features.image, features.text)}
    for name in read_sweep_params().variants:
        variant_name, _, init = name.partition("/")
        variant = VARIANTS[variant_name]
        variant_settings = settings
        if init:
            vaegan = settings.vaegan.model_copy(update={"init": init})
            variant_settings = replace(settings, vaegan=vaegan)
        grid = params.section(SelectParams)
        selection = select(grid, benches, variant, variant_settings, threads=run.threads)
        embedder = bench.embedder(variant, variant_settings, selection.choice)
        systems[name] = bench.embed(embedder)
    metrics = evaluate_systems(
        systems,
        bench.heldout_labels(),
        bench.task.is_target,
        image_rows=bench.heldout_rows().image_rows,
    ).metrics
    write_rows(
        cell_path(set_name, seed, k_shot),
        [
            Row(
                seed=seed,
                k_shot=k_shot,
                variant=name,
                gallery=gallery,
                direction=direction,
                value=metrics[name][gallery][direction]["map"],
            )
            for name, gallery, direction in product(systems, GALLERIES, (*DIRECTIONS, "avg"))
        ],
    )


def _read(ids: tuple[str, ...]) -> Features:
    return read_features(FEATURES, ids)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        seed, k_shot, *name = sys.argv[1:] if 3 <= len(sys.argv) <= 4 else ("", "")
        if not (seed.isdigit() and k_shot.isdigit()):
            raise UserError("two whole numbers are needed: seed, K; then, if any, the set's name")
        main(int(seed), int(k_shot), *(name or [""]))
