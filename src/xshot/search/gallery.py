"""What is searched: the dataset's test rows, the images of any folder, or features in memory."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xshot.episode.file import read_episode
from xshot.errors import UserError
from xshot.model.arrays import ArrayLike, feature_rows
from xshot.search.table import Table, Told
from xshot.store.features import read_encoder, read_features, read_ids
from xshot.store.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from xshot.model.model import Model
    from xshot.projector.file import Provenance

Matrix = NDArray[np.float32]

FEATURES = Path("data/features.h5")
MANIFEST = Path("data/manifest.parquet")
EPISODE = Path("data/episode.json")


class FeatureRows(Protocol):
    """Features (N, D) of which no more than some rows need be in memory; an array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, D)."""
        ...

    @property
    def dtype(self) -> Any:
        """Of the numbers."""
        ...

    def __len__(self) -> int:
        """N."""
        ...

    def __getitem__(self, rows: Any, /) -> Any:
        """Some of the rows, by a slice or by their places."""
        ...


@dataclass(frozen=True)
class Gallery:
    """N rows: images, and texts where there are any, with their CLIP features.

    Attributes:
        name: what it is called.
        images: paths relative to `root`.
        texts: captions; none for a folder of images.
        labels: classes of each row; none for a folder of images.
        features: (N, D) unit-norm CLIP features by modality.
        encoder_fingerprint: of the encoder that made them.
        root: where the images lie; None if only the caller knows.
        pictures: (P,) the first row of each picture, where several rows show one; None = every row
            shows its own.
        table: that holds the rows, where they are not in memory.
    """

    name: str
    images: Sequence[str]
    texts: Sequence[str]
    labels: Sequence[tuple[str, ...]]
    features: Mapping[str, FeatureRows]
    encoder_fingerprint: str
    root: Path | None = None
    pictures: NDArray[np.int64] | None = None
    table: Table | None = None

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """(N,) of each row the first that shows the same picture."""
        if self.pictures is None:
            return np.arange(len(self))
        keys = [*zip(self.images, self.labels or self.images, strict=True)]
        first: dict[Hashable, int] = {}
        for row in self.pictures.tolist():
            first[keys[row]] = row
            first.setdefault(self.images[row], row)
        # A picture's rows have its name, and in a dataset its labels, too.
        return np.array([first.get(key, first[key[0]]) for key in keys], np.int64)

    def check_encoder(self, provenance: "Provenance", model: Path) -> None:
        """Refuse a model that was trained on another encoder's features.

        Raises:
            UserError: it was.
        """
        if self.encoder_fingerprint != provenance.encoder_fingerprint:
            raise UserError(
                f"{self.name}: its features are of another encoder than {model} was trained "
                "with; index it again, or run `dvc repro` for the dataset"
            )

    def told(self, rows: Sequence[int]) -> list[Told]:
        """Path, text and labels of each row."""
        if self.table is not None:
            return self.table.told(np.asarray(rows, np.int64))
        texts, labels = self.texts, self.labels
        return [
            Told(self.images[row], texts[row] if texts else "", labels[row] if labels else ())
            for row in rows
        ]

    def picture(self, row: int) -> Path | None:
        """The file of a row's image, if it is known where the images lie."""
        return None if self.root is None else self.root / self.images[row]


def read_dataset(repository: Path, root: Path | None = None) -> Gallery:
    """The dataset's test rows: what evaluation searches, and no row that training has seen.

    Args:
        repository: the folder of the pipeline's `data/`.
        root: `data.root`, where the images lie.

    Raises:
        UserError: a file is absent or damaged, or the dataset has no test row.
    """
    path = repository / FEATURES
    manifest = read_manifest(repository / MANIFEST)
    kept = set(read_ids(path))
    rows = [
        row
        for row, (id_, split) in enumerate(zip(manifest.ids, manifest.splits, strict=True))
        if split == "test" and id_ in kept
    ]
    if not rows:
        raise UserError(f"{repository / MANIFEST}: no test row, so that there is nothing to search")
    return _rows_of(manifest, rows, repository, root, "test rows of the dataset")


