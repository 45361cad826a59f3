"""The trained model: CLIP features of images and texts to one space that all galleries share."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xshot.curves import Curves
from xshot.episode.training_set import Centring, Matrix
from xshot.errors import UserError
from xshot.projector.choice import Choice
from xshot.projector.coordinates import Coordinates
from xshot.store.atomic import atomic_dir
from xshot.store.models import load_model, save_model

if TYPE_CHECKING:
    from xshot.projector.networks import GatedProjector

SCHEMA_VERSION = 1
_MODALITIES = ("image", "text")


@dataclass(frozen=True)
class Provenance:
    """What a model was made from, so that it can be used on its own.

    Attributes:
        encoder_fingerprint: of the encoder whose features it embeds.
        encoder_path: that encoder's folder, as in `clip.weights`.
        source_hash: of the rows learned from.
        variant: `model.variant`.
        classes: names of the classes, in the order of the coordinates.
        target: which of them are target classes.
    """

    encoder_fingerprint: str
    encoder_path: str
    source_hash: str
    variant: str
    classes: tuple[str, ...]
    target: tuple[str, ...]


@dataclass(frozen=True)
class Embedder:
    """Centring, then the gated projection, then class-posterior coordinates.

    Attributes:
        centring: zero means where the variant does not centre.
        projector: None where the variant trains none.
        coordinates: of images and of texts; None where the variant has none.
    """

    centring: Centring
    projector: "GatedProjector | None" = None
    coordinates: tuple[Coordinates, Coordinates] | None = None

    def embed_image(self, features: Matrix) -> Matrix:
        """(N, D) CLIP features of images -> (N, E) unit norm."""
        return self._embed(self.centring.of_image(features), 0)

    def embed_text(self, features: Matrix) -> Matrix:
        """(N, D) CLIP features of texts -> (N, E) unit norm."""
        return self._embed(self.centring.of_text(features), 1)

    def gates(self, image: Matrix, text: Matrix) -> dict[str, NDArray[np.float32]]:
        """Share of the projection in each row of CLIP features: {modality: (N,)}; {} ungated."""
        if self.projector is None or self.projector.gate is None:
            return {}
        import torch

        centred = (self.centring.of_image(image), self.centring.of_text(text))
        with torch.inference_mode():
            return {
                name: self.projector.gates(torch.from_numpy(features)[None], slice(side, side + 1))[
                    0
                ].numpy()
                for side, (name, features) in enumerate(zip(_MODALITIES, centred, strict=True))
            }

    def _embed(self, centred: Matrix, side: int) -> Matrix:
        embedded = centred
        if self.projector is not None:
            embedded = project(self.projector, centred, side)
        if self.coordinates is not None:
            embedded = self.coordinates[side].join(embedded)
        return embedded


def project(projector: "GatedProjector", centred: Matrix, side: int) -> Matrix:
    """(N, D) centred features of images (side 0) or texts (1) -> (N, D) unit norm."""
    import torch

    with torch.inference_mode():
        rows = torch.from_numpy(centred)[None]
        embedded: Matrix = projector(rows, slice(side, side + 1))[0].numpy()
        return embedded


def save_embedder(
    folder: Path, embedder: Embedder, provenance: Provenance, choice: Choice, curves: Curves
) -> None:
    """Write models/projector: tensors, config.json and curves.csv, atomically."""
    tensors: dict[str, NDArray[np.generic]] = {
        "centring.image": embedder.centring.image,
        "centring.text": embedder.centring.text,
    }
    network = None
    if embedder.projector is not None:
        state = embedder.projector.state_dict()
        tensors |= {f"projector.{name}": tensor.numpy() for name, tensor in state.items()}
        hidden = embedder.projector.inner.weight.shape[-1]
        network = {"hidden": hidden, "gate": embedder.projector.gate is not None}
    for name, side in zip(_MODALITIES, embedder.coordinates or (), strict=False):
        tensors |= {f"coordinates.{name}.{key}": value for key, value in side.tensors().items()}
    config = {
        "schema_version": SCHEMA_VERSION,
        "provenance": asdict(provenance),
        "choice": asdict(choice),
        "dimensions": len(embedder.centring.image),
        "network": network,
        "coordinates": embedder.coordinates is not None,
    }
    with atomic_dir(folder) as temporary:
        save_model(temporary, tensors, config)
        curves.write_curves(temporary / "curves.csv")


def load_embedder(folder: Path) -> tuple[Embedder, Provenance]:
    """Read what `save_embedder` wrote.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    tensors, config = load_model(folder, stage="train_projector")
    try:
        if config["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {config['schema_version']}")
        floats = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
        coordinates = None
        if config["coordinates"]:
            image, text = (
                Coordinates.from_tensors(_under(floats, f"coordinates.{name}."))
                for name in _MODALITIES
            )
            coordinates = image, text
        provenance = config["provenance"]
        for key in ("classes", "target"):
            provenance[key] = tuple(provenance[key])
        return (
            Embedder(
                Centring(floats["centring.image"], floats["centring.text"]),
                _load_projector(floats, config),
                coordinates,
            ),
            Provenance(**provenance),
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{folder}: damaged ({error}); re-run `dvc repro train_projector`"
        ) from None


def _load_projector(floats: dict[str, Matrix], config: dict[str, Any]) -> "GatedProjector | None":
    if config["network"] is None:
        return None
    import torch

    from xshot.projector.networks import GatedProjector

    projector = GatedProjector(
        config["dimensions"],
        config["network"]["hidden"],
        gate=config["network"]["gate"],
        gate_bias=0,
        generator=torch.Generator(),
    )
    state = {name: torch.from_numpy(t) for name, t in _under(floats, "projector.").items()}
    projector.load_state_dict(state)
    return projector.eval().requires_grad_(False)


def _under(tensors: dict[str, Matrix], prefix: str) -> dict[str, Matrix]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
