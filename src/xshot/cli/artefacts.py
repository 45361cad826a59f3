"""Checks of what the stages wrote: whole, valid, and of one another."""

from collections.abc import Iterator
from pathlib import Path

from xshot.cli.finding import Finding, opened, verdict
from xshot.cli.inputs import describe
from xshot.cli.learned import check_learned
from xshot.datasets import imported
from xshot.datasets.params import DataParams
from xshot.datasets.templates import choose_templates
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import identify
from xshot.encoder.folder import EncoderFiles
from xshot.encoder.params import ClipParams
from xshot.encoder.precision import resolve_precision
from xshot.episode.episode import Episode, HeldOut
from xshot.episode.file import read_episode, read_heldout
from xshot.episode.training_set import training_rows
from xshot.params import Params, RunParams
from xshot.store.features import (
    ClassFeatures,
    EncoderRecord,
    Features,
    read_class_features,
    read_encoder,
    read_features,
)
from xshot.store.hashing import rows_hash
from xshot.store.manifest import Manifest, read_manifest
from xshot.variants import ModelParams

_MANIFEST = Path("data/manifest.parquet")
_FEATURES = Path("data/features.h5")
_EPISODE = Path("data/episode.json")
_HELDOUT = Path("data/heldout.json")

_Stored = tuple[Features, ClassFeatures, EncoderRecord]


def check_artefacts(
    params: Params, fresh: Manifest | None, folder: EncoderFiles | None
) -> Iterator[Finding]:
    """Check every output of the stages, in the order of the DAG.

    Args:
        params: what the artefacts should have been made with.
        fresh: the manifest that `prepare` would write now, if it can.
        folder: the encoder that `extract` would use now, if it can.
    """
    manifest = yield from opened(_MANIFEST, "prepare", read_manifest)
    if manifest is not None:
        stale = [] if fresh in (None, manifest) else ["not what the dataset gives now"]
        yield from verdict(_MANIFEST, "prepare", describe(manifest), stale)
        # What is true of the dataset now has been said of it.
        said = fresh.notes if fresh is not None else ()
        for note in manifest.notes:
            if note not in said:
                yield Finding("note", f"{_MANIFEST}: {note}")
    stored = yield from opened(_FEATURES, "extract", _read_stored)
    if stored is not None:
        features, classes, _ = stored
        fine = (
            f"{len(features.ids)} pairs and {len(classes.names)} classes "
            f"of {features.image.shape[1]} dimensions"
        )
        problems = [*_rows_problems(stored, manifest)]
        if params.section(DataParams).name != imported.NAME:
            problems += _encoder_problems(stored[2], params, folder)
        yield from verdict(_FEATURES, "extract", fine, problems)
    episode = yield from opened(_EPISODE, "episode", read_episode)
    if episode is not None:
        task = episode.task
        fine = (
            f"seed {episode.seed}, K = {episode.k_shot}, {len(task.source)} source and "
            f"{len(task.target)} target classes"
        )
        yield from verdict(_EPISODE, "episode", fine, _episode_problems(episode, params, stored))
    heldout = yield from opened(_HELDOUT, "episode", read_heldout)
    if heldout is not None:
        n_rows = [len(rows.ids) for rows in (heldout.test_source, heldout.test_target)]
        fine = f"{n_rows[0]} source and {n_rows[1]} target rows"
        yield from verdict(_HELDOUT, "episode", fine, _heldout_problems(heldout, stored))
    yield from check_learned(
        params.section(ModelParams).variant,
        classes=episode.task.classes if episode else None,
        source_hash=_source_hash(episode, stored),
        encoder_fingerprint=stored[2].fingerprint if stored else None,
    )


def _read_stored(path: Path) -> _Stored:
    return read_features(path), read_class_features(path), read_encoder(path)


def _rows_problems(stored: _Stored, manifest: Manifest | None) -> Iterator[str]:
    features, classes, _ = stored
    if manifest is not None:
        kept = set(features.ids)
        if features.ids != tuple(row for row in manifest.ids if row in kept):
            yield "its rows are not those of data/manifest.parquet"
        if set(classes.names) != {name for labels in manifest.labels for name in labels}:
            yield "its classes are not those of data/manifest.parquet"


def _encoder_problems(
    record: EncoderRecord, params: Params, folder: EncoderFiles | None
) -> Iterator[str]:
    details, clip = record.details, params.section(ClipParams)
    if record.templates != choose_templates(clip.templates, params.section(DataParams).name):
        yield "made with other clip.templates"
    made_in, wanted = details.get("precision"), clip.precision
    if wanted == "auto":
        wanted = resolve_precision(wanted, details.get("device", "cpu"))
    if made_in != wanted:
        meant = f", which is {wanted} here" if clip.precision == "auto" else ""
        yield f"made in {made_in}, while clip.precision is {clip.precision}{meant}"
    long_texts = details.get("long_texts")  # {how: how many}; absent where none was too long
    if long_texts and clip.long_texts not in long_texts:
        yield "made with other clip.long_texts"
    if folder is not None and {"precision", "device"} <= details.keys():
        # On the device recorded: which there is only torch can say.
        identity = identify(
            folder,
            precision=details["precision"],
            device=details["device"],
            hashes=FileHashes(Path(".cache/features/files.hashes")),
        )
        if identity.fingerprint != record.fingerprint:
            yield "made by another encoder than clip.weights holds now"


def _episode_problems(episode: Episode, params: Params, stored: _Stored | None) -> Iterator[str]:
    wanted = params.section(RunParams).seed, params.section(ModelParams).k_shot
    if (episode.seed, episode.k_shot) != wanted:
        yield f"drawn with seed {episode.seed} and K = {episode.k_shot}, not with those of params"
    if stored is not None:
        features, classes, _ = stored
        if not set(features.ids).issuperset(training_rows(episode.task)):
            yield f"names rows that {_FEATURES} lacks"
        if not set(classes.names).issuperset(episode.task.classes):
            yield f"names classes that {_FEATURES} lacks"


def _heldout_problems(heldout: HeldOut, stored: _Stored | None) -> Iterator[str]:
    if stored is not None:
        ids = {*heldout.test_source.ids, *heldout.test_target.ids}
        if not ids.issubset(stored[0].ids):
            yield f"names rows that {_FEATURES} lacks"


def _source_hash(episode: Episode | None, stored: _Stored | None) -> str | None:
    """Of the rows that the models should have been trained on."""
    if episode is None or stored is None:
        return None
    features = stored[0]
    place = {row: number for number, row in enumerate(features.ids)}
    ids = training_rows(episode.task)
    if not place.keys() >= set(ids):
        return None
    rows = [place[row] for row in ids]
    return rows_hash(ids, features.image[rows], features.text[rows])
