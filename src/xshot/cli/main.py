"""`xshot COMMAND`: one module of this package per command."""

import sys
from collections.abc import Sequence
from errno import ENOSPC, EPIPE
from importlib import import_module
from typing import Any, cast

import typer

from xshot.errors import UserError, one_line_errors
from xshot.terminal import end_output

# Modules by command. The one asked for is imported alone: `xshot check` must not wait for a web
# framework, nor `--help` for torch.
COMMANDS: dict[str, str] = {
    "check": "xshot.cli.check",
    "import": "xshot.cli.import_features",
    "search": "xshot.cli.search",
    "suggest": "xshot.cli.suggest",
    "index": "xshot.cli.index",
    "serve": "xshot.cli.serve",
    "export": "xshot.cli.export",
}

# Of all mistakes in what was typed. Which module defines it depends on Typer's version.
_UsageError = cast(type[Any], typer.BadParameter.__base__)


def build(names: Sequence[str]) -> typer.Typer:
    """The application with the named commands."""
    app = typer.Typer(
        name="xshot",
        help="Few-shot image-text retrieval: what is not the pipeline (that is `dvc repro`).",
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
    words = sys.argv[1:]
    asked = [word for word in words[:1] if word in COMMANDS]
    with one_line_errors():
        sys.exit(_run(build(asked or list(COMMANDS)), words or ["--help"]))


def _run(app: typer.Typer, words: list[str]) -> int:
    """The exit code.

    Raises:
        UserError: there is no such command or option, or not with such a value.
    """
    try:
        code: int | None = app(words, standalone_mode=False)
    except OSError as error:
        if error.filename is not None or error.errno not in (EPIPE, ENOSPC):
            raise
        end_output(sys.stdout, error)  # of what Typer itself prints
    except _UsageError as error:
        known = " ".join(["xshot", *(word for word in words[:1] if word in COMMANDS)])
        command = error.ctx.command_path if error.ctx else known
        message = error.format_message().rstrip(".")
        raise UserError(f"{message}; see `{command} --help`") from None
    return code or 0


if __name__ == "__main__":
    main()