def read_unlabelled(
    repository: Path, name: str, root: Path | None = None
) -> tuple[Gallery, list[int]]:
    """Training rows that nobody learned from, labels hidden, and what is known of a class.

    Args:
        repository: the folder of the pipeline's `data/`.
        name: of the class; its labelled rows are in the gallery as well.
        root: `data.root`, where the images lie.

    Returns:
        The gallery, and the rows in it that are known to be of the class.

    Raises:
        UserError: a file is absent or damaged, or every training row is learned from.
    """
    manifest = read_manifest(repository / MANIFEST)
    task = read_episode(repository / EPISODE).task
    learned = {*task.train.ids, *task.support.ids}
    kept = set(read_ids(repository / FEATURES))
    rows: list[int] = []
    members: list[int] = []
    columns = (manifest.ids, manifest.splits, manifest.labels)
    for row, (id_, split, labels) in enumerate(zip(*columns, strict=True)):
        is_member = id_ in learned and name in labels
        if id_ in kept and (is_member or (split == "train" and id_ not in learned)):
            members += [len(rows)] if is_member else []
            rows.append(row)
    if len(rows) == len(members):
        raise UserError(
            f"{repository / EPISODE}: every training row is learned from, so that there is none to "
            "ask about; name a folder of pictures: --index, after `xshot index FOLDER`"
        )
    gallery = _rows_of(manifest, rows, repository, root, "training rows not learned from")
    return replace(gallery, labels=()), members


def gallery_of(
    model: "Model",
    images: ArrayLike | None,
    texts: ArrayLike | None,
    *,
    names: Sequence[str] | None,
    captions: Sequence[str] | None,
    labels: Sequence[str | Sequence[str]] | None,
) -> Gallery:
    """Features in memory; arguments as of `Retriever.from_features`.

    Raises:
        UserError: naming what does not fit.
    """
    features = {
        what: feature_rows(rows, f"{what}s", [], dimensions=model.n_features_in_)
        for what, rows in (("image", images), ("text", texts))
        if rows is not None
    }
    if not features:
        raise UserError("a gallery needs images or texts; give features of either")
    size = len(next(iter(features.values())))
    told = {"texts": features.get("text"), "names": names, "captions": captions, "labels": labels}
    for what, own in told.items():
        if own is not None and len(own) != size:
            raise UserError(f"{what}: {len(own)} for {size} rows of the gallery; give one for each")
    shown = tuple(str(name) for name in (range(size) if names is None else names))
    return Gallery(
        name="features",
        images=shown,
        texts=() if captions is None else tuple(map(str, captions)),
        labels=() if labels is None else tuple(map(_classes, labels)),
        features=features,
        encoder_fingerprint=model.provenance.encoder_fingerprint,
        pictures=_pictures(shown) if "image" in features else None,
    )


def _rows_of(
    manifest: Manifest, rows: Sequence[int], repository: Path, root: Path | None, name: str
) -> Gallery:
    path = repository / FEATURES
    features = read_features(path, [manifest.ids[row] for row in rows])
    return Gallery(
        name=name,
        images=tuple(manifest.images[row] for row in rows),
        texts=tuple(manifest.texts[row] for row in rows),
        labels=tuple(manifest.labels[row] for row in rows),
        features={"image": features.image, "text": features.text},
        encoder_fingerprint=read_encoder(path).fingerprint,
        root=root,
        pictures=_pictures([(manifest.images[row], manifest.labels[row]) for row in rows]),
    )


def _classes(own: str | Sequence[str]) -> tuple[str, ...]:
    return (str(own),) if isinstance(own, str) else tuple(map(str, own))


def _pictures(shown: Sequence[Hashable]) -> NDArray[np.int64] | None:
    first: dict[Hashable, int] = {}
    for row, picture in enumerate(shown):
        first.setdefault(picture, row)
    return None if len(first) == len(shown) else np.array([*first.values()], np.int64)
