"""All variants on one episode, in one process: `python -m pipeline.sweep.cell SEED K_SHOT`.

The models are those of the stages, by the same library calls; variants share what they train alike.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pipeline.sweep.rows import Row, read_sweep_params, write_rows
from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.encoder.params import ClipParams
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.errors import UserError, one_line_errors
from xshot.params import RunParams, load_params
from xshot.retrieval.galleries import DIRECTIONS, GALLERIES, Embeddings
from xshot.retrieval.tree import evaluate_systems
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import read_class_features, read_features, read_ids
from xshot.store.manifest import read_manifest
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")


def main(seed: int, k_shot: int) -> None:
    """Write data/sweep/<seed>-<k_shot>.csv."""
    limit_threads(TRAINING_THREADS)
    params = load_params()
    episode, heldout = draw_episode(
        read_manifest(Path("data/manifest.parquet")),
        read_ids(FEATURES),
        seed=seed,
        k_shot=k_shot,
        params=params.section(EpisodeParams),
    )
    run, classes = params.section(RunParams), read_class_features(FEATURES)
    device = torch.device(resolve_device(run.device))
    benches = pseudo_benches(episode, _read, classes, device)
    bench = Workbench(episode.task, heldout, _read, classes, seed, device)
    settings = Settings.of(params)
    encoder = Path(params.section(ClipParams).weights).name
    rows: list[Row] = []
    for name in read_sweep_params().variants:
        variant_name, _, init = name.partition("/")
        variant = VARIANTS[variant_name]
        own = settings
        if init:
            vaegan = settings.vaegan.model_copy(update={"init": init})
            own = replace(settings, vaegan=vaegan)
        cells = params.section(SelectParams).cells_for(variant)
        choice, _ = select(cells, benches, variant, own, threads=run.threads)
        rows += _rows(bench, bench.embed(bench.embedder(variant, own, choice)), name)
    # Raw CLIP is the same in every variant's evaluation.
    unique = dict.fromkeys(rows)
    write_rows(
        Path(f"data/sweep/{seed}-{k_shot}.csv"),
        [row._replace(encoder=encoder, seed=seed, k_shot=k_shot) for row in unique],
    )


def _read(ids: tuple[str, ...]) -> Any:
    return read_features(FEATURES, ids)


def _rows(bench: Workbench, model: Embeddings, variant: str) -> Iterator[Row]:
    features = bench.heldout_features()
    tree = evaluate_systems(
        {"clip": Embeddings(features.image, features.text), "model": model},
        bench.heldout_labels(),
        bench.task.is_target,
    ).metrics
    for system, name in (("clip", "clip"), ("model", variant)):
        for gallery in GALLERIES:
            for direction in (*DIRECTIONS, "avg"):
                value = tree[system][gallery][direction]["map"]
                yield Row("", 0, 0, name, system, gallery, direction, "map", value)


if __name__ == "__main__":
    with one_line_errors():
        if len(sys.argv) != 3 or not all(word.isdigit() for word in sys.argv[1:]):
            raise UserError("two whole numbers are needed: seed, K")
        main(int(sys.argv[1]), int(sys.argv[2]))
