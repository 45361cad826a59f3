"""Search that learns: classes are added, examples of them suggested, and what was added kept."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from xshot.curves import Curves
from xshot.errors import UserError
from xshot.model.suggesting import names_of, suggest_rows
from xshot.projector.file import save_embedder
from xshot.search.classes import NewClass
from xshot.search.examples import (
    Picture,
    check_examples,
    check_new_class,
    new_class,
    prompt_of,
)
from xshot.search.hits import Hit, hits_of
from xshot.search.pool import pool_of
from xshot.search.searcher import Searcher
from xshot.search.space import SIDES, Matrix
from xshot.suggestion.names import Names


class Retriever(Searcher):
    """Search in a gallery, and further classes without training.

    It may be used by several threads. Make it with `Retriever.load` or `Retriever.from_features`.
    """

    def with_class(
        self,
        name: str,
        *,
        images: Sequence[Picture] = (),
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
            UserError: the name is none for a class or taken, an image cannot be read, or the model
                knows no classes.
            ValueError: one example in place of a list, or rows that the gallery lacks.
        """
        check_examples(images, texts, rows, len(self.gallery))
        self._check_knows_classes()
        check_new_class(name, self.classes, self.templates)
        kept = self.gallery.features
        picked = [kept[kind][list(rows)] if kind in kept else () for kind in SIDES]
        new = new_class(
            name,
            self.encoder,
            self.templates,
            images=images,
            texts=texts,
            image_features=[*picked[0], *image_features],
            text_features=list(picked[1]),
        )
        return self._with_added((*self.added, new))

    def suggest(
        self,
        name: str,
        *,
        n: int = 3,
        confirmed: Sequence[int] = (),
        refused: Sequence[int] = (),
    ) -> list[Hit]:
        """The rows to ask about next, to find examples of a class; see docs/suggest.md.

        Args:
            name: of a class that the model knows, or of a new one.
            n: how many, each another picture.
            confirmed: rows of the gallery that are members.
            refused: rows of the gallery that are not.

        Returns:
            Hits whose score is the probability that the row is a member; none of them was answered.

        Raises:
            UserError: the name is empty, or the model knows no classes.
            ValueError: `n` is below 1, or the gallery lacks a row.
        """
        self._check_knows_classes()
        place: int | Matrix
        if name in self.classes:
            place = self.classes.index(name)
        else:
            check_new_class(name, self.classes, self.templates)
            place = prompt_of(name, self.encoder, self.templates)
        pool = pool_of(self.gallery, self._space.embedder, self._prompt(place), confirmed, refused)
        found = suggest_rows(
            self._space.embedder,
            self._names,
            place,
            pool.features,
            pictures=pool.pictures,
            confirmed=pool.places(confirmed),
            refused=pool.places(refused),
            n=n,
        )
        rows = pool.rows[[each.row for each in found]].tolist()
        scores = [each.probability for each in found]
        return hits_of(self.gallery, rows, scores, [(None, 0.0)] * len(rows))

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
        save_embedder(Path(folder), self._space.embedder, provenance, None, curves)

    @cached_property
    def _names(self) -> Names:
        features = self.gallery.features
        return names_of(self._space.embedder, [each for each in SIDES if each in features])

    def _prompt(self, place: int | Matrix) -> Matrix:
        """(D,) the centred prompt of a class: of one that is known, or from its feature."""
        if isinstance(place, int):
            known: Matrix = self._names.prompts[place]
            return known
        centred: Matrix = self._space.embedder.centring.of_text(place[None])[0]
        return centred

    def _check_knows_classes(self) -> None:
        if not self.knows_classes:
            raise UserError(
                f"variant {self.provenance.variant} has no class-posterior coordinates, so that no "
                "class can be added; train one that has, such as xshot or posterior"
            )

    def _with_added(self, added: tuple[NewClass, ...]) -> "Retriever":
        return Retriever(
            self._trained,
            self.provenance,
            self._encoder,
            self.gallery,
            templates=self.templates,
            added=added,
        )
