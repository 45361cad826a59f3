"""Search in a browser: by text or by image, raw CLIP beside the model, and classes of your own."""

import sys
from pathlib import Path
from socket import socket
from typing import Annotated

import typer

from xshot.cli.retriever import GalleryOption, ModelOption, load_retriever, uncollected
from xshot.errors import UserError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def command(
    host: Annotated[
        str,
        typer.Option(help="address to listen on; another than loopback opens it to the network"),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    index: GalleryOption = None,
    model: ModelOption = Path("models/projector"),
) -> None:
    """Serve the page until Ctrl-C."""
    try:
        import python_multipart  # noqa: F401  # FastAPI asks for it late
        import uvicorn

        from xshot.serve.app import create_app
    except ImportError as error:
        raise UserError(
            f"xshot serve needs {error.name}: type `pip install -e '.[serve]'` in the checkout"
        ) from None

    # The thread that answers must not wait long for the one that encodes.
    sys.setswitchinterval(0.0005)
    with uncollected():
        retriever = load_retriever(model, index)
        retriever.encoder.load(images=True)
        retriever.embed()
        retriever.search(text="the first one takes longer than all others")
    hosts = ("localhost", "127.0.0.1", "[::1]") if host in _LOOPBACK else ("*",)
    config = uvicorn.Config(
        create_app(retriever, hosts=hosts),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
    )
    listener = config.bind_socket()

    class Announced(uvicorn.Server):
        """Says where it is once it answers: before, a browser would be refused."""

        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            address = f"[{host}]" if ":" in host else host
            typer.echo(f"http://{address}:{listener.getsockname()[1]} (Ctrl-C ends it)")

    Announced(config).run([listener])
