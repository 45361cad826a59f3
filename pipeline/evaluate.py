"""Stage `evaluate`: raw CLIP beside the model on held-out rows, as metrics, plots and a page.

Without a test row of a target class to measure on, pseudo-episodes estimate the same.
"""

import json
from pathlib import Path

import numpy as np

from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.datasets.params import DataParams
from xshot.episode.episode import Episode
from xshot.episode.exam import test_items, train_items
from xshot.episode.file import read_episode, read_heldout
from xshot.episode.training_set import TrainingSet, read_training_set
from xshot.errors import UserError, one_line_errors
from xshot.params import Params, RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import Choice, read_selection
from xshot.projector.file import Provenance, load_embedder
from xshot.report.choice import member_rows, member_words
from xshot.report.generation import compare_generation
from xshot.report.outcome import Outcome, averaged, judge
from xshot.report.page import RunFacts, render_page
from xshot.report.pairs import pairs_of
from xshot.report.series import make_series, read_columns, write_series
from xshot.retrieval.params import EvaluateParams
from xshot.seeds import numpy_stream
from xshot.store.atomic import atomic_dir, write_text
from xshot.store.features import read_class_features, read_encoder, read_features
from xshot.store.manifest import read_manifest
from xshot.store.pseudo import read_pseudo
from xshot.vaegan.params import VaeganParams
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")
VAEGAN = Path("models/vaegan")
PROJECTOR = Path("models/projector")


def main() -> None:
    """Write metrics.json, plots/ and report/index.html."""
    params = load_params()
    data, run = params.section(DataParams), params.section(RunParams)
    threads, device = run.threads, resolve_device(run.device)
    limit_threads(threads)
    episode = read_episode(Path("data/episode.json"))
    heldout = read_heldout(Path("data/heldout.json"))
    embedder, provenance = load_embedder(PROJECTOR)
    training = _training_set(episode, provenance)
    selection = read_selection(Path("models/selection.json"))
    measured = bool(heldout.test_target.ids)
    evaluate = params.section(EvaluateParams)
    if measured:
        exam = test_items(heldout)
        if evaluate.gallery == "train":
            exam = train_items(episode.task, heldout)
        outcome = judge(
            embedder,
            read_features(FEATURES, exam.rows.ids),
            episode.task,
            exam,
            threads=threads,
            device=device,
            resamples=evaluate.bootstrap,
            rng=numpy_stream(episode.seed, "evaluate"),
        )
    else:
        outcome = _estimated(params, episode, provenance, selection.choice)
    series = make_series(outcome, threads=threads, device=device)
    limit_threads(TRAINING_THREADS)  # the matrices from here on are small
    generation = None
    if measured:
        asking = np.flatnonzero(outcome.exam.asks)
        asked = outcome.exam.rows.take(asking.tolist())
        generation = compare_generation(
            read_pseudo(Path("data/pseudo.h5"), episode.task.classes),
            training,
            read_features(FEATURES, asked.ids),
            outcome.labels[asking],
            image_rows=asked.image_rows,
            prompt_weight=params.section(VaeganParams).prompt_weight,
            rng=numpy_stream(episode.seed, "evaluate/generation"),
        )
    page = render_page(
        facts=RunFacts(
            dataset=data.name,
            encoder=Path(provenance.encoder_path).name,
            variant=provenance.variant,
            k_shot=episode.k_shot,
            seed=episode.seed,
            chosen=member_words(selection.choice, VARIANTS[provenance.variant]),
            notes=selection.notes,
            tried=member_rows(selection, VARIANTS[provenance.variant]),
            gallery=evaluate.gallery if measured else "estimate",
            train_on=episode.train_on,
        ),
        outcome=outcome,
        series=series,
        curves={
            "train_vaegan": read_columns(VAEGAN / "curves.csv"),
            "train_projector": read_columns(PROJECTOR / "curves.csv"),
        },
        generation=generation,
        pairs=pairs_of(
            read_manifest(Path("data/manifest.parquet")), outcome.exam.rows.ids, Path(data.root)
        ),
    )
    metrics = outcome.evaluation.metrics
    tree = metrics if measured else {"estimate": metrics}
    write_text(Path("metrics.json"), json.dumps(tree, indent=2, allow_nan=False) + "\n")
    with atomic_dir(Path("plots")) as folder:
        write_series(folder, series)
    with atomic_dir(Path("report")) as folder:
        write_text(folder / "index.html", page)


def _training_set(episode: Episode, provenance: Provenance) -> TrainingSet:
    """What the model was trained on, which makes sure that it was.

    Raises:
        UserError: the model is of another encoder or of other rows.
    """
    if read_encoder(FEATURES).fingerprint != provenance.encoder_fingerprint:
        raise UserError(
            f"{PROJECTOR}: trained on the features of another encoder than {FEATURES} holds; "
            "run `dvc repro train_projector`"
        )
    centre = VARIANTS[provenance.variant].centring
    training = read_training_set(FEATURES, episode.task, centre=centre)
    if training.hash != provenance.source_hash:
        raise UserError(f"{PROJECTOR}: trained on other rows; run `dvc repro train_projector`")
    return training


def _estimated(params: Params, episode: Episode, provenance: Provenance, choice: Choice) -> Outcome:
    """Where no test row is left to measure on: pseudo-episodes, with models trained on them.

    The first one's outcome, with the mean metrics of all.
    """
    import torch

    from xshot.selection.select import pseudo_benches
    from xshot.selection.workbench import Settings

    run = params.section(RunParams)
    device = resolve_device(run.device)
    benches = pseudo_benches(
        episode,
        lambda ids: read_features(FEATURES, ids),
        read_class_features(FEATURES),
        torch.device(device),
    )
    limit_threads(TRAINING_THREADS)
    variant, settings = VARIANTS[provenance.variant], Settings.of(params)
    models = [bench.embedder(variant, settings, choice) for bench in benches]
    limit_threads(run.threads)
    outcomes = [
        judge(
            model,
            bench.heldout_features(),
            bench.task,
            test_items(bench.heldout),
            threads=run.threads,
            device=device,
            resamples=0,
            rng=numpy_stream(bench.seed, "evaluate"),
        )
        for model, bench in zip(models, benches, strict=True)
    ]
    return averaged(outcomes)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
