"""The stages. They run in the environment that `make` has set up, whether it is active or not."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

_ENVIRONMENT = Path(__file__).absolute().parents[1] / ".venv"
_NEEDED = ("xshot", "open_clip")


def _go_on_in_the_environment() -> None:
    """Start again under the environment's Python, if there is one and it is not this one."""
    python = _ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    arguments = getattr(sys, "orig_argv", None)  # since Python 3.10
    if arguments and python.is_file() and Path(sys.prefix).resolve() != _ENVIRONMENT.resolve():
        os.environ["PATH"] = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        os.execv(python, [str(python), *arguments[1:]])
    sys.exit(
        f"error: {sys.executable} has no XShot; type `source .venv/bin/activate` first, "
        "or `make demo`, which sets it up"
    )


if not all(map(find_spec, _NEEDED)):
    _go_on_in_the_environment()

from xshot.interrupts import end_quietly  # noqa: E402 - not before it is known to be there

end_quietly()  # what the stages import takes seconds
