"""Check of DVC's own files, which DVC does not write atomically: a kill can cut them off."""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from xshot.cli.finding import Finding

_REMEDIES = {
    Path("dvc.lock"): "`git checkout dvc.lock`",
    Path(".dvc/tmp/rwlock"): "delete it",  # who reads and writes what, as long as DVC runs
}


def check_bookkeeping() -> Iterator[Finding]:
    """A finding for each file that DVC will not be able to read; no results are lost with it."""
    for path, remedy in _REMEDIES.items():
        if path.exists() and not _is_whole(path):
            yield Finding("wrong", f"{path}: DVC was killed while it wrote this file; {remedy}")


def _is_whole(path: Path) -> bool:
    try:
        # JSON is YAML, too.
        return isinstance(YAML(typ="safe", pure=True).load(path), dict)
    except (YAMLError, ValueError):
        return False
