"""The retriever that the options of a command ask for."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xshot.search.gallery import Gallery
    from xshot.search.retriever import Retriever

ModelOption = Annotated[Path, typer.Option(help="folder that train_projector has written")]
GalleryOption = Annotated[
    Path | None,
    typer.Option(
        help="what to search: an index made by `xshot index` (default: the dataset's test rows)"
    ),
]

# For one query and fewer rows in memory, a second thread costs more in hand-overs than it computes.
_LARGE = 20_000


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave what is loaded within out of all garbage collection.

    Modules and weights stay until the end. Looking through them again and again is a fifth of
    `import open_clip`, and one look at all of them holds up a server's answers by 0.3 s.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def open_gallery(index: Path) -> "Gallery":
    """What `xshot index` has written: a file as a whole, or a table, which stays on disk.

    Raises:
        UserError: it is absent or damaged.
    """
    if index.is_dir():
        from xshot.lance_store.gallery import open_store

        return open_store(index)
    from xshot.search.index import read_index

    return read_index(index)


def load_retriever(
    model: Path, index: Path | None, of_dataset: "Callable[[Path], Gallery] | None" = None
) -> "Retriever":
    """The model with the index, or with the dataset of params.yaml.

    Args:
        model: folder that train_projector has written.
        index: file or table that `xshot index` has written, if any.
        of_dataset: gives rows of the dataset for `data.root`; its test rows if None.

    Raises:
        UserError: something is absent or damaged, or does not fit together.
    """
    from xshot.compute import limit_threads
    from xshot.datasets.params import DataParams
    from xshot.params import RunParams, load_params
    from xshot.search.gallery import read_dataset
    from xshot.search.retriever import Retriever

    params = load_params()
    if index is not None:
        gallery = open_gallery(index)
    else:
        root = Path(params.section(DataParams).root)
        gallery = read_dataset(Path(), root) if of_dataset is None else of_dataset(root)
    if len(gallery) < _LARGE or gallery.table is not None:
        limit_threads(1)
    return Retriever.load(model, gallery=gallery, device=params.section(RunParams).device)
