"""The trained model: CLIP features of images and texts to one space that all galleries share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xshot.distinct import map_distinct
from xshot.episode.training_set import Centring, Matrix
from xshot.projector.coordinates import Coordinates, join

if TYPE_CHECKING:
    from xshot.projector.networks import GatedProjector

MODALITIES = ("image", "text")


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
        """(N, D) CLIP features of images -> (N, E) unit norm; equal rows to equal bits."""
        return map_distinct(lambda rows: self._embed(self.centring.of_image(rows), 0), features)

    def embed_text(self, features: Matrix) -> Matrix:
        """(N, D) CLIP features of texts -> (N, E) unit norm; equal rows to equal bits."""
        return map_distinct(lambda rows: self._embed(self.centring.of_text(rows), 1), features)

    def gates(self, image: Matrix, text: Matrix) -> dict[str, NDArray[np.float32]]:
        """Share of the projection in each row of CLIP features: {modality: (N,)}; {} ungated."""
        if self.projector is None or self.projector.gate is None:
            return {}
        import torch

        gates = {}
        centred = (self.centring.of_image(image), self.centring.of_text(text))
        with torch.inference_mode():
            for side, features in enumerate(centred):
                rows = torch.from_numpy(features)[None]
                gates[MODALITIES[side]] = self.projector.gates(rows, _slice(side))[0].numpy()
        return gates

    def _embed(self, centred: Matrix, side: int) -> Matrix:
        projected = project(self.projector, centred, side)
        if self.coordinates is None:
            return projected
        coordinates = self.coordinates[side]
        shares = coordinates.posterior(centred, projected)
        return join(projected, shares, weight=coordinates.weight, side=side)


def project(projector: "GatedProjector | None", centred: Matrix, side: int) -> Matrix:
    """(N, D) centred features of images (side 0) or texts (1) -> (N, D) unit norm.

    Without a projector they are their own projection.
    """
    if projector is None:
        return centred
    import torch

    with torch.inference_mode():
        rows = torch.from_numpy(centred)[None]
        projected: Matrix = projector(rows, _slice(side))[0].numpy()
        return projected


def _slice(side: int) -> slice:
    return slice(side, side + 1)
