"""What `xshot index` does for a gallery on disk."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal

from xshot.errors import UserError
from xshot.terminal import one_line, say

if TYPE_CHECKING:
    from xshot.lance_store.writing import Written

Dtype = Literal["float32", "float16"]


def refresh_store(out: Path, model: Path) -> None:
    """Embed the table at `out` by `model`, from the CLIP features in it.

    Raises:
        UserError: it is not there, of another encoder or in use, or the disk is full.
    """
    from xshot.lance_store.writing import refresh
    from xshot.projector.file import load_embedder

    embedder, provenance = load_embedder(model)
    rows = refresh(out, embedder, model, provenance.encoder_fingerprint)
    say(f"{one_line(out)}: {rows} images, embedded by {one_line(model)}")


def index_features(out: Path, features: Path, root: Path, model: Path, dtype: Dtype | None) -> None:
    """Bring the table at `out` to ready-made features.

    Raises:
        UserError: these cannot be read or are of another encoder, or as `write_store`.
    """
    from xshot.lance_store.ready_made import ready_made
    from xshot.lance_store.writing import check_target, write_store
    from xshot.projector.file import load_embedder

    check_target(out)
    embedder, provenance = load_embedder(model)
    source = ready_made(features, root, provenance.encoder_fingerprint)
    dimensions = len(embedder.centring.image)
    if (source.encoder_fingerprint, source.dimensions) != (
        provenance.encoder_fingerprint,
        dimensions,
    ):
        raise UserError(
            f"{features}: features of {source.dimensions} dimensions, by another encoder than "
            f"{model} was trained with; give features of its encoder, {dimensions} dimensions"
        )
    tell(out, write_store(out, source, embedder, model, dtype))


def tell(out: Path, done: "Written") -> None:
    """Say what was done, and how to search."""
    if done.same:
        say(f"{done.same} rows are alike in everything to an earlier one, which counts", error=True)
    changes = f" ({done.added} new, {done.removed} gone)"
    hint = f"xshot search --index {quote(str(out))} ..."
    say(f"{one_line(out)}: {done.rows} images{changes}; search with `{one_line(hint)}`")
