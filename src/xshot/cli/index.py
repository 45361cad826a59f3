"""Encode the images of a folder, so that `xshot search --index` and `xshot serve` can search it."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xshot.cli.index_store import Dtype, index_features, refresh_store, tell
from xshot.cli.retriever import ModelOption
from xshot.errors import UserError
from xshot.store.atomic import check_names_file
from xshot.terminal import log_to, one_line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xshot.encoder.ray_engine import RayEngine
    from xshot.search.encoder import QueryEncoder
    from xshot.search.folder_images import LeftOut

CACHE = Path(".cache/features")
INDEXES = Path("data/indexes")


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="searched for images, with its subfolders; with --features where they lie",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="what to write (default: data/indexes/FOLDER.h5, or .lance)")
    ] = None,
    store: Annotated[
        Literal["hdf5", "lance"] | None,
        typer.Option(help="a file that is searched in memory, or a Lance table that stays on disk"),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="ready-made CLIP features for a table, such as `xshot export` writes"),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="embed a table by another model; reads no picture")
    ] = False,
    dtype: Annotated[
        Dtype | None, typer.Option(help="of a table's CLIP features (default: float32)")
    ] = None,
    model: ModelOption = Path("models/projector"),
) -> None:
    """Write an index of a folder, or bring it up to date; a run that was stopped goes on."""
    from xshot.compute import limit_threads
    from xshot.params import RunParams, load_params

    on_disk = store == "lance" or features is not None or refresh
    if on_disk and store == "hdf5":
        raise UserError("--features and --refresh are for tables: give --store lance, or leave out")
    if dtype is not None and not on_disk:
        raise UserError("--dtype is for tables: give --store lance, too")
    if folder is None and features is None and not (refresh and out is not None):
        raise UserError("name a folder of images, as in `xshot index ~/photos`, or --features FILE")
    named = folder or features or out
    assert named is not None
    root = named.resolve()
    out = out or _default(root, ".lance" if on_disk else ".h5")
    log_to(sys.stderr)
    run = load_params().section(RunParams)
    limit_threads(run.threads)
    if refresh:
        refresh_store(out, model)
    elif features is not None:
        index_features(out, features, root if folder else root.parent, model, dtype)
    elif on_disk:
        _index_table(root, out, model, dtype)
    else:
        _index_file(root, out, model)


def _index_file(root: Path, out: Path, model: Path) -> None:
    from xshot.search.index import index_folder, write_index

    check_names_file(out)
    encoder, threads, cluster = _encoder(model)
    gallery, left_out, notes = index_folder(
        root, encoder, cache=CACHE, threads=threads, cluster=cluster
    )
    write_index(out, gallery)
    _tell_left_out(left_out, notes)
    hint = f"xshot search --index {quote(str(out))} ..."
    say(f"{one_line(out)}: {len(gallery)} images; search with `{one_line(hint)}`")


def _index_table(root: Path, out: Path, model: Path, dtype: Dtype | None) -> None:
    from xshot.lance_store.sources import FolderSource
    from xshot.lance_store.writing import check_target, write_store
    from xshot.projector.file import load_embedder
    from xshot.search.index import encode_folder

    check_target(out)
    encoder, threads, cluster = _encoder(model)
    found = encode_folder(root, encoder, cache=CACHE, threads=threads, cluster=cluster)
    done = write_store(out, FolderSource(found), load_embedder(model)[0], model, dtype, cluster)
    _tell_left_out(found.left_out, found.notes)
    tell(out, done)


def _encoder(model: Path) -> tuple["QueryEncoder", int, "RayEngine | None"]:
    """The model's encoder, how many threads may encode, and the cluster that does it instead."""
    from xshot.encoder.params import ClipParams
    from xshot.params import RunParams, load_params
    from xshot.projector.file import load_embedder
    from xshot.search.encoder import encoder_of
    from xshot.search.index import cluster_of

    params = load_params()
    run = params.section(RunParams)
    encoder = encoder_of(model, load_embedder(model)[1], device=run.device)
    on_cluster = params.section(ClipParams).engine == "ray"
    cluster = cluster_of(encoder, cache=CACHE, threads=run.threads) if on_cluster else None
    return encoder, run.threads, cluster


def _tell_left_out(left_out: "Sequence[LeftOut]", notes: "Sequence[str]") -> None:
    for one in left_out:
        say(f"left out: {one_line(one.image)}: {one_line(one.reason)}", error=True)
    for note in notes:
        say(one_line(note), error=True)


def _default(root: Path, suffix: str) -> Path:
    """The index that is named as what it is made of.

    Raises:
        UserError: that has no name, or its name is taken by the index of another one.
    """
    if not root.name:
        raise UserError(f"{root}: has no name for its index; name the file with --out FILE")
    if suffix == ".lance":
        from xshot.lance_store.gallery import stored_folder

        out = INDEXES / f"{root.name if root.is_dir() else root.stem}.lance"
        others = {root, root.parent}
        other = stored_folder(out) if out.exists() else None
    else:
        from xshot.search.index import indexed_folder

        out, others = INDEXES / f"{root.name}.h5", {root}
        other = indexed_folder(out)
    if other is not None and other not in others:
        raise UserError(f"{out}: is the index of {other}; name another file with --out FILE")
    return out
