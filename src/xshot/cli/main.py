"""`xshot COMMAND`: one module of this package per command."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from xshot.errors import one_line_errors

# Modules by command. The one asked for is imported alone: `xshot check` must not wait for a web
# framework, nor `--help` for torch.
COMMANDS: dict[str, str] = {
    "check": "xshot.cli.check",
    "import": "xshot.cli.import_features",
    "search": "xshot.cli.search",
    "index": "xshot.cli.index",
    "serve": "xshot.cli.serve",
}


def build(names: Sequence[str]) -> typer.Typer:
    """The application with the named commands."""
    app = typer.Typer(
        name="xshot",
        help="Few-shot image-text retrieval: what is not the pipeline (that is `dvc repro`).",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    for name in names:
        module = import_module(COMMANDS[name])
        app.command(name, help=module.__doc__)(module.command)
    return app


def main() -> None:
    """Entry point of the console script."""
    asked = [word for word in sys.argv[1:2] if word in COMMANDS]
    with one_line_errors():
        build(asked or list(COMMANDS))()


if __name__ == "__main__":
    main()
