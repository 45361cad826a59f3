"""What `xshot.fit` gives: a trained model, named and used as those of scikit-learn are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.imports.labels import Names
from xshot.imports.unit import Matrix
from xshot.model.arrays import ArrayLike, as_array, feature_rows
from xshot.model.blocks import in_blocks
from xshot.model.card import write_card
from xshot.projector.choice import Choice
from xshot.projector.embedder import Embedder
from xshot.projector.file import Provenance
from xshot.suggestion.names import Modality
from xshot.variants import KShot


@dataclass(frozen=True)
class Facts:
    """What a model remembers of how it was fitted.

    Attributes:
        class_names: of all classes, in the order that labels count them.
        seed: of the draw and of all training.
        k_shot: pictures per target class; `all` = every one there was.
        n_train: source rows learned from.
        shots: pictures of each target class.
        chosen: what `select` chose, in words.
        notes: what a reader should know of the choice.
    """

    class_names: Names
    seed: int
    k_shot: KShot
    n_train: int
    shots: dict[str, int]
    chosen: str
    notes: tuple[str, ...]


@dataclass(frozen=True, repr=False, eq=False)
class Model:
    """A space for images and texts that source and target classes share.

    Attributes:
        embedder: the network, its centring and its class-posterior coordinates.
        provenance: what it was made from.
        facts: how it was fitted; None of a model that the pipeline has trained.
        choice: the member that was trained; None where that is not known any more.
    """

    embedder: Embedder
    provenance: Provenance
    facts: Facts | None = None
    choice: Choice | None = None

    def __repr__(self) -> str:
        n_target = len(self.provenance.target)
        return (
            f"Model(variant={self.provenance.variant!r}, dimensions={self.n_features_in_}, "
            f"source_classes={len(self.classes_) - n_target}, target_classes={n_target})"
        )

    @property
    def classes_(self) -> NDArray[np.str_]:
        """(C,) names of the classes that it knows, sorted: the columns of `predict_proba`."""
        return np.array(self.provenance.classes)

    @property
    def target_classes_(self) -> NDArray[np.str_]:
        """(T,) names of the target classes among them, sorted."""
        return np.array(self.provenance.target)

    @property
    def class_names(self) -> Names:
        """All classes in the order that labels given as numbers or columns count them."""
        return self.provenance.classes if self.facts is None else self.facts.class_names

    @property
    def n_features_in_(self) -> int:
        """D, the dimensions of the features that it takes."""
        return len(self.embedder.centring.image)

    def embed_images(self, features: ArrayLike) -> Matrix:
        """(N, D) CLIP features of images -> (N, E), unit norm.

        Inner products with `embed_texts` rank texts for images, and images for texts.

        Raises:
            UserError: features of another encoder's shape, or a row that is zero or not finite.
        """
        return in_blocks(self.embedder.embed_image, self._rows(features, "images"))

    def embed_texts(self, features: ArrayLike) -> Matrix:
        """(N, D) CLIP features of texts -> (N, E), unit norm; errors as of `embed_images`."""
        return in_blocks(self.embedder.embed_text, self._rows(features, "texts"))

    def predict_proba(
        self, images: ArrayLike | None = None, *, texts: ArrayLike | None = None
    ) -> Matrix:
        """(N, D) CLIP features of images or of texts -> (N, C) class posterior.

        Columns are in the order of `classes_`; rows sum to 1.

        Raises:
            UserError: the model has no class-posterior coordinates, or as of `embed_images`.
            ValueError: not exactly one of images and texts.
        """
        if (images is None) == (texts is None):
            raise ValueError("give images or texts")
        self._check_knows_classes()
        side, features, what = (0, images, "images") if texts is None else (1, texts, "texts")
        rows = self._rows(features, what)
        return in_blocks(lambda block: self.embedder.posterior(block, side), rows)

    def suggest(
        self,
        name: str,
        images: ArrayLike | None = None,
        texts: ArrayLike | None = None,
        *,
        class_feature: ArrayLike | None = None,
        ids: Sequence[str] | None = None,
        confirmed: Sequence[int] = (),
        refused: Sequence[int] = (),
        n: int = 3,
    ) -> NDArray[np.int64]:
        """The rows of a pool to ask about next, to find pictures of a class: docs/suggest.md.

        Args:
            name: of a class that the model knows, or of a new one.
            images: (N, D) CLIP features of the pool's images.
            texts: (N, D) of their texts, if there are any.
            class_feature: (D,) text feature of a new class's prompts; not looked at of others.
            ids: (N,) names of the rows' pictures; None = every row has a picture of its own.
            confirmed: rows that are members.
            refused: rows that are not.
            n: how many.

        Returns:
            (n,) places of rows that were not answered, best first; fewer if no more are left.

        Raises:
            UserError: the model has no class-posterior coordinates, the class is new and has no
                feature, or as of `embed_images`.
            ValueError: neither images nor texts, or a row that the pool lacks.
        """
        from xshot.model.suggesting import names_of, suggest_rows

        given: tuple[tuple[Modality, ArrayLike | None], ...] = (("image", images), ("text", texts))
        pool = {each: self._rows(rows, f"{each}s") for each, rows in given if rows is not None}
        if not pool:
            raise ValueError("give images, texts or both")
        self._check_knows_classes()
        place: int | Matrix
        if name in self.provenance.classes:
            place = self.provenance.classes.index(name)
        elif class_feature is None:
            raise UserError(f"{name!r}: no class of the model; give its class_feature")
        else:
            place = self._rows(as_array(class_feature, "class_feature")[None], "class_feature")[0]
        found = suggest_rows(
            self.embedder,
            names_of(self.embedder, list(pool)),
            place,
            pool,
            pictures=None if ids is None else np.unique(ids, return_inverse=True)[1].ravel(),
            confirmed=confirmed,
            refused=refused,
            n=n,
        )
        return np.array([each.row for each in found], np.int64)

    def save(self, folder: str | Path) -> None:
        """Write the model, its README.md included; `xshot.load` reads it.

        Args:
            folder: a new one, or one that holds a model, which is replaced.

        Raises:
            UserError: the folder holds something else, or cannot be written.
        """
        from xshot.model.file import save_model

        save_model(Path(folder), self)

    card = write_card

    def _check_knows_classes(self) -> None:
        if self.embedder.coordinates is None:
            raise UserError(
                f"variant {self.provenance.variant} has no class-posterior coordinates, which "
                "probabilities come from; fit one that has, such as xshot or posterior"
            )

    def _rows(self, features: ArrayLike, what: str) -> Matrix:
        return feature_rows(features, what, [], dimensions=self.n_features_in_)
