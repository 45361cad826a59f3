"""The stages from `episode` to `train_projector` on arrays, in one call."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from xshot.compute import TRAINING_THREADS
from xshot.episode.episode import Episode, HeldOut, Rows
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource
from xshot.episode.training_set import training_rows
from xshot.errors import UserError
from xshot.imports.identity import fingerprint_of
from xshot.imports.labels import Names
from xshot.model.arrays import ArrayLike, as_array, feature_rows
from xshot.model.labels import class_names_of
from xshot.model.model import Facts, Model
from xshot.model.pairs import Pairs, make_pairs
from xshot.model.settings import Section, checked_params
from xshot.model.undisturbed import undisturbed
from xshot.params import Params, RunParams
from xshot.progress import showing
from xshot.projector.choice import Selection
from xshot.projector.embedder import Embedder
from xshot.projector.file import Provenance
from xshot.report.choice import member_words
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import ClassFeatures
from xshot.variants import VARIANTS, KShot, ModelParams

_LOG = logging.getLogger(__name__)
_SOURCE = "xshot.fit"


def fit(
    images: ArrayLike,
    texts: ArrayLike,
    labels: ArrayLike,
    *,
    class_features: ArrayLike,
    class_names: ArrayLike | None = None,
    target: Sequence[str] | Sequence[int] | str | None = None,
    k_shot: KShot = "all",
    ids: ArrayLike | None = None,
    split: ArrayLike | None = None,
    encoder: str = "",
    architecture: str | None = None,
    variant: str = ModelParams().variant,
    seed: int = RunParams().seed,
    threads: int = RunParams().threads,
    device: str = RunParams().device,
    progress: bool = False,
    episode: Section | None = None,
    select: Section | None = None,
    gmm: Section | None = None,
    vaegan: Section | None = None,
    synthesize: Section | None = None,
    projector: Section | None = None,
) -> Model:
    """Fit a model for classes with few pictures beside classes with many.

    Arrays are of NumPy or torch. No file is read or written, and what is global (threads, seeds,
    grad mode) is afterwards as it was; several fits in one process wait for one another.

    Args:
        images: (N, D) features of images by CLIP or a model like it; norms do not matter.
        texts: (N, D) features of texts; row i belongs to image row i.
        labels: of each row: names, lists of names, places in `class_names`, or zeros and ones of
            shape (N, C). A row without a label (None, NaN, an empty one) is left out.
        class_features: (C, D) text features of the classes' prompts, such as "a photo of a cat".
        class_names: (C,) names of the classes; needed if labels are names.
        target: the classes with few pictures, by name, place or truth value; a class of which
            there is no row is known by its prompt alone. Or `few`, `every_second` or `drawn`: see
            docs/protocols.md.
        k_shot: pictures of each target class to learn from, which are drawn; `all` = every one.
        ids: (N,) names of the rows' pictures; rows with one name are one picture with several
            texts. None = every row has a picture of its own.
        split: (N,) `train` or `test`; test rows are not learned from. None = all are train.
        encoder: folder or file of the open_clip model that made the features: recorded, so that a
            `Retriever` can be asked in words.
        architecture: of a file, as open_clip calls it: ViT-B-32.
        variant: what the model is made of, see docs/method.md.
        seed: draws the support and starts all training.
        threads: pseudo-episodes that are trained at a time.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        progress: show bars.
        episode: keys of this section of params.yaml with other values than by default.
        select: likewise, and so on.
        gmm: likewise.
        vaegan: likewise.
        synthesize: likewise.
        projector: likewise, such as `{"hidden": 512}`.

    Raises:
        UserError: naming the argument, key, row or class that does not fit.
    """
    prompts = feature_rows(class_features, "class_features", [])
    names = class_names_of(class_names, labels, len(prompts))
    if target is not None:
        episode = {**(episode or {}), "target": _names(target, names)}
    params = checked_params(
        _SOURCE,
        {"seed": seed, "threads": threads, "device": device},
        model={"k_shot": k_shot, "variant": variant},
        episode=episode,
        select=select,
        gmm=gmm,
        vaegan=vaegan,
        synthesize=synthesize,
        projector=projector,
    )
    if split is None and params.section(EpisodeParams).target == "drawn":
        raise UserError(
            "target: name the target classes, as in target=['okapi']; to have them drawn, some "
            "rows of each must be kept to test on, as split= says"
        )
    pairs = make_pairs(
        images,
        texts,
        labels,
        names,
        ids=ids,
        split=split,
        dimensions=prompts.shape[1],
        source=_SOURCE,
    )
    classes = ClassFeatures(names, prompts)
    run = params.section(RunParams)
    with undisturbed(run.device, TRAINING_THREADS) as found, showing(progress):
        fitted = _train(pairs, classes, params, torch.device(found))
    origin = replace(fitted.provenance, encoder_path=encoder, encoder_architecture=architecture)
    return Model(fitted.embedder, origin, _facts(fitted, names), fitted.selection.choice)


@dataclass(frozen=True)
class _Fitted:
    episode: Episode
    selection: Selection
    embedder: Embedder
    provenance: Provenance


def _train(pairs: Pairs, classes: ClassFeatures, params: Params, device: torch.device) -> _Fitted:
    model, run = params.section(ModelParams), params.section(RunParams)
    episode, _ = draw_episode(
        pairs.manifest,
        pairs.features.ids,
        seed=run.seed,
        k_shot=model.k_shot,
        params=params.section(EpisodeParams),
        nameable=classes.names,
        features=FeatureSource(pairs.read, classes),
    )
    settings = Settings.of(params)
    selection = select(
        params.section(SelectParams),
        pseudo_benches(episode, pairs.read, classes, device),
        model.parts,
        settings,
        threads=run.threads,
    )
    for note in selection.notes:
        _LOG.warning("%s: %s", _SOURCE, note)
    nothing = HeldOut(Rows((), ()), Rows((), ()))
    bench = Workbench(episode.task, nothing, pairs.read, classes, episode.seed, device)
    embedder = bench.embedder(model.parts, settings, selection.choice)
    provenance = Provenance(
        encoder_fingerprint=fingerprint_of(pairs.features, classes),
        encoder_path="",
        source_hash=pairs.read(training_rows(episode.task)).hash,
        variant=model.variant,
        classes=episode.task.classes,
        target=episode.task.target,
        train_on=episode.train_on,
    )
    return _Fitted(episode, selection, embedder, provenance)


def _facts(fitted: _Fitted, class_names: Names) -> Facts:
    episode, selection = fitted.episode, fitted.selection
    support = episode.task.support
    shots = Counter(name for row in support.firsts.nonzero()[0] for name in support.labels[row])
    return Facts(
        class_names=class_names,
        seed=episode.seed,
        k_shot=episode.k_shot,
        n_train=len(episode.task.train.ids),
        shots={name: shots[name] for name in episode.task.target},
        chosen=member_words(selection.choice, VARIANTS[fitted.provenance.variant]),
        notes=selection.notes,
    )


def _names(target: Sequence[str] | Sequence[int] | str, names: Names) -> ArrayLike:
    """Target classes given by place, by name; what else is given is left to be checked."""
    if isinstance(target, str):
        return target
    given = sorted(target) if isinstance(target, set | frozenset) else target
    array = as_array(given, "target").ravel()
    if array.dtype == bool:  # as NumPy takes it: those of which it is true
        if len(array) != len(names):
            raise UserError(f"target: {len(array)} truth values for {len(names)} classes")
        array = np.flatnonzero(array)
    places = array.tolist()
    for place in places:
        if isinstance(place, int) and not 0 <= place < len(names):
            raise UserError(
                f"target: {place} is no place among {len(names)} classes; count them from 0"
            )
    return [names[place] if isinstance(place, int) else place for place in places]
