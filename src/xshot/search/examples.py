"""What is given to a retriever: queries, and examples of a class, checked and decoded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np

from xshot.errors import UserError
from xshot.pictures import BadImageError, decode_image, read_picture
from xshot.reading import explain
from xshot.search.classes import NewClass
from xshot.search.encoder import QueryEncoder
from xshot.search.gallery import FEATURES
from xshot.search.space import SIDES, SYSTEMS, Matrix
from xshot.store.manifest import label_problem

if TYPE_CHECKING:
    from PIL.Image import Image

Picture = Union[str, Path, bytes, "Image"]
"""A file, its bytes, or an RGB picture."""


def check_asked(k: int, system: str, find: str | None, asked: str = "text") -> None:
    """Raises ValueError: no such `k`, `system`, `find` or `asked`."""
    if k < 1:
        raise ValueError(f"k = {k}: ask for one answer at least")
    if system not in SYSTEMS:
        raise ValueError(f"system = {system!r}: one of {', '.join(SYSTEMS)}")
    if asked not in SIDES:
        raise ValueError(f"asked = {asked!r}: one of {', '.join(SIDES)}")
    if find is not None and find not in SIDES:
        raise ValueError(f"find = {find!r}: one of {', '.join(SIDES)}, or None")


def check_examples(images: object, texts: object, rows: Sequence[int], n_rows: int) -> None:
    """Raises ValueError: one example in place of a list, or rows that the gallery lacks."""
    for name, examples in (("images", images), ("texts", texts)):
        # Its letters or bytes would be taken for examples.
        if isinstance(examples, str | bytes | Path):
            raise ValueError(f"{name}: give a list of examples, as in {name}=[...]")
    strange = [row for row in rows if not 0 <= row < n_rows]
    if strange:
        raise ValueError(f"rows: {strange[0]} is none of the gallery's 0 to {n_rows - 1}")


def check_new_class(name: str, known: Sequence[str], templates: Sequence[str]) -> None:
    """Raises UserError: the name is empty or taken, or there are no templates of its prompts."""
    if not name.strip():
        raise UserError("the class's name is empty; give it one")
    if problem := label_problem(name):
        raise UserError(problem)
    if name in known:
        raise UserError(f"class '{name}' is known already; choose another name")
    if not templates:
        raise UserError(
            f"{FEATURES}: no templates of the class prompts, which a new class needs; run "
            "`dvc repro extract`, of imported features after `xshot import --encode-names`; in "
            "Python, give Retriever.from_features templates=[...]"
        )


def new_class(
    name: str,
    encoder: QueryEncoder,
    templates: Sequence[str],
    *,
    images: Sequence[Picture],
    texts: Sequence[str],
    image_features: Sequence[Matrix],
    text_features: Sequence[Matrix],
) -> NewClass:
    """A class by its name and its examples, as pictures and texts or as their CLIP features (D,).

    Raises:
        UserError: an image cannot be read.
    """
    prompt = prompt_of(name, encoder, templates)
    image, text = list(image_features), list(text_features)
    if images:
        image += list(encoder.images([open_picture(example) for example in images]))
    if texts:
        text += list(encoder.texts(texts))
    nothing = prompt[None][:0]
    return NewClass(
        name,
        prompt,
        np.stack(image) if image else nothing,
        np.stack(text) if text else nothing,
    )


def prompt_of(name: str, encoder: QueryEncoder, templates: Sequence[str]) -> Matrix:
    """(D,) the class prompt: unit-norm mean over the templates."""
    prompts = encoder.texts([template.replace("{}", name) for template in templates])
    mean = prompts.mean(axis=0)
    prompt: Matrix = mean / np.linalg.norm(mean)
    return prompt


def open_picture(image: Picture) -> "Image":
    """The RGB picture.

    Raises:
        UserError: it cannot be read.
    """
    if isinstance(image, str | Path):
        try:
            return decode_image(read_picture(Path(image)))
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
