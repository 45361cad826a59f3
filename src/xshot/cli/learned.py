"""Checks of what the training stages learned, and of the metrics."""

import math
from collections.abc import Iterator
from pathlib import Path

from xshot.cli.finding import Finding, opened, verdict
from xshot.episode.params import TrainOn
from xshot.errors import UserError
from xshot.mixture.file import read_mixtures, read_source_hash
from xshot.needs import read_needs
from xshot.projector.choice import read_choice
from xshot.projector.file import Provenance, read_provenance
from xshot.report.choice import member_words
from xshot.store.json_tree import json_tree
from xshot.store.models import load_model
from xshot.store.pseudo import read_pseudo
from xshot.variants import VARIANTS

_MIXTURE = Path("models/mixture.h5")
_VAEGAN = Path("models/vaegan")
_PSEUDO = Path("data/pseudo.h5")
_PROJECTOR = Path("models/projector")
_KINDS: dict[TrainOn, str] = {
    "train": "trained on the training rows: a model to measure",
    "all": "trained on all rows, test rows too: a model to keep",
}


def check_learned(
    variant: str,
    *,
    classes: tuple[str, ...] | None,
    source_hash: str | None,
    encoder_fingerprint: str | None,
) -> Iterator[Finding]:
    """Check every output from `select` on.

    Args:
        variant: `model.variant`.
        classes: the episode's; None where there is no episode.
        source_hash: of the rows that the models should have been trained on, where it is known.
        encoder_fingerprint: of the encoder that made the features, where it is known.
    """
    selection = Path("models/selection.json")
    choice = yield from opened(selection, "select", read_choice)
    if choice is not None:
        words = member_words(choice, VARIANTS[variant])
        yield Finding("ok", f"{selection}: {words}, calibration {choice.calibration}")
    yield from opened(Path("models/needs.json"), "select", read_needs)  # of selection.json
    mixture = yield from opened(
        _MIXTURE, "fit_gmm", lambda path: (read_mixtures(path), read_source_hash(path))
    )
    if mixture is not None:
        mixtures, learned_from = mixture
        fine = "none, the variant uses none"
        if mixtures is not None:
            components = mixtures.image.n_components, mixtures.text.n_components
            fine = f"{components[0]} components of images, {components[1]} of texts"
        yield from verdict(_MIXTURE, "fit_gmm", fine, _source_problems(learned_from, source_hash))
    vaegan = yield from opened(
        _VAEGAN, "train_vaegan", lambda p: load_model(p, stage="train_vaegan")
    )
    if vaegan is not None:
        _, config = vaegan
        fine = "a generator" if config.get("generates") else "none, the variant generates nothing"
        problems = _source_problems(config.get("source_hash", ""), source_hash)
        yield from verdict(_VAEGAN, "train_vaegan", fine, problems)
    if classes is not None:
        yield from _check_pseudo(classes)
    origin = yield from opened(_PROJECTOR, "train_projector", read_provenance)
    if origin is not None:
        problems = _projector_problems(origin, variant, source_hash, encoder_fingerprint)
        fine = f"variant {origin.variant}, {_KINDS[origin.train_on]}"
        yield from verdict(_PROJECTOR, "train_projector", fine, problems)
    metrics = yield from opened(Path("metrics.json"), "evaluate", _read_metrics)
    if metrics is not None:
        yield Finding("ok", f"metrics.json: {metrics[0]} {metrics[1]:.3f}")


def _check_pseudo(classes: tuple[str, ...]) -> Iterator[Finding]:
    pseudo = yield from opened(_PSEUDO, "synthesize", lambda path: read_pseudo(path, classes))
    if pseudo is not None:
        yield Finding("ok", f"{_PSEUDO}: {len(pseudo.classes)} pairs")


def _source_problems(learned_from: str, source_hash: str | None) -> Iterator[str]:
    """Whether an artefact was made from the rows that the episode names; "" is from none."""
    if learned_from and source_hash and learned_from != source_hash:
        yield "made from other rows than the episode names"


def _projector_problems(
    origin: Provenance, variant: str, source_hash: str | None, encoder_fingerprint: str | None
) -> Iterator[str]:
    yield from _source_problems(origin.source_hash, source_hash)
    if encoder_fingerprint not in (None, origin.encoder_fingerprint):
        yield "made from features of another encoder than data/features.h5 holds"
    if origin.variant != variant:
        yield f"its variant is {origin.variant}, not model.variant"


def _read_metrics(path: Path) -> tuple[str, float]:
    """Name and value of `model.target.avg.map`, measured or estimated."""
    remedy = "re-run `dvc repro evaluate`"
    with json_tree(path, remedy=remedy) as tree:
        prefix = "estimate." if "estimate" in tree else ""
        value = float(tree.get("estimate", tree)["model"]["target"]["avg"]["map"])
    if not math.isfinite(value):
        raise UserError(f"{path}: a number is not finite; {remedy}")
    return f"{prefix}model.target.avg.map", value
