"""How much each part of `benchmarks.gpu` does: in full on a GPU, or at toy size on a CPU."""

from dataclasses import dataclass
from typing import Any

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 24, "width": 32, "heads": 2, "layers": 2, "vocab_size": 49408},
}
"""An architecture for toy size, in open_clip's terms."""


@dataclass(frozen=True)
class Sizes:
    """What the parts work on.

    Attributes:
        device: `cuda:0`, or `cpu` at toy size.
        pictures: files to be extracted.
        loop_pictures: of them, those that the plain loop encodes.
        models: rows a pass, by open_clip's names of the architectures.
        bare_seconds: how long a bare forward pass is repeated.
        epoch: pairs that the epochs of training go over.
        galleries: queries and items that are ranked.
        peer_queries: of them, those that the peer ranks.
        rows: pairs that the pipeline runs on.
        dimensions: of their features.
    """

    device: str
    pictures: int
    loop_pictures: int
    models: dict[str, int]
    bare_seconds: float
    epoch: int
    galleries: tuple[int, ...]
    peer_queries: int
    rows: int
    dimensions: int


FULL = Sizes(
    device="cuda:0",
    pictures=20_000,
    loop_pictures=2_000,
    models={"ViT-B-32": 512, "ViT-L-14": 256},
    bare_seconds=2.0,
    epoch=4_800,
    galleries=(20_000, 100_000),
    peer_queries=500,
    rows=4_000,
    dimensions=512,
)

TOY = Sizes(
    device="cpu",
    pictures=40,
    loop_pictures=8,
    models={"tiny": 16},
    bare_seconds=0.01,
    epoch=192,
    galleries=(60, 300),
    peer_queries=20,
    rows=400,
    dimensions=16,
)


def architecture(name: str) -> dict[str, Any]:
    """An architecture in open_clip's terms, by its name there, or `TINY`."""
    import open_clip

    config: dict[str, Any] = TINY if name == "tiny" else open_clip.get_model_config(name)
    return config
