"""The encoder that a model was trained behind, found again and checked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from xshot.compute import resolve_device
from xshot.encoder.checkpoint import read_encoder_files
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import EncoderIdentity, identify
from xshot.encoder.folder import EncoderFiles
from xshot.encoder.precision import Precision
from xshot.errors import UserError
from xshot.projector.file import Provenance
from xshot.store.features import IMPORTED

if TYPE_CHECKING:
    from PIL.Image import Image

    from xshot.encoder.encode import Encoder

_KINDS_OF_DEVICE = ("cpu", "cuda")
GPU_ROWS = 64
"""Rows per pass on a GPU."""

Matrix = NDArray[np.float32]


class QueryEncoder:
    """Encodes queries; what a query needs of the encoder is loaded with the first that needs it.

    Args:
        files: of the open_clip model.
        identity: of the encoder, as it was when the model was trained.
        device: `cpu` or `cuda:N`.
    """

    def __init__(self, files: EncoderFiles, identity: EncoderIdentity, device: str) -> None:
        self.identity = identity
        self.device = device
        self.files = files
        self._lock = Lock()
        self._encoder: Encoder | None = None
        self._takes_images = False

    def texts(self, texts: Sequence[str]) -> Matrix:
        """(N, D) unit-norm features; what is longer than the context goes by sentences."""
        return _sized(self.load(images=False), len(texts)).encode_texts(texts)

    def images(self, images: "Sequence[Image]") -> Matrix:
        """(N, D) unit-norm features of RGB pictures."""
        return _sized(self.load(images=True), len(images)).encode_images(images)

    def load(self, *, images: bool) -> "Encoder":
        """The encoder, loaded now if it was not; without `images` it may encode texts only.

        Raises:
            UserError: the model cannot be built from its folder.
        """
        from xshot.encoder.loading import load_encoder

        with self._lock:
            if self._encoder is None or (images and not self._takes_images):
                self._encoder = load_encoder(
                    self.files,
                    precision=self.precision,
                    device=self.device,
                    batch_size=GPU_ROWS,
                    images=images,
                )
                self._takes_images = images
            return self._encoder

    @property
    def precision(self) -> Precision:
        """The towers' number format: the one of training, where this device has it."""
        trained: Precision = self.identity.details["precision"]
        return "float32" if trained == "float16" and self.device == "cpu" else trained


def _sized(encoder: "Encoder", count: int) -> "Encoder":
    """`encoder` with passes no larger than `count` rows: a lone query need not pay for eight.

    A feature then equals extraction's up to rounding, not always bit by bit.
    """
    return replace(encoder, pass_rows=max(1, min(count, encoder.pass_rows)))


def encoder_of(model: Path, provenance: Provenance, *, device: str) -> QueryEncoder:
    """The encoder that a model names.

    Raises:
        UserError: it is not there, or is another one by now.
    """
    return encoder_at(repository_of(model, provenance.encoder_path), provenance, device=device)


def encoder_at(repository: Path, provenance: Provenance, *, device: str) -> QueryEncoder:
    """The encoder that a model names by its path from `repository`; raises as `encoder_of`."""
    return find_encoder(
        repository / provenance.encoder_path,
        provenance.encoder_architecture,
        provenance.encoder_fingerprint,
        hashes=FileHashes(repository / ".cache/features/files.hashes"),
        device=device,
    )


def find_encoder(
    path: Path, architecture: str | None, fingerprint: str, *, hashes: FileHashes, device: str
) -> QueryEncoder:
    """The encoder at `path`, if it is the one that `fingerprint` was taken of.

    Of imported features no fingerprint is known: that `path` made them is the user's word.

    Args:
        path: of the open_clip folder, or of a file of weights.
        architecture: of the file's weights.
        fingerprint: recorded with the model; it may have been taken on another kind of device.
        hashes: what is known about the encoder's files.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        UserError: it is not there, or its weights, preprocessing or tokenizer have changed.
    """
    files = read_encoder_files(path, architecture)
    if fingerprint.startswith(IMPORTED):
        details = identify(files, precision="float32", device="cpu", hashes=hashes).details
        return QueryEncoder(files, EncoderIdentity(fingerprint, details), resolve_device(device))
    for kind in _KINDS_OF_DEVICE:
        for precision in get_args(Precision):
            identity = identify(files, precision=precision, device=kind, hashes=hashes)
            if identity.fingerprint == fingerprint:
                return QueryEncoder(files, identity, resolve_device(device))
    raise UserError(
        f"{path}: not the encoder that the model was trained with (its fingerprint differs); "
        "restore it, or train again with `dvc repro`"
    )


def check_dimensions(encoder: QueryEncoder, taken: int, model: str) -> None:
    """Refuse an encoder that cannot have made imported features; others are known to have.

    Raises:
        UserError: its features have other dimensions than the model takes.
    """
    made = encoder.files.config["model_cfg"].get("embed_dim")
    if made != taken:
        raise UserError(
            f"{encoder.files.path}: makes features of {made} dimensions, {model} was trained with "
            f"{taken}; set clip.weights to the encoder that made them and run `dvc repro`"
        )


def repository_of(model: Path, encoder_path: str) -> Path:
    """The folder that the pipeline's paths start from, for a model that it has written.

    Raises:
        UserError: no folder above the model holds its encoder.
    """
    above = model.absolute().parents
    if Path(encoder_path).is_absolute():
        return above[1]
    for folder in above:
        if (folder / encoder_path).exists():
            return folder
    raise UserError(
        f"{model}: its encoder {encoder_path} is in no folder above it; put it back where it was"
    )
