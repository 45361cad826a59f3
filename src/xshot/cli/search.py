"""Search the dataset's test rows, or an index of any folder, by text or by image."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xshot.cli.arguments import as_text
from xshot.cli.retriever import GalleryOption, ModelOption, load_retriever, uncollected
from xshot.errors import UserError
from xshot.store.atomic import check_names_file, write_text
from xshot.terminal import say

if TYPE_CHECKING:
    from xshot.search.hits import Hit
    from xshot.search.space import System


def command(
    text: Annotated[str | None, typer.Argument(help="the query", show_default=False)] = None,
    image: Annotated[
        Path | None, typer.Option(help="an image file as the query, in place of a text")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="how many answers")] = 12,
    system: Annotated[
        Literal["model", "clip", "both"], typer.Option(help="the trained model, raw CLIP, or both")
    ] = "model",
    find: Annotated[
        Literal["image", "text"] | None,
        typer.Option(help="what to compare with the query (default: what the query is not)"),
    ] = None,
    index: GalleryOption = None,
    where: Annotated[
        str | None,
        typer.Option(
            help="of a gallery on disk only rows that fulfil this, in SQL: \"path LIKE 'birds/%'\""
        ),
    ] = None,
    model: ModelOption = Path("models/projector"),
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    html: Annotated[
        Path | None, typer.Option(help="write a page with the pictures to this file, too")
    ] = None,
) -> None:
    """Print the best rows for a query."""
    if (text is None) == (image is None):
        raise UserError('give one query: a text, as in `xshot search "a red bird"`, or --image')
    text = None if text is None else as_text(text, "the query")
    if text is not None and not text.strip():
        raise UserError('the query is empty; type a text, as in `xshot search "a red bird"`')
    if html is not None:
        check_names_file(html)
    with uncollected():
        from xshot.search.answers import as_json as json_of
        from xshot.search.answers import as_table
        from xshot.search.space import SYSTEMS

        retriever = load_retriever(model, index)
        systems: tuple[System, ...] = SYSTEMS if system == "both" else (system,)
        answers: dict[str, list[Hit]] = {
            name: retriever.search(
                text=text, image=image, k=top, system=name, find=find, where=where
            )
            for name in systems
        }
    query = str(image) if text is None else text
    say(json_of(query, retriever.gallery, answers) if as_json else as_table(answers))
    if html is not None:
        from xshot.search.page import as_page

        write_text(html, as_page(query, image, retriever.gallery, answers))
        if not as_json:
            say(f"\n{html}")
