"""Check of what a kill leaves behind and no later run mends.

DVC does not write its own files atomically. A stage that was killed while it wrote leaves the
unfinished file beside the output; where DVC then restores the output from its cache, it stays.
"""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from xshot.cli.finding import Finding

_REMEDIES = {
    Path("dvc.lock"): "`git checkout dvc.lock`",
    Path(".dvc/tmp/rwlock"): "delete it",  # who reads and writes what, as long as DVC runs
}
_FOLDERS = tuple(Path(name) for name in (".", "data", "models", "plots", "report"))


def check_bookkeeping() -> Iterator[Finding]:
    """A finding for each file that DVC will not be able to read; no results are lost with it."""
    for path, remedy in _REMEDIES.items():
        if path.exists() and not _is_whole(path):
            yield Finding("wrong", f"{path}: DVC was killed while it wrote this file; {remedy}")


def check_leftovers() -> Iterator[Finding]:
    """A finding for each unfinished file or folder beside the outputs; nothing reads it."""
    for folder in _FOLDERS:
        for path in sorted(folder.glob(".*.partial")):
            yield Finding(
                "note", f"{path}: left by a run that was killed; delete it, unless one is writing"
            )


def _is_whole(path: Path) -> bool:
    try:
        # JSON is YAML, too.
        return isinstance(YAML(typ="safe", pure=True).load(path), dict)
    except (YAMLError, ValueError):
        return False
