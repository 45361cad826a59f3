"""What every request has to pass, and what every response carries."""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from xshot.errors import UserError
from xshot.serve.limits import MAX_BODY

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_OWN = re.compile(r"/api/(classes|pictures|search|suggestions)(/.*)?\Z", re.DOTALL)
_PORT = re.compile(r":\d*$")
_TOO_LARGE = f"too large; send at most {MAX_BODY // 2**20} MiB"


def host_name(address: str) -> str:
    """The name in what people give for one, such as a page's whole address, in small letters.

    Raises:
        UserError: there is none in it.
    """
    name = None
    with suppress(ValueError):
        name = urlsplit(address if "//" in address else f"//{address}").hostname
    if not name:
        raise UserError(f"host {address!r}: no name of one; give it as in hub.example.org")
    return f"[{name}]" if ":" in name else name


class Guard:
    """Refuses large bodies and what another site's page sends; adds headers that keep pages apart.

    A name that the server is not called by may be another site's, made to lead here.

    Args:
        app: what to guard.
        policy: the content security policy.
        hosts: names that the server may be called by, in small letters; `*` for any.
    """

    def __init__(self, app: App, policy: str, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._headers = {
            "content-security-policy": policy,
            "cross-origin-resource-policy": "same-origin",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        scope["path"] = _own_path(scope["path"])
        refusal = self._unknown_host(scope) or _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
        else:
            await self._app(scope, _limited(receive), send_with_headers)

    def _unknown_host(self, scope: Scope) -> JSONResponse | None:
        host = _PORT.sub("", Headers(scope=scope).get("host", "")).lower()
        if self._hosts & {"*", host}:
            return None
        names = ", ".join(sorted(self._hosts))
        told = f"host {host!r} is not served; ask for {names}, or start with --allow-host {host}"
        return JSONResponse({"error": told}, 400)


def _own_path(path: str) -> str:
    """A request's path without what a proxy leaves before it: its own path, or a second slash.

    A proxy's own path may have an `api` in it, as those of Kubernetes and Home Assistant.
    """
    own = _OWN.search(path)
    if own is not None:
        return own[0]
    page, _, last = path.rpartition("/")
    if last:
        # A file's name is no place of the page, nor is what nobody answers.
        return path if "." in last or "/api/" in path else "/"
    return path if page.endswith("/api") else "/"


def _refusal(scope: Scope) -> JSONResponse | None:
    headers = Headers(scope=scope)
    # Browsers always say where a request comes from; other clients need not.
    if scope["method"] in _CHANGES and headers.get("sec-fetch-site", "none") not in (
        "same-origin",
        "none",
    ):
        return JSONResponse({"error": "requests of other sites are refused"}, 403)
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > MAX_BODY:
        return JSONResponse({"error": _TOO_LARGE}, 413)
    return None


def _limited(receive: Receive) -> Receive:
    """Stop a body that is larger than it said, or that did not say."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return limited
