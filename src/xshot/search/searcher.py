"""Search by image or by text with what was trained, and with raw CLIP beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.model.arrays import ArrayLike, as_array, feature_rows
from xshot.projector.embedder import Embedder
from xshot.projector.file import Provenance, load_embedder
from xshot.retrieval.compact import CompactRows
from xshot.search.classes import NewClass
from xshot.search.encoder import QueryEncoder, check_dimensions, encoder_at, repository_of
from xshot.search.examples import Picture, check_asked, open_picture
from xshot.search.gallery import FEATURES, Gallery, gallery_of, read_dataset
from xshot.search.hits import Guess, Hit, hits_of
from xshot.search.space import SIDES, Matrix, Modality, System
from xshot.search.two_stages import space_of
from xshot.store.features import read_encoder

if TYPE_CHECKING:
    from xshot.model.model import Model


class Searcher:
    """Search in a gallery, in the space of the trained model or of raw CLIP."""

    def __init__(
        self,
        embedder: Embedder,
        provenance: Provenance,
        encoder: QueryEncoder | None,
        gallery: Gallery,
        *,
        templates: Sequence[str] = (),
        added: tuple[NewClass, ...] = (),
    ) -> None:
        self._encoder = encoder
        self.gallery = gallery
        self.added = added
        self.provenance = provenance
        self.templates = tuple(templates)
        self._trained = embedder
        self._space = space_of(embedder, added, gallery)

    @classmethod
    def load(
        cls,
        model: str | Path = "models/projector",
        *,
        gallery: Gallery | None = None,
        device: str = "auto",
    ) -> Self:
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
        if not provenance.encoder_path:
            raise UserError(
                f"{folder}: does not say which encoder made its features; use `xshot.load` and "
                "`Retriever.from_features`"
            )
        repository = repository_of(folder, provenance.encoder_path)
        encoder = encoder_at(repository, provenance, device=device)
        check_dimensions(encoder, len(embedder.centring.image), str(folder))
        gallery = read_dataset(repository) if gallery is None else gallery
        gallery.check_encoder(provenance, folder)
        if gallery.table is not None:
            gallery.table.use(folder)
        features = repository / FEATURES
        templates = read_encoder(features).templates if features.exists() else ()
        return cls(embedder, provenance, encoder, gallery, templates=templates)

    @classmethod
    def from_features(
        cls,
        model: "Model",
        *,
        images: ArrayLike | None = None,
        texts: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        captions: Sequence[str] | None = None,
        labels: Sequence[str | Sequence[str]] | None = None,
        templates: Sequence[str] = (),
        device: str = "auto",
    ) -> Self:
        """A model and a gallery of features, by the encoder of those that it was fitted on.

        Args:
            model: as `xshot.fit` or `xshot.load` gives it. One that names its encoder takes words
                and pictures (`search`), any takes features (`rank`).
            images: (N, D) features; or texts; of both, row i belongs to row i.
            texts: likewise.
            names: what the images are called, such as their paths; rows of one name are one
                picture. None = by their places.
            captions: the texts.
            labels: classes of each row.
            templates: of class prompts, for `with_class`: "a photo of a {}."
            device: `auto`, `cpu`, `cuda` or `cuda:N`, for the encoder.

        Raises:
            UserError: what is given does not fit together, or the encoder is not there.
        """
        gallery = gallery_of(model, images, texts, names=names, captions=captions, labels=labels)
        origin, encoder = model.provenance, None
        if origin.encoder_path:
            encoder = encoder_at(Path(), origin, device=device)
            check_dimensions(encoder, model.n_features_in_, "the model")
        return cls(model.embedder, origin, encoder, gallery, templates=templates)

    @property
    def encoder(self) -> QueryEncoder:
        """What encodes queries.

        Raises:
            UserError: the model names none.
        """
        if self._encoder is None:
            raise UserError(
                "the model does not say which encoder made its features, so that words and "
                "pictures cannot be searched for; fit it with encoder=..., or `rank` features"
            )
        return self._encoder

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
        image: Picture | None = None,
        k: int = 12,
        system: System = "model",
        find: Modality | None = None,
        where: str | None = None,
    ) -> list[Hit]:
        """The k best rows for a text or for an image, best first.

        Args:
            text: the query, or
            image: the query: a file, its bytes, or an RGB picture.
            k: how many; all if there are fewer.
            system: `model` or raw `clip`.
            find: what is compared with the query; what the query is not, if None, or whatever the
                gallery has.
            where: of a gallery on disk, what a row has to fulfil, in SQL: "path LIKE 'birds/%'".

        Raises:
            UserError: the text is empty, the image cannot be read, `where` cannot be understood, or
                the gallery has nothing of the kind to find.
            ValueError: not exactly one query, or no such `k`, `system` or `find`.
        """
        check_asked(k, system, find)
        feature, asked = self._encoded(text, image)
        return self.rank(feature, asked, k=k, system=system, find=find, where=where)

    def embed_query(
        self, *, text: str | None = None, image: Picture | None = None, system: System = "model"
    ) -> Matrix:
        """(E,) vector of a text or of an image, to ask another engine with.

        Its inner product with a row that `xshot export` wrote is the score of `search`.

        Raises:
            UserError: the text is empty, or the image cannot be read.
            ValueError: not exactly one query, or no such `system`.
        """
        check_asked(1, system, None)
        feature, asked = self._encoded(text, image)
        query: Matrix = self._space.query(feature[None], system, asked)[0]
        return query

    def rank(
        self,
        feature: ArrayLike,
        asked: Modality,
        *,
        k: int,
        system: System = "model",
        find: Modality | None = None,
        where: str | None = None,
    ) -> list[Hit]:
        """As `search`, for the CLIP feature (D,) of an image or a text (`asked`), of any norm."""
        check_asked(k, system, find, asked)
        row = as_array(feature, "feature")[None]
        query = feature_rows(row, "feature", [], dimensions=len(self._trained.centring.image))
        found = self._found(asked, find)
        rows, scores = self._space.nearest(
            query, asked, system=system, found=found, k=k, where=where
        )
        knows = system == "model" and self.knows_classes
        guesses = self._guesses(rows, found) if knows else [(None, 0.0)] * len(rows)
        return hits_of(self.gallery, rows.tolist(), scores.tolist(), guesses)

    def items(self, system: System, modality: Modality) -> Matrix | CompactRows:
        """The gallery (N, E) as `system` sees it, each picture once; embedded when asked for."""
        return self._space.items(system, modality)

    def embed(self) -> None:
        """Embed the gallery now, so that no query has to wait for it."""
        self._space.prepare()

    def _encoded(self, text: str | None, image: Picture | None) -> tuple[Matrix, Modality]:
        """The CLIP feature (D,) of a query, and what it is of."""
        if (text is None) == (image is None):
            raise ValueError("give a text or an image")
        if image is not None:
            return self.encoder.images([open_picture(image)])[0], "image"
        assert text is not None
        if not text.strip():
            raise UserError("the text is empty; give one that says what to search for")
        return self.encoder.texts([text])[0], "text"

    def _found(self, asked: Modality, find: Modality | None) -> Modality:
        other: Modality = "image" if asked == "text" else "text"
        if find is None:
            return other if other in self.gallery.features else asked
        if find not in self.gallery.features:
            raise UserError(f"{self.gallery.name}: holds no {find}s to find")
        return find

    def _guesses(self, rows: NDArray[np.int64], modality: Modality) -> list[Guess]:
        features = np.asarray(self.gallery.features[modality][rows])
        shares = self._space.embedder.posterior(features, SIDES[modality])
        best = shares.argmax(axis=1)
        return [(self.classes[c], float(row[c])) for c, row in zip(best, shares, strict=True)]
