"""Requests that list, add and remove classes."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import FastAPI, Form, UploadFile
from numpy.typing import NDArray

from xshot.errors import UserError
from xshot.search.retriever import Retriever
from xshot.serve.limits import MAX_CLASSES, MAX_EXAMPLES, MAX_NAME, RefusedError
from xshot.serve.saving import Example, Saving

if TYPE_CHECKING:
    from xshot.serve.app import Search

Matrix = NDArray[np.float32]


def add_class_routes(app: FastAPI, search: "Search", saving: Saving | None) -> None:
    """Requests that list, add and remove classes; `saving` is where they are written, if at all."""

    @app.get("/api/classes")
    async def list_classes() -> dict[str, Any]:
        return _added(search.retriever)

    @app.post("/api/classes", status_code=201)
    async def add_class(
        name: Annotated[str, Form(max_length=MAX_NAME)],
        rows: Annotated[tuple[int, ...], Form(max_length=MAX_EXAMPLES)] = (),
        images: Annotated[tuple[UploadFile, ...], Form(max_length=MAX_EXAMPLES)] = (),
    ) -> dict[str, Any]:
        name = " ".join(name.split())
        if not name:
            raise RefusedError(422, "name: empty; give the class a name")
        if not all(0 <= row < len(search.retriever.gallery) for row in rows):
            raise RefusedError(422, "rows: no such row in the gallery")
        files = [await image.read() for image in images]
        uploads = [await search.images.do(data) for data in files]
        chosen = list(dict.fromkeys(rows))
        async with search.changing:
            if len(search.retriever.added) >= MAX_CLASSES:
                raise RefusedError(409, f"{MAX_CLASSES} classes are added already; remove one")
            try:
                search.retriever = await asyncio.to_thread(
                    _extended, search.retriever, name, chosen, uploads, saving, files
                )
            except UserError as error:
                raise RefusedError(409, str(error)) from None
        return _added(search.retriever)

    # Proxies decode, cut and join paths (`a/../b`, `what?`); what stands after a `?` they leave.
    @app.delete("/api/classes")
    @app.delete("/api/classes/{name:path}")
    async def remove_class(name: str) -> dict[str, Any]:
        async with search.changing:
            try:
                search.retriever = await asyncio.to_thread(_reduced, search.retriever, name, saving)
            except UserError as error:
                raise RefusedError(404, str(error)) from None
        return _added(search.retriever)


def _added(retriever: Retriever) -> dict[str, Any]:
    return {
        "added": [
            {"name": new.name, "images": len(new.image), "texts": len(new.text)}
            for new in retriever.added
        ]
    }


def _examples(retriever: Retriever, rows: Sequence[int], files: Sequence[bytes]) -> list[Example]:
    """What is known of a class's examples; a row whose picture lies nowhere is left out."""
    gallery = retriever.gallery
    own = [(gallery.picture(row), gallery.texts[row] if gallery.texts else "") for row in rows]
    found = [Example(path, text) for path, text in own if path is not None]
    return found + [Example(data) for data in files]


def _extended(
    retriever: Retriever,
    name: str,
    rows: Sequence[int],
    uploads: Sequence[Matrix],
    saving: Saving | None,
    files: Sequence[bytes],
) -> Retriever:
    extended = retriever.with_class(name, rows=rows, image_features=uploads)
    extended.embed()
    if saving is not None:
        saving.add(name, _examples(retriever, rows, files))
    return extended


def _reduced(retriever: Retriever, name: str, saving: Saving | None) -> Retriever:
    reduced = retriever.without_class(name)
    if saving is not None:
        saving.remove(name)
    return reduced
