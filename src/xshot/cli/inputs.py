"""Checks of what the pipeline starts from: the dataset's own files and the encoder's folder."""

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from xshot.cli.finding import Finding, attempt
from xshot.cli.hazards import check_hazards
from xshot.cli.surroundings import check_for_copies
from xshot.datasets import imported
from xshot.datasets.adapters import build_manifest
from xshot.datasets.growing import read_before
from xshot.datasets.params import DataParams
from xshot.datasets.templates import choose_templates, doubt_templates
from xshot.encoder.checkpoint import read_encoder_files
from xshot.encoder.folder import EncoderFiles
from xshot.encoder.params import ClipParams
from xshot.errors import UserError
from xshot.params import Params, read_yaml
from xshot.store.features import read_encoder
from xshot.store.manifest import Manifest

_SOURCES = Path("pipeline/sources/dvc.yaml")
_HUB = Path("pipeline/sources/hub/dvc.yaml")


def check_dataset(params: Params) -> Generator[Finding, None, Manifest | None]:
    """Read the dataset as `prepare` will; its manifest, or None if it has none to give."""
    data = params.section(DataParams)
    root = Path(data.root)
    if not root.exists() and (stage := _made_by(root)):
        yield Finding("absent", f"{root}: `dvc repro {stage}` makes it")
        return None
    with _warnings() as warnings:
        manifest = yield from attempt(
            lambda: build_manifest(
                data.name,
                root,
                split_seed=data.split_seed,
                test_fraction=data.test_fraction,
                min_test=data.min_test,
                overlaps=data.overlaps,
                before=read_before(Path("data/manifest.parquet")),
            )
        )
    for warning in warnings:
        yield Finding("note", warning)
    yield from check_hazards(root)
    if not _made_by(root):
        yield from check_for_copies(root, "data.root")
    if manifest is not None:
        yield Finding("ok", f"{root}: {data.name}, {describe(manifest)}")
    return manifest


def check_encoder(params: Params) -> Generator[Finding, None, EncoderFiles | None]:
    """Look through the encoder's files as `extract` will, without loading the model."""
    clip = params.section(ClipParams)
    path = Path(clip.weights)
    if params.section(DataParams).name == imported.NAME:
        yield Finding("ok", f"{path}: not used, the features are imported")
        return None
    if not path.exists() and (stage := _made_by(path)):
        yield Finding("absent", f"{path}: `dvc repro {stage}` makes it")
        return None
    files = yield from attempt(lambda: read_encoder_files(path, clip.architecture))
    yield from check_hazards(path)
    if not (_made_by(path) or "").startswith(str(_SOURCES)):  # the hub's are not cached
        yield from check_for_copies(path, "clip.weights")
    if files is not None:
        yield Finding("ok", f"{path}: open_clip model, weights in {files.weights.name}")
    return files


def check_templates(params: Params) -> Iterator[Finding]:
    """Note where the embedded set's prompts stand for the classes of other pictures."""
    name = params.section(DataParams).name
    templates = choose_templates(params.section(ClipParams).templates, name)
    if name == imported.NAME:  # whose prompts were encoded, if at all, when it was imported
        templates = _imported_templates(Path(params.section(DataParams).root))
    if doubt := doubt_templates(templates, name):
        yield Finding("note", doubt)


def _imported_templates(root: Path) -> tuple[str, ...]:
    try:
        return read_encoder(root / "features.h5").templates
    except UserError:  # said by check_dataset
        return ()


def describe(manifest: Manifest) -> str:
    """Its size in words."""
    classes = {label for labels in manifest.labels for label in labels}
    n_train = manifest.splits.count("train")
    return (
        f"{len(manifest)} pairs of {len(classes)} classes, {n_train} train and "
        f"{len(manifest) - n_train} test"
    )


def _made_by(path: Path) -> str | None:
    """The stage under pipeline/sources that makes `path`, as DVC calls it."""
    try:
        for name, stage in read_yaml(_SOURCES)["stages"].items():
            if str(path) in stage["outs"]:
                return f"{_SOURCES}:{name}"
        frozen = read_yaml(_HUB.with_name("params.yaml"))["encoders"]
    except (UserError, LookupError, TypeError, AttributeError):
        return None  # absent as in a folder of one's own, or damaged, as check_bookkeeping says
    made_here = path.parent == Path("models/encoders") and path.name in frozen
    return f"{_HUB}:freeze@{path.name}" if made_here else None


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What the library warns of in the block, instead of on stderr."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("xshot")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
