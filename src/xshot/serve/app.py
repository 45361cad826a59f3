"""The server: one page and the few requests that it makes."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from numpy.typing import NDArray
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from xshot.errors import UserError
from xshot.report.thumbnails import small_jpeg
from xshot.search.retriever import Retriever
from xshot.search.space import SYSTEMS, Modality, System
from xshot.serve.batch_queue import BatchQueue, QueueFullError
from xshot.serve.classes import add_class_routes
from xshot.serve.guard import Guard
from xshot.serve.limits import (
    MAX_TEXT,
    MAX_TOP,
    RETRY_AFTER,
    WAITING_IMAGES,
    WAITING_TEXTS,
    RefusedError,
)
from xshot.serve.page import render_page, security_policy
from xshot.serve.saving import Saving
from xshot.serve.suggestions import add_suggestions
from xshot.serve.uploads import decode_upload

Matrix = NDArray[np.float32]
Asked = Literal["model", "clip", "both"]

_TEXTS_TOGETHER = 64
_NO_OBJECT = 'send an object such as {"text": "a bird"} with content-type: application/json'
_PICTURE_SIDE = 320
_PICTURES_KEPT = 2048


class TextQuery(BaseModel):
    """A text, and how to answer it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    top: int = Field(default=12, ge=1, le=MAX_TOP)
    system: Asked = "model"
    find: Modality | None = None


class Search:
    """The retriever as it is now, and the lines in front of its encoder."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self.changing = asyncio.Lock()
        self.texts: BatchQueue[str, Matrix] = BatchQueue(
            lambda texts: list(retriever.encoder.texts(texts)),
            capacity=WAITING_TEXTS,
            together=_TEXTS_TOGETHER,
        )
        # Decoded by the thread that encodes: no more pictures are open than are worked on.
        self.images: BatchQueue[bytes, Matrix] = BatchQueue(
            lambda uploads: [_encoded(retriever, data) for data in uploads],
            capacity=WAITING_IMAGES,
            together=1,
        )

    async def answer(
        self, feature: Matrix, asked: Modality, top: int, system: Asked, find: Modality | None
    ) -> StreamingResponse:
        """A line of JSON for each system, sent as soon as it is known."""
        retriever = self.retriever
        if find is not None and find not in retriever.gallery.features:
            raise RefusedError(422, f"find: the gallery holds no {find}s")

        async def line(name: System) -> str:
            hits = await asyncio.to_thread(
                retriever.rank, feature, asked, k=top, system=name, find=find
            )
            tree = {"system": name, "hits": [asdict(hit) for hit in hits]}
            return json.dumps(tree, ensure_ascii=False) + "\n"

        first, *rest = _systems(system)
        ready = await line(first)  # a gallery that is gone is told before an answer has begun

        async def lines() -> AsyncIterator[str]:
            yield ready
            for name in rest:
                yield await line(name)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    def close(self) -> None:
        """Let the threads go."""
        self.texts.close()
        self.images.close()


def create_app(
    retriever: Retriever,
    *,
    hosts: Sequence[str],
    framed: bool = False,
    saving: Saving | None = None,
) -> FastAPI:
    """The application.

    Args:
        retriever: with a gallery whose images can be found.
        hosts: names that the server may be called by; `*` for any.
        framed: let other pages show it in a frame.
        saving: where added classes are written to; None = nowhere.
    """
    search = Search(retriever)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        search.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    page = render_page(retriever, None if saving is None else saving.folder)
    app.add_middleware(Guard, policy=security_policy(page, framed=framed), hosts=hosts)
    _answer_errors(app)
    _add_page(app, search, page)
    _add_queries(app, search)
    add_class_routes(app, search, saving)
    add_suggestions(app, search)
    return app


def _add_page(app: FastAPI, search: Search, page: str) -> None:
    @app.head("/")
    @app.get("/")
    async def show_page() -> HTMLResponse:
        return HTMLResponse(page, headers={"cache-control": "no-cache"})

    @lru_cache(_PICTURES_KEPT)
    def small(row: int) -> bytes | None:
        gallery = search.retriever.gallery
        path = gallery.picture(row) if 0 <= row < len(gallery) else None
        return None if path is None else small_jpeg(path, _PICTURE_SIDE)

    @app.get("/api/pictures/{row}")
    async def show_picture(row: int, request: Request) -> Response:
        picture = await asyncio.to_thread(small, row)
        if picture is None:
            raise RefusedError(404, f"no picture of row {row}")
        # Asked for anew each time: behind the same address may be another gallery by then.
        tag = f'"{hashlib.sha256(picture).hexdigest()[:16]}"'
        headers = {"cache-control": "private, no-cache", "etag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(picture, media_type="image/jpeg", headers=headers)


def _add_queries(app: FastAPI, search: Search) -> None:
    @app.post("/api/search")
    async def search_text(query: TextQuery) -> StreamingResponse:
        text = query.text.strip()
        if not text:
            raise RefusedError(422, "text: empty; type something to search for")
        feature = await search.texts.do(text)
        return await search.answer(feature, "text", query.top, query.system, query.find)

    @app.post("/api/search/image")
    async def search_image(
        request: Request,
        top: Annotated[int, Query(ge=1, le=MAX_TOP)] = 12,
        system: Asked = "model",
        find: Modality | None = None,
    ) -> StreamingResponse:
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise RefusedError(415, "a form; send the file's bytes alone, as the body")
        feature = await search.images.do(await request.body())
        return await search.answer(feature, "image", top, system, find)


def _answer_errors(app: FastAPI) -> None:
    """Every error is `{"error": one line}`."""

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(UserError)
    async def unable(_: Request, error: UserError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 503)

    @app.exception_handler(QueueFullError)
    async def busy(_: Request, __: QueueFullError) -> JSONResponse:
        return JSONResponse(
            {"error": "too many queries are waiting; try again"},
            503,
            {"retry-after": str(RETRY_AFTER)},
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["loc"] == ("body",) or first["type"] == "json_invalid":
            return JSONResponse({"error": _NO_OBJECT}, 422)
        where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        return JSONResponse({"error": f"{where}: {first['msg']}".lstrip(": ")}, 422)

    @app.exception_handler(HTTPException)
    async def refused_by_framework(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


def _encoded(retriever: Retriever, data: bytes) -> Matrix | Exception:
    try:
        picture: Image = decode_upload(data)
    except RefusedError as error:
        return error
    features: Matrix = retriever.encoder.images([picture])[0]
    return features


def _systems(asked: Asked) -> tuple[System, ...]:
    return SYSTEMS if asked == "both" else (asked,)
