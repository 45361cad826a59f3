"""Stage `evaluate`: raw CLIP beside the model on held-out rows, as metrics, plots and a page."""

import json
from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads
from xshot.datasets.params import DataParams
from xshot.episode.episode import Episode, read_episode, read_heldout
from xshot.episode.training_set import TrainingSet, read_training_set
from xshot.errors import UserError, one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import Choice, read_choice
from xshot.projector.file import Provenance, load_embedder
from xshot.report.generation import compare_generation
from xshot.report.outcome import judge
from xshot.report.page import RunFacts, render_page
from xshot.report.pairs import pairs_of
from xshot.report.series import make_series, read_columns, write_series
from xshot.retrieval.params import EvaluateParams
from xshot.seeds import numpy_stream
from xshot.store.atomic import atomic_dir, write_text
from xshot.store.features import read_encoder, read_features
from xshot.store.manifest import read_manifest
from xshot.store.pseudo import read_pseudo
from xshot.vaegan.params import VaeganParams
from xshot.variants import VARIANTS, Variant

FEATURES = Path("data/features.h5")
VAEGAN = Path("models/vaegan")
PROJECTOR = Path("models/projector")


def main() -> None:
    """Write metrics.json, plots/ and report/index.html."""
    params = load_params()
    data, threads = params.section(DataParams), params.section(RunParams).threads
    limit_threads(threads)
    episode = read_episode(Path("data/episode.json"))
    heldout = read_heldout(Path("data/heldout.json"))
    embedder, provenance = load_embedder(PROJECTOR)
    training = _training_set(episode, provenance)
    features = read_features(FEATURES, (*heldout.test_source.ids, *heldout.test_target.ids))
    outcome = judge(
        embedder,
        features,
        episode.task,
        heldout,
        threads=threads,
        resamples=params.section(EvaluateParams).bootstrap,
        rng=numpy_stream(episode.seed, "evaluate"),
    )
    series = make_series(outcome, threads=threads)
    limit_threads(TRAINING_THREADS)  # the matrices from here on are small
    generation = compare_generation(
        read_pseudo(Path("data/pseudo.h5"), episode.task.classes),
        training,
        features,
        outcome.labels,
        prompt_weight=params.section(VaeganParams).prompt_weight,
        rng=numpy_stream(episode.seed, "evaluate/generation"),
    )
    choice = read_choice(Path("models/selection.json"))
    page = render_page(
        facts=RunFacts(
            dataset=data.name,
            encoder=Path(provenance.encoder_path).name,
            variant=provenance.variant,
            k_shot=episode.k_shot,
            seed=episode.seed,
            settings=_chosen(choice, VARIANTS[provenance.variant]),
        ),
        outcome=outcome,
        series=series,
        curves={
            "train_vaegan": read_columns(VAEGAN / "curves.csv"),
            "train_projector": read_columns(PROJECTOR / "curves.csv"),
        },
        generation=generation,
        pairs=pairs_of(read_manifest(Path("data/manifest.parquet")), features.ids, Path(data.root)),
    )
    metrics = json.dumps(outcome.evaluation.metrics, indent=2, allow_nan=False)
    write_text(Path("metrics.json"), metrics + "\n")
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


def _chosen(choice: Choice, variant: Variant) -> dict[str, float]:
    """What `select` chose for the variant, which may use neither setting."""
    settings: dict[str, float] = {}
    if variant.projector:
        settings["steps"] = choice.steps
    if variant.coordinates != "none":
        settings["calibration"] = choice.calibration
    return settings


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
