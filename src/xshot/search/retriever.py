"""Search by image or by text with what was trained, and with raw CLIP beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xshot.curves import Curves
from xshot.errors import UserError
from xshot.pictures import BadImageError, decode_image
from xshot.projector.embedder import Embedder
from xshot.projector.file import Provenance, load_embedder, save_embedder
from xshot.reading import explain, read_file
from xshot.retrieval.search import top_k
from xshot.search.classes import NewClass, add_classes
from xshot.search.encoder import QueryEncoder, encoder_of, repository_of
from xshot.search.gallery import FEATURES, Gallery, read_dataset
from xshot.store.features import read_encoder

if TYPE_CHECKING:
    from PIL.Image import Image

Matrix = NDArray[np.float32]
System = Literal["model", "clip"]
Modality = Literal["image", "text"]

SYSTEMS: tuple[System, ...] = get_args(System)
# Embedded at a time: what lies between the features and the embedding must not grow with a gallery.
_BLOCK_ROWS = 2**14
_SIDES: dict[Modality, int] = {"image": 0, "text": 1}


@dataclass(frozen=True)
class Hit:
    """One row of an answer.

    Attributes:
        row: its place in the gallery.
        score: inner product with the query; comparable within one answer only.
        image: path relative to the gallery's root.
        text: caption; empty in a folder of images.
        labels: its classes; empty in a folder of images.
        guess: the class that the model takes it for; None without class-posterior coordinates.
        confidence: that class's posterior probability; 0 without.
    """

    row: int
    score: float
    image: str
    text: str
    labels: tuple[str, ...]
    guess: str | None
    confidence: float


class Retriever:
    """Exact search in a gallery, in the space of the trained model or of raw CLIP.

    It may be used by several threads. Make it with `Retriever.load`.
    """

    def __init__(
        self,
        embedder: Embedder,
        provenance: Provenance,
        encoder: QueryEncoder,
        gallery: Gallery,
        *,
        templates: Sequence[str] = (),
        added: tuple[NewClass, ...] = (),
    ) -> None:
        self.encoder = encoder
        self.gallery = gallery
        self.added = added
        self.provenance = provenance
        self.templates = tuple(templates)
        self._trained = embedder
        self._embedder = add_classes(embedder, added)
        self._items: dict[tuple[System, Modality], Matrix] = {}

    @classmethod
    def load(
        cls,
        model: str | Path = "models/projector",
        *,
        gallery: Gallery | None = None,
        device: str = "auto",
    ) -> "Retriever":
        """A model with its encoder and a gallery; the encoder is loaded with the first query.

        Args:
            model: folder that `train_projector` has written. The encoder's path in it starts from
                the nearest folder above that has it.
            gallery: what to search; the dataset's test rows if None.
            device: `auto`, `cpu`, `cuda` or `cuda:N`, for the encoder.

        Raises:
            UserError: something is absent or damaged, or the encoder or the gallery is another
                than the model was trained with.
        """
        folder = Path(model)
        embedder, provenance = load_embedder(folder)
        repository = repository_of(folder, provenance.encoder_path)
        encoder = encoder_of(folder, provenance, device=device)
        _check_dimensions(folder, embedder, encoder)
        gallery = read_dataset(repository) if gallery is None else gallery
        if gallery.encoder_fingerprint != provenance.encoder_fingerprint:
            raise UserError(
                f"{gallery.name}: its features are of another encoder than {folder} was trained "
                "with; index it again, or run `dvc repro` for the dataset"
            )
        features = repository / FEATURES
        templates = read_encoder(features).templates if features.exists() else ()
        return cls(embedder, provenance, encoder, gallery, templates=templates)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the model knows, those added last."""
        return (*self.provenance.classes, *(new.name for new in self.added))

    @property
    def knows_classes(self) -> bool:
        """Whether the model has class-posterior coordinates, which classes can be added to."""
        return self._trained.coordinates is not None

    def search(
        self,
        *,
        text: str | None = None,
        image: "str | Path | bytes | Image | None" = None,
        k: int = 12,
        system: System = "model",
        find: Modality | None = None,
    ) -> list[Hit]:
        """The k best rows for a text or for an image, best first.

        Args:
            text: the query, or
            image: the query: a file, its bytes, or an RGB picture.
            k: how many; all if there are fewer.
            system: `model` or raw `clip`.
            find: what is compared with the query; what the query is not, if None, or whatever the
                gallery has.

        Raises:
            UserError: the text is empty, the image cannot be read, or the gallery has nothing of
                the kind to find.
            ValueError: not exactly one query, or no such `k`, `system` or `find`.
        """
        if (text is None) == (image is None):
            raise ValueError("give a text or an image")
        if text is not None and not text.strip():
            raise UserError("the text is empty; give one that says what to search for")
        _check_asked(k, system, find)
        asked: Modality = "text" if image is None else "image"
        if text is not None:
            feature = self.encoder.texts([text])[0]
        else:
            assert image is not None
            feature = self.encoder.images([_picture(image)])[0]
        return self.rank(feature, asked, k=k, system=system, find=find)

    def rank(
        self,
        feature: Matrix,
        asked: Modality,
        *,
        k: int,
        system: System = "model",
        find: Modality | None = None,
    ) -> list[Hit]:
        """As `search`, for the CLIP feature (D,) of an image or a text (`asked`)."""
        _check_asked(k, system, find)
        found = self._found(asked, find)
        items = self.items(system, found)
        query = self._embed(feature[None], system, asked)
        places, scores = top_k(query, items, k)
        rows = places[0]
        if found == "image" and self.gallery.pictures is not None:
            rows = self.gallery.pictures[rows]
        guesses = self._guesses(rows, system, found)
        return [
            Hit(
                row=row,
                score=score,
                image=self.gallery.images[row],
                text=self.gallery.texts[row] if self.gallery.texts else "",
                labels=self.gallery.labels[row] if self.gallery.labels else (),
                guess=guess,
                confidence=confidence,
            )
            for row, score, (guess, confidence) in zip(
                rows.tolist(), scores[0].tolist(), guesses, strict=True
            )
        ]

    def items(self, system: System, modality: Modality) -> Matrix:
        """The gallery (N, E) as `system` sees it, each picture once; embedded when asked for."""
        key = (system, modality)
        if key not in self._items:
            features = self.gallery.features[modality]
            if modality == "image" and self.gallery.pictures is not None:
                features = features[self.gallery.pictures]
            if system == "model":
                features = self._embedded(features, modality)
            self._items[key] = features
        return self._items[key]

    def embed(self) -> None:
        """Embed the gallery now, so that no query has to wait for it."""
        for modality in _SIDES:
            if modality in self.gallery.features:
                self.items("model", modality)

    def with_class(
        self,
        name: str,
        *,
        images: "Sequence[str | Path | bytes | Image]" = (),
        texts: Sequence[str] = (),
        rows: Sequence[int] = (),
        image_features: Sequence[Matrix] = (),
    ) -> "Retriever":
        """A retriever that knows one more class, by its name and K examples; nothing is trained.

        Args:
            name: of the class; with no example, the name alone speaks for it.
            images: examples.
            texts: examples.
            rows: of the gallery, as examples of both kinds.
            image_features: (D,) CLIP features of images that are encoded already.

        Raises:
            UserError: the name is empty or taken, an image cannot be read, or the model knows no
                classes.
            ValueError: one example in place of a list, or rows that the gallery lacks.
        """
        _check_examples(images, texts, rows, len(self.gallery))
        if not name.strip():
            raise UserError("the class's name is empty; give it one")
        if not self.knows_classes:
            raise UserError(
                f"variant {self.provenance.variant} has no class-posterior coordinates, so that no "
                "class can be added; train one that has, such as xshot or posterior"
            )
        if name in self.classes:
            raise UserError(f"class '{name}' is known already; choose another name")
        if not self.templates:
            raise UserError(
                f"{FEATURES}: no templates of the class prompts, which a new class needs; run "
                "`dvc repro extract`, of imported features after `xshot import --encode-names`"
            )
        prompts = self.encoder.texts([one.replace("{}", name) for one in self.templates])
        mean = prompts.mean(axis=0)
        image, text = (
            list(self.gallery.features[kind][list(rows)]) if kind in self.gallery.features else []
            for kind in _SIDES
        )
        image += image_features
        if images:
            image += list(self.encoder.images([_picture(example) for example in images]))
        if texts:
            text += list(self.encoder.texts(texts))
        nothing = prompts[:0]
        new = NewClass(
            name,
            mean / np.linalg.norm(mean),
            np.stack(image) if image else nothing,
            np.stack(text) if text else nothing,
        )
        return self._with_added((*self.added, new))

    def without_class(self, name: str) -> "Retriever":
        """A retriever that no longer knows a class that was added.

        Raises:
            UserError: no such class was added.
        """
        left = tuple(new for new in self.added if new.name != name)
        if len(left) == len(self.added):
            raise UserError(f"class '{name}' was not added")
        return self._with_added(left)

    def save(self, folder: str | Path) -> None:
        """Write the model with the classes that were added, which `Retriever.load` loads again.

        Args:
            folder: a new one beside `models/projector`, as the encoder's path starts from there.

        Raises:
            UserError: the disk is full or the folder cannot be written.
        """
        names = tuple(new.name for new in self.added)
        provenance = replace(
            self.provenance,
            classes=(*self.provenance.classes, *names),
            target=(*self.provenance.target, *names),
        )
        curves = Curves("save", remedy="")  # nothing was trained
        save_embedder(Path(folder), self._embedder, provenance, None, curves)

    def _with_added(self, added: tuple[NewClass, ...]) -> "Retriever":
        return Retriever(
            self._trained,
            self.provenance,
            self.encoder,
            self.gallery,
            templates=self.templates,
            added=added,
        )

    def _found(self, asked: Modality, find: Modality | None) -> Modality:
        other: Modality = "image" if asked == "text" else "text"
        if find is None:
            return other if other in self.gallery.features else asked
        if find not in self.gallery.features:
            raise UserError(f"{self.gallery.name}: holds no {find}s to find")
        return find

    def _embed(self, features: Matrix, system: System, modality: Modality) -> Matrix:
        if system == "clip":
            return features
        query = self._embedded(features, modality)
        if self._embedder.joined:
            # What makes up for unit norm counts in no similarity, that of two images included.
            query[:, -2:] = 0
        return query

    def _embedded(self, features: Matrix, modality: Modality) -> Matrix:
        embed = self._embedder.embed_image if modality == "image" else self._embedder.embed_text
        first = embed(features[:_BLOCK_ROWS])
        if len(first) == len(features):
            return first
        embedded = np.empty((len(features), first.shape[1]), np.float32)
        embedded[:_BLOCK_ROWS] = first
        for start in range(_BLOCK_ROWS, len(features), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            embedded[block] = embed(features[block])
        return embedded

    def _guesses(
        self, rows: NDArray[np.int64], system: System, modality: Modality
    ) -> list[tuple[str | None, float]]:
        if system == "clip" or not self.knows_classes or not len(rows):
            return [(None, 0.0)] * len(rows)
        features = np.asarray(self.gallery.features[modality][rows])
        shares = self._embedder.posterior(features, _SIDES[modality])
        best = shares.argmax(axis=1)
        return [(self.classes[c], float(row[c])) for c, row in zip(best, shares, strict=True)]


def _check_asked(k: int, system: str, find: str | None) -> None:
    if k < 1:
        raise ValueError(f"k = {k}: ask for one answer at least")
    if system not in SYSTEMS:
        raise ValueError(f"system = {system!r}: one of {', '.join(SYSTEMS)}")
    if find is not None and find not in _SIDES:
        raise ValueError(f"find = {find!r}: one of {', '.join(_SIDES)}, or None")


def _check_examples(images: object, texts: object, rows: Sequence[int], n_rows: int) -> None:
    for name, examples in (("images", images), ("texts", texts)):
        # Its letters or bytes would be taken for examples.
        if isinstance(examples, str | bytes | Path):
            raise ValueError(f"{name}: give a list of examples, as in {name}=[...]")
    strange = [row for row in rows if not 0 <= row < n_rows]
    if strange:
        raise ValueError(f"rows: {strange[0]} is none of the gallery's 0 to {n_rows - 1}")


def _check_dimensions(model: Path, embedder: Embedder, encoder: QueryEncoder) -> None:
    """Refuse an encoder that cannot have made imported features; others are known to have."""
    made, taken = encoder.files.config["model_cfg"].get("embed_dim"), len(embedder.centring.image)
    if made != taken:
        raise UserError(
            f"{encoder.files.path}: makes features of {made} dimensions, {model} was trained with "
            f"{taken}; set clip.weights to the encoder that made them and run `dvc repro`"
        )


def _picture(image: "str | Path | bytes | Image") -> "Image":
    if isinstance(image, str | Path):
        try:
            return decode_image(read_file(Path(image)))
        except OSError as error:
            raise UserError(f"{image}: {explain(error, 'name an image file')}") from None
        except BadImageError as error:
            raise UserError(f"{image}: {error}; choose another image") from None
    if isinstance(image, bytes):
        try:
            return decode_image(image)
        except BadImageError as error:
            raise UserError(f"the image: {error}; choose another one") from None
    return image
