"""The encoder: pictures and texts to unit-norm features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from xshot.encoder.pieces import join_pieces
from xshot.encoder.texts import Tokenizer, batch_texts
from xshot.encoder.towers import text_features
from xshot.errors import UserError

Matrix = NDArray[np.float32]
Tower = Callable[[nn.Module, Tensor], Tensor]


@dataclass(frozen=True)
class Encoder:
    """An open_clip model ready to encode; its methods may be called from several threads.

    Every pass has exactly `pass_rows` rows, the last one filled up with copies: kernels are chosen
    by shape, so that a row's bits would otherwise depend on how many rows it shares a pass with.

    Attributes:
        model: the open_clip model, in eval mode on `device`.
        preprocess: RGB picture to (3, H, W) float32.
        tokenizer: what the text tower reads.
        device: `cpu` or `cuda:N`.
        pass_rows: rows per pass.
        exact: this encoder in float32, for rows that overflow; None where it is in float32 or
            bfloat16, which holds the same range.
    """

    model: nn.Module
    preprocess: Callable[[Image.Image], Tensor]
    tokenizer: Tokenizer
    device: str
    pass_rows: int
    exact: "Callable[[], Encoder] | None" = None

    def encode_pixels(self, pixels: Sequence[Tensor]) -> Matrix:
        """Features (N, D) float32, unit norm, of preprocessed pictures (3, H, W)."""
        return self._in_passes(_encode_images, torch.stack(list(pixels)))

    def encode_images(self, images: Sequence[Image.Image]) -> Matrix:
        """Features (N, D) float32, unit norm, of RGB pictures."""
        return self.encode_pixels([self.preprocess(image) for image in images])

    def encode_tokens(self, tokens: Tensor) -> Matrix:
        """Features (N, D) float32, unit norm, of a batch of texts of one length (N, L)."""
        return self._in_passes(text_features, tokens)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Features (N, D) float32, unit norm; long texts as the tokenizer says."""
        batches = batch_texts(texts, self.tokenizer, size=self.pass_rows)
        encoded = list(join_pieces((batch, self.encode_tokens(batch.tokens)) for batch in batches))
        rows = [row for group in encoded for row in group.rows]
        return np.concatenate([group.features for group in encoded])[np.argsort(rows)]

    @torch.inference_mode()
    def _in_passes(self, tower: Tower, rows: Tensor) -> Matrix:
        features = [self._pass(tower, part) for part in torch.split(rows, self.pass_rows)]
        matrix: Matrix = torch.cat(features).numpy()
        overflowed = ~np.isfinite(matrix).all(axis=1)
        if not overflowed.any():
            return matrix
        if self.exact is None:
            raise UserError(
                "clip.weights: the features are not finite: the weights are damaged; "
                "copy them again"
            )
        matrix[overflowed] = self.exact()._in_passes(tower, rows[torch.from_numpy(overflowed)])
        return matrix

    def _pass(self, tower: Tower, rows: Tensor) -> Tensor:
        count = len(rows)
        filling = rows[-1:].expand(self.pass_rows - count, *rows.shape[1:])
        rows = torch.cat([rows, filling])
        if self.device != "cpu":
            rows = rows.pin_memory().to(self.device, non_blocking=True)
        return F.normalize(tower(self.model, rows)[:count].float(), dim=1).cpu()


def _encode_images(model: nn.Module, pixels: Tensor) -> Tensor:
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    features: Tensor = model.encode_image(pixels)  # type: ignore[operator]
    return features
