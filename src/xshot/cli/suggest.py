"""Say which pictures to label next for a class: in an index, or among rows nobody learned from."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xshot.cli.arguments import as_text
from xshot.cli.retriever import GalleryOption, ModelOption, load_retriever, uncollected
from xshot.errors import UserError
from xshot.terminal import as_json as json_of
from xshot.terminal import say

if TYPE_CHECKING:
    from xshot.search.gallery import Gallery


def command(
    name: Annotated[str, typer.Argument(help="of the class, known or new", show_default=False)],
    n: Annotated[int, typer.Option("--n", min=1, help="how many suggestions")] = 3,
    confirmed: Annotated[
        list[str] | None,
        typer.Option(help="an image, as printed, that is of the class; several times"),
    ] = None,
    refused: Annotated[
        list[str] | None, typer.Option(help="an image that is not; several times")
    ] = None,
    index: GalleryOption = None,
    model: ModelOption = Path("models/projector"),
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print the images to look at next; say what each was with --confirmed or --refused."""
    name = " ".join(as_text(name, "the name").split())
    if not name:
        raise UserError('the name is empty; type one, as in `xshot suggest "red panda"`')
    with uncollected():
        from xshot.search.answers import as_table
        from xshot.search.gallery import read_unlabelled

        members: list[int] = []

        def unlabelled(root: Path) -> "Gallery":
            gallery, known = read_unlabelled(Path(), name, root)
            members.extend(known)
            return gallery

        retriever = load_retriever(model, index, unlabelled)
        said_yes, said_no = (_rows(each or (), retriever.gallery) for each in (confirmed, refused))
        if both := sorted(set(said_yes) & set(said_no)):
            image = retriever.gallery.images[both[0]]
            raise UserError(f"{image}: confirmed and refused; leave one of them out")
        hits = retriever.suggest(name, n=n, confirmed=[*members, *said_yes], refused=said_no)
    if as_json:
        found = [{"image": hit.image, "text": hit.text, "probability": hit.score} for hit in hits]
        say(json_of({"class": name, "gallery": retriever.gallery.name, "suggestions": found}))
    elif not hits:
        say("nothing left to ask about: every picture was answered")
    else:
        say(as_table({"suggested": hits}))


def _rows(images: Sequence[str], gallery: "Gallery") -> list[int]:
    """The rows of images that were named.

    Raises:
        UserError: an image that the gallery lacks.
    """
    rows = {image: row for row, image in reversed([*enumerate(gallery.images)])}
    for image in images:
        if image not in rows:
            near = ", ".join(get_close_matches(image, rows, 3, cutoff=0))
            raise UserError(f"{image}: no image of {gallery.name}; the nearest are {near}")
    return [rows[image] for image in images]
