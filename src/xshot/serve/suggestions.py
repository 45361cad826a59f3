"""The request for examples of a class that are yet to be confirmed."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from xshot.errors import UserError
from xshot.serve.limits import MAX_EXAMPLES, MAX_NAME, MAX_REFUSED, RefusedError

if TYPE_CHECKING:
    from xshot.serve.app import Search


class Answered(BaseModel):
    """A class, what was answered about it, and how many rows to ask about next."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(max_length=MAX_NAME)
    n: int = Field(default=3, ge=1, le=MAX_EXAMPLES)
    confirmed: list[int] = Field(default=[], max_length=MAX_EXAMPLES)
    refused: list[int] = Field(default=[], max_length=MAX_REFUSED)


def add_suggestions(app: FastAPI, search: "Search") -> None:
    """Answers with the rows that `Retriever.suggest` gives."""

    @app.post("/api/suggestions")
    async def suggest(answered: Answered) -> dict[str, Any]:
        retriever = search.retriever
        rows = (*answered.confirmed, *answered.refused)
        if not all(0 <= row < len(retriever.gallery) for row in rows):
            raise RefusedError(422, "rows: no such row in the gallery")
        try:
            hits = await asyncio.to_thread(
                retriever.suggest,
                " ".join(answered.name.split()),
                n=answered.n,
                confirmed=answered.confirmed,
                refused=answered.refused,
            )
        except UserError as error:
            raise RefusedError(422, str(error)) from None
        return {"hits": [asdict(hit) for hit in hits]}
