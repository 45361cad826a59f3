"""`models/projector/`: the model's tensors, config.json and the curves of its training."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xshot.curves import Curves
from xshot.episode.params import TrainOn
from xshot.episode.training_set import Centring, Matrix
from xshot.errors import UserError
from xshot.projector.choice import Choice
from xshot.projector.coordinates import Coordinates
from xshot.projector.embedder import MODALITIES, Embedder
from xshot.projector.evidence import Evidence
from xshot.store.atomic import atomic_dir
from xshot.store.models import load_model, save_model

if TYPE_CHECKING:
    from xshot.projector.networks import GatedProjector

SCHEMA_VERSION = 4

_EVIDENCE = ("prompts", "metric", "members", "shares", "classifiers", "prototypes")


@dataclass(frozen=True)
class Provenance:
    """What a model was made from, so that it can be used on its own.

    Attributes:
        encoder_fingerprint: of the encoder whose features it embeds.
        encoder_path: that encoder's folder or file, as in `clip.weights`.
        source_hash: of the rows learned from.
        variant: `model.variant`.
        classes: names of the classes, in the order of the coordinates.
        target: which of them are target classes.
        encoder_architecture: of a file of weights, as in `clip.architecture`.
        train_on: `all` if it has learned from the test rows, too: a model to keep.
    """

    encoder_fingerprint: str
    encoder_path: str
    source_hash: str
    variant: str
    classes: tuple[str, ...]
    target: tuple[str, ...]
    encoder_architecture: str | None = None
    train_on: TrainOn = "train"

    @property
    def is_target(self) -> NDArray[np.bool_]:
        """(C,) bool."""
        return np.isin(self.classes, self.target)


def save_embedder(
    folder: Path, embedder: Embedder, provenance: Provenance, choice: Choice | None, curves: Curves
) -> None:
    """Write models/projector: tensors, config.json and curves.csv, atomically.

    `choice` is what `select` chose; None where that is not known any more.
    """
    tensors: dict[str, NDArray[np.generic]] = {
        "centring.image": embedder.centring.image,
        "centring.text": embedder.centring.text,
    }
    network = coordinates = None
    if embedder.projector is not None:
        state = embedder.projector.state_dict()
        tensors |= {f"projector.{name}": tensor.numpy() for name, tensor in state.items()}
        hidden = embedder.projector.inner.weight.shape[-1]
        network = {
            "hidden": hidden,
            "gate": embedder.projector.gate is not None,
            "strength": embedder.projector.strength,
        }
    if embedder.coordinates is not None:
        coordinates = {}
        for modality, side in zip(MODALITIES, embedder.coordinates, strict=True):
            for name in _EVIDENCE:
                tensors[f"coordinates.{modality}.{name}"] = getattr(side.evidence, name)
            coordinates[modality] = {
                "sharpness": side.evidence.sharpness,
                "logarithmic": side.evidence.logarithmic,
                "weights": side.weights,
                "weight": side.weight,
            }
    config = {
        "schema_version": SCHEMA_VERSION,
        "provenance": _without_defaults(asdict(provenance)),
        "choice": asdict(choice) if choice else None,
        "dimensions": len(embedder.centring.image),
        "centring": embedder.share,
        "network": network,
        "coordinates": coordinates,
    }
    with atomic_dir(folder) as temporary:
        save_model(temporary, tensors, config)
        curves.write_curves(temporary / "curves.csv")


def _without_defaults(values: dict[str, Any]) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(Provenance)}
    return {key: value for key, value in values.items() if value != defaults[key]}


def load_embedder(folder: Path) -> tuple[Embedder, Provenance]:
    """Read what `save_embedder` wrote.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _damage(folder):
        floats, config, provenance = _read(folder)
        embedder = Embedder(
            Centring(floats["centring.image"], floats["centring.text"]),
            _load_projector(floats, config),
            _load_coordinates(floats, config["coordinates"], provenance.is_target),
            float(config["centring"]),
        )
    return embedder, provenance


def read_provenance(folder: Path) -> Provenance:
    """What a model that is whole was made from; its network is not looked into, nor torch imported.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    with _damage(folder):
        return _read(folder)[2]


@contextmanager
def _damage(folder: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise UserError(
            f"{folder}: damaged ({error}); re-run `dvc repro train_projector`"
        ) from None


def _read(folder: Path) -> tuple[dict[str, Matrix], dict[str, Any], Provenance]:
    tensors, config = load_model(folder, stage="train_projector")
    if config["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema version {config['schema_version']}")
    floats = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    origin = config["provenance"]
    names = {key: tuple(origin[key]) for key in ("classes", "target")}
    provenance = Provenance(**(origin | names))
    _check_shapes(floats, len(provenance.classes))
    return floats, config, provenance


def _check_shapes(floats: dict[str, Matrix], n_classes: int) -> None:
    """Dimensions, classes and members are as many wherever they are counted."""
    (dimensions,) = floats["centring.image"].shape
    expected: dict[str, tuple[int, ...]] = {"centring.text": (dimensions,)}
    for side in (f"coordinates.{modality}" for modality in MODALITIES):
        if f"{side}.members" in floats:
            members, prototypes = (
                len(floats[f"{side}.{name}"]) for name in ("members", "prototypes")
            )
            expected |= {
                f"{side}.prompts": (n_classes, dimensions),
                f"{side}.metric": (dimensions, dimensions),
                f"{side}.members": (members, dimensions),
                f"{side}.shares": (members, n_classes),
                f"{side}.classifiers": (
                    len(floats[f"{side}.classifiers"]),
                    n_classes,
                    dimensions,
                ),
                f"{side}.prototypes": (n_classes if prototypes else 0, dimensions),
            }
    for name, shape in expected.items():
        if floats[name].shape != shape:
            raise ValueError(f"'{name}' is {floats[name].shape}, not {shape}")


def _load_projector(floats: dict[str, Matrix], config: dict[str, Any]) -> "GatedProjector | None":
    if config["network"] is None:
        return None
    import torch

    from xshot.projector.baselines.clip_adapter import ClipAdapter
    from xshot.projector.networks import GatedProjector

    sizes = config["dimensions"], config["network"]["hidden"]
    if "projector.ratio" in floats:
        projector: GatedProjector = ClipAdapter(*sizes, generator=torch.Generator())
    else:
        gate = config["network"]["gate"]
        projector = GatedProjector(*sizes, gate=gate, gate_bias=0, generator=torch.Generator())
    prefix = "projector."
    state = {
        name.removeprefix(prefix): torch.from_numpy(tensor)
        for name, tensor in floats.items()
        if name.startswith(prefix)
    }
    projector.load_state_dict(state)
    projector.strength = float(config["network"]["strength"])
    return projector.eval().requires_grad_(False)


def _load_coordinates(
    floats: dict[str, Matrix], config: dict[str, Any] | None, is_target: NDArray[np.bool_]
) -> tuple[Coordinates, Coordinates] | None:
    if config is None:
        return None
    image, text = (
        Coordinates(
            Evidence(
                **{name: floats[f"coordinates.{modality}.{name}"] for name in _EVIDENCE},
                sharpness=float(fields["sharpness"]),
                logarithmic=bool(fields["logarithmic"]),
            ),
            is_target,
            fields["weights"],
            fields["weight"],
        )
        for modality, fields in ((modality, config[modality]) for modality in MODALITIES)
    )
    return image, text
