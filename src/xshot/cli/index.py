"""Encode the images of a folder, so that `xshot search --index` and `xshot serve` can search it."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from xshot.cli.retriever import ModelOption

CACHE = Path(".cache/features")
INDEXES = Path("data/indexes")


def command(
    folder: Annotated[Path, typer.Argument(help="searched for images, with its subfolders")],
    out: Annotated[
        Path | None, typer.Option(help="the file to write (default: data/indexes/FOLDER.h5)")
    ] = None,
    model: ModelOption = Path("models/projector"),
) -> None:
    """Write an index file; a run that was stopped goes on where it was."""
    from xshot.compute import limit_threads
    from xshot.params import RunParams, load_params
    from xshot.projector.file import load_embedder
    from xshot.search.encoder import encoder_of
    from xshot.search.index import index_folder, write_index

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    run = load_params().section(RunParams)
    limit_threads(run.threads)
    _, provenance = load_embedder(model)
    encoder = encoder_of(model, provenance, device=run.device)
    root = folder.resolve()
    gallery, left_out = index_folder(root, encoder, cache=CACHE, threads=run.threads)
    out = out or INDEXES / f"{root.name}.h5"
    write_index(out, gallery)
    for one in left_out:
        typer.echo(f"left out: {one.image}: {one.reason}", err=True)
    typer.echo(f"{out}: {len(gallery)} images; search with `xshot search --index {out} ...`")
