"""Encode the images of a folder, so that `xshot search --index` and `xshot serve` can search it."""

import sys
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from xshot.cli.retriever import ModelOption
from xshot.errors import UserError
from xshot.store.atomic import check_names_file
from xshot.terminal import log_to, one_line, say

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

    root = folder.resolve()
    out = _default_file(root) if out is None else out
    check_names_file(out)
    log_to(sys.stderr)
    run = load_params().section(RunParams)
    limit_threads(run.threads)
    _, provenance = load_embedder(model)
    encoder = encoder_of(model, provenance, device=run.device)
    gallery, left_out, notes = index_folder(root, encoder, cache=CACHE, threads=run.threads)
    write_index(out, gallery)
    for one in left_out:
        say(f"left out: {one_line(one.image)}: {one_line(one.reason)}", error=True)
    for note in notes:
        say(one_line(note), error=True)
    hint = f"xshot search --index {quote(str(out))} ..."
    say(f"{one_line(out)}: {len(gallery)} images; search with `{one_line(hint)}`")


def _default_file(root: Path) -> Path:
    """The index file that is named as the folder is.

    Raises:
        UserError: the folder has no name, or its name is taken by the index of another one.
    """
    from xshot.search.index import indexed_folder

    if not root.name:
        raise UserError(f"{root}: has no name for its index; name the file with --out FILE")
    out = INDEXES / f"{root.name}.h5"
    if (other := indexed_folder(out)) not in (None, root):
        raise UserError(f"{out}: is the index of {other}; name another file with --out FILE")
    return out
