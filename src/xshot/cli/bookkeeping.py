"""Check of the files that DVC goes by, and of what a kill leaves behind and no later run mends.

DVC does not write its own files atomically. A stage that was killed while it wrote leaves the
unfinished file beside the output; where DVC then restores the output from its cache, it stays.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dvc.config import Config, ConfigError

from xshot.cli.finding import Finding, attempt
from xshot.params import read_yaml

_RWLOCK = Path(".dvc/tmp/rwlock")  # who reads and writes what, as long as DVC runs; JSON is YAML
_SOURCES = Path("pipeline/sources")
_TRACKED = (
    *(folder / name for folder in (Path(), _SOURCES) for name in ("dvc.yaml", "dvc.lock")),
    *(_SOURCES / "hub" / name for name in ("dvc.yaml", "dvc.lock", "params.yaml")),
)
_CONFIG = Path(".dvc/config")
_FOLDERS = tuple(Path(name) for name in (".", "data", "models", "plots", "report"))


def check_bookkeeping() -> Iterator[Finding]:
    """A finding for each file that DVC will not be able to read; no results are lost with it."""
    remedies = {path: f"mend it, or type `git checkout {path}`" for path in _TRACKED}
    for path, remedy in (remedies | {_RWLOCK: "delete it"}).items():
        if path.exists():
            yield from attempt(partial(read_yaml, path, remedy))
    if _CONFIG.exists():
        try:
            Config.from_cwd()
        except (ConfigError, OSError, ValueError) as error:
            told = f"{_CONFIG}, or config.local beside it: DVC cannot read it ({error}); mend it"
            yield Finding("wrong", told)


def check_leftovers() -> Iterator[Finding]:
    """A finding for each unfinished file or folder beside the outputs; nothing reads it."""
    for folder in _FOLDERS:
        for path in sorted(folder.glob(".*.partial")):
            yield Finding(
                "note", f"{path}: left by a run that was killed; delete it, unless one is writing"
            )
