"""Write embeddings as .npy and Parquet, for other engines (clip-retrieval's layout)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xshot.cli.retriever import GalleryOption, ModelOption, open_gallery
from xshot.terminal import one_line, say

if TYPE_CHECKING:
    from xshot.search.export import Exported
    from xshot.search.gallery import Gallery


def command(
    to: Annotated[Path, typer.Option(help="the folder to write; an earlier export is replaced")],
    index: GalleryOption = None,
    system: Annotated[
        Literal["model", "clip"], typer.Option(help="the trained model's embeddings, or raw CLIP")
    ] = "model",
    float16: Annotated[bool, typer.Option("--float16", help="half the bytes")] = False,
    model: ModelOption = Path("models/projector"),
) -> None:
    """Write one row per row of what is searched."""
    from xshot.compute import limit_threads
    from xshot.datasets.params import DataParams
    from xshot.params import RunParams, load_params
    from xshot.projector.file import load_embedder
    from xshot.search.export import check_target, export
    from xshot.search.gallery import read_dataset
    from xshot.search.index import open_index

    folder = to.resolve()
    check_target(folder)
    params = load_params()
    limit_threads(params.section(RunParams).threads)

    def write(gallery: "Gallery") -> "Exported":
        embedder = None
        if system == "model":
            embedder, provenance = load_embedder(model)
            gallery.check_encoder(provenance, model)
        return export(folder, gallery, embedder, dtype="float16" if float16 else "float32")

    if index is None:
        done = write(read_dataset(Path(), Path(params.section(DataParams).root)))
    elif index.is_dir():
        done = write(open_gallery(index))
    else:
        with open_index(index) as gallery:
            done = write(gallery)
    say(f"{one_line(to)}: {done.rows} rows of {done.dimensions} dimensions, {done.dtype}")
