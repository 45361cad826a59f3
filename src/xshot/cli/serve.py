"""Search in a browser: by text or by image, raw CLIP beside the model, and classes of your own."""

import logging
import sys
from errno import EACCES, EADDRINUSE
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server, has_dualstack_ipv6, socket
from typing import Annotated

import typer

from xshot.cli.retriever import GalleryOption, ModelOption, load_retriever, uncollected
from xshot.errors import UserError
from xshot.terminal import say

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def command(
    host: Annotated[
        str,
        typer.Option(help="address to listen on; another than loopback opens it to the network"),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="name that a proxy in front is called by and passes on; several times"),
    ] = None,
    index: GalleryOption = None,
    model: ModelOption = Path("models/projector"),
    save: Annotated[
        Path | None,
        typer.Option(
            help="folder that added classes are written to, as pictures and rows of its "
            "manifest.csv; on a loopback address only"
        ),
    ] = None,
) -> None:
    """Serve the page until Ctrl-C."""
    try:
        import python_multipart  # noqa: F401  # FastAPI asks for it late
        import uvicorn

        from xshot.serve.app import create_app
        from xshot.serve.guard import host_name
        from xshot.serve.saving import Saving
    except ImportError as error:
        raise UserError(
            f"xshot serve needs {error.name}: type `pip install -e '.[serve]'` in the checkout"
        ) from None

    named = [host_name(name) for name in allow_host or ()]
    saving = None
    if save is not None:
        open_to = [*(() if host in _LOOPBACK else (host,)), *(allow_host or ())]
        if open_to:
            raise UserError(
                f"--save {save}: whoever reaches {open_to[0]} could write there; leave out --host "
                "and --allow-host, or --save"
            )
        saving = Saving(save)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    # Before all that takes seconds; a browser that comes meanwhile waits.
    listener = _listen(host, port)
    # The thread that answers must not wait long for the one that encodes.
    sys.setswitchinterval(0.0005)
    with uncollected():
        retriever = load_retriever(model, index)
        retriever.encoder.load(images=True)
        retriever.embed()
        retriever.search(text="the first one takes longer than all others")
    hosts = ("localhost", "127.0.0.1", "[::1]", *named) if host in _LOOPBACK else ("*",)
    config = uvicorn.Config(
        create_app(
            retriever,
            hosts=hosts,
            # Proxies of notebooks and of demos show it in a frame.
            framed=bool(named) or host not in _LOOPBACK,
            saving=saving,
        ),
        host=host,
        port=port,
        log_level="error",  # what it warns of is the clients' affair
        server_header=False,
    )

    class Announced(uvicorn.Server):
        """Says where it is once it answers."""

        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            address = f"[{host}]" if ":" in host else host
            say(f"http://{address}:{listener.getsockname()[1]} (Ctrl-C ends it)")

    Announced(config).run([listener])


def _listen(host: str, port: int) -> socket:
    """A socket that takes connections to an address.

    Raises:
        UserError: the port is taken or reserved, or the host is no address of this machine.
    """
    try:
        return create_server(
            (host, port),
            family=AF_INET6 if ":" in host else AF_INET,
            dualstack_ipv6=host == "::" and has_dualstack_ipv6(),
        )
    except (OSError, UnicodeError, TypeError) as error:  # the last two: no host is called so
        # Python adds the address, which the option's name and value say already.
        reason = str(getattr(error, "strerror", None) or error).partition(" (")[0]
        if getattr(error, "errno", None) in (EADDRINUSE, EACCES):
            raise UserError(f"--port {port}: {reason}; give another, or 0 for a free one") from None
        raise UserError(
            f"--host {host}: {reason}; give an address of this machine, such as 127.0.0.1"
        ) from None
