"""A model and raw CLIP on rows of one's own, as `evaluate` judges them."""

from typing import Any

from xshot.episode.episode import HeldOut, Rows, Task
from xshot.episode.exam import test_items
from xshot.episode.labels import named, only_classes, with_classes, without_classes
from xshot.errors import UserError
from xshot.model.arrays import ArrayLike
from xshot.model.model import Model
from xshot.model.pairs import Pairs, make_pairs
from xshot.model.settings import checked_params
from xshot.model.undisturbed import undisturbed
from xshot.params import RunParams
from xshot.progress import showing
from xshot.report.outcome import judge
from xshot.retrieval.params import EvaluateParams
from xshot.seeds import numpy_stream

_SOURCE = "xshot.evaluate"


def evaluate(
    model: Model,
    images: ArrayLike,
    texts: ArrayLike,
    labels: ArrayLike,
    *,
    ids: ArrayLike | None = None,
    bootstrap: int = EvaluateParams().bootstrap,
    threads: int = RunParams().threads,
    device: str = RunParams().device,
    progress: bool = False,
) -> dict[str, Any]:
    """The tree of metrics.json: `tree["model"]["target"]["avg"]["map"]`, and `tree["clip"]...`.

    What the tree holds is told in docs/pipeline.md. Intervals (`ci95`) are over test pictures.

    Args:
        model: what `xshot.fit` or `xshot.load` gave.
        images: (N, D) features of images that the model has not learned from.
        texts: (N, D) features of texts; row i belongs to image row i.
        labels: as for `xshot.fit`, of `model.class_names` and counted in their order. Rows that
            have none of `model.classes_` are left out.
        ids: as for `xshot.fit`.
        bootstrap: resamples of the pictures for the intervals; 0 = no intervals.
        threads: CPU threads; no result depends on them.
        device: where to rank, `auto`, `cpu`, `cuda` or `cuda:N`.
        progress: show a bar.

    Raises:
        UserError: naming the argument or row that does not fit.
    """
    params = checked_params(
        _SOURCE, {"threads": threads, "device": device}, evaluate={"bootstrap": bootstrap}
    )
    pairs = make_pairs(
        images,
        texts,
        labels,
        model.class_names,
        ids=ids,
        split=None,
        dimensions=model.n_features_in_,
        source=_SOURCE,
    )
    target = model.provenance.target
    source = tuple(name for name in model.provenance.classes if name not in target)
    exam = test_items(_held_out(pairs, source, target))
    if not exam.rows.ids:
        raise UserError("labels: no row is of a class that the model knows; see model.classes_")
    seed = 0 if model.facts is None else model.facts.seed
    run = params.section(RunParams)
    with undisturbed(run.device, run.threads) as found, showing(progress):
        return judge(
            model.embedder,
            pairs.read(exam.rows.ids),
            Task(source, target, Rows((), ()), Rows((), ())),
            exam,
            threads=run.threads,
            device=found,
            resamples=bootstrap,
            rng=numpy_stream(seed, "evaluate"),
        ).evaluation.metrics


def _held_out(pairs: Pairs, source: tuple[str, ...], target: tuple[str, ...]) -> HeldOut:
    """The rows as an episode holds them out: in the order of their ids, and so are pictures."""
    manifest = pairs.manifest
    rows = sorted(zip(manifest.ids, manifest.labels, manifest.pictures, strict=True))
    first: dict[str, str] = {}
    picture_of = {row: first.setdefault(picture, row) for row, _, picture in rows}
    labels = only_classes({row: own for row, own, _ in rows}, {*source, *target})
    return HeldOut(
        test_source=named(without_classes(labels, target), labels, picture_of),
        test_target=named(with_classes(labels, target), labels, picture_of),
    )
