"""A model and its tokenizer from the hub, and what went wrong in one line."""

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError, URLError

import open_clip
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, OfflineModeIsEnabled
from torch import nn

from xshot.errors import UserError

_OFFLINE = (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError, TimeoutError, URLError)


def fetch(model: str, tag: str) -> tuple[nn.Module, Any]:
    """An open_clip model in float32 with the weights `tag`, and its tokenizer.

    Raises:
        UserError: the hub cannot be reached, asks for a login, or does not have what it should.
    """
    try:
        return open_clip.create_model(model, pretrained=tag), open_clip.get_tokenizer(model)
    # open_clip, huggingface_hub and transformers each wrap the cause in errors of their own
    except Exception as error:
        raise UserError(f"{model}/{tag}: {_explain(error)}") from None


def _explain(error: Exception) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, GatedRepoError) for cause in causes):
        return "the hub asks for a login; accept the licence on its page, then `hf auth login`"
    if any(isinstance(cause, _OFFLINE) and not isinstance(cause, HTTPError) for cause in causes):
        return (
            "the hub cannot be reached and the files are not in its cache on this machine; "
            "run this with a network and without HF_HUB_OFFLINE, or copy the frozen folder here"
        )
    first = (str(causes[-1]).splitlines() or [type(causes[-1]).__name__])[0]
    return f"cannot be fetched: {first[:200]}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
