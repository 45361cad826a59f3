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
        projector: None where none is trained.
        coordinates: of images and of texts; None where the variant has none. With weight 0 they
            are not in the embedding, but posteriors can be asked for.
        share: of the means that is taken off where nothing is projected: 0 = raw CLIP.
    """

    centring: Centring
    projector: "GatedProjector | None" = None
    coordinates: tuple[Coordinates, Coordinates] | None = None
    share: float = 1.0

    @property
    def joined(self) -> bool:
        """Whether class-posterior coordinates stand in the embedding."""
        return self.coordinates is not None and self.coordinates[0].weight > 0

    def embed_image(self, features: Matrix) -> Matrix:
        """(N, D) CLIP features of images -> (N, E) unit norm; equal rows to equal bits."""
        return map_distinct(lambda rows: self._embed(rows, 0), features)

    def embed_text(self, features: Matrix) -> Matrix:
        """(N, D) CLIP features of texts -> (N, E) unit norm; equal rows to equal bits."""
        return map_distinct(lambda rows: self._embed(rows, 1), features)

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

    def posterior(self, features: Matrix, side: int) -> Matrix:
        """(N, D) CLIP features of images (side 0) or texts (1) -> (N, C) class posterior.

        Raises:
            ValueError: the model has no coordinates.
        """
        if self.coordinates is None:
            raise ValueError("a model without class-posterior coordinates knows no classes")
        centred = self.centring.of_side(features, side)
        return self.coordinates[side].posterior(centred, project(self.projector, centred, side))

    def _embed(self, features: Matrix, side: int) -> Matrix:
        if self.projector is None and self.share == 0:
            kept = features
        elif self.projector is None:
            kept = self.centring.scaled(self.share).of_side(features, side)
        else:
            kept = project(self.projector, self.centring.of_side(features, side), side)
        if self.coordinates is None or not self.joined:
            return kept
        shares = self.posterior(features, side)
        return join(kept, shares, weight=self.coordinates[side].weight, side=side)


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
