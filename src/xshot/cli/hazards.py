"""Check of what lies in a folder that DVC cannot take in: its run would stop there, or never end.

DVC hashes every file of a folder that a stage depends on, also those that nobody asked for.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from dvc.dvcfile import ProjectFile, SingleStageFile
from dvc.exceptions import DvcException
from dvc.utils.serialize import load_yaml

from xshot.cli.finding import Finding
from xshot.walking import Passed, is_text, walk

_OWN = (".git", ".hg", ".dvc")
"""Folders that DVC passes over wherever they are."""


_WRITTEN = ("data", "models", "plots", "report")
"""Folders of outputs, which cannot lie in what a stage reads."""


def check_hazards(folder: Path) -> Iterator[Finding]:
    """A finding for the first file or folder that DVC stops at, and how many there are."""
    if not folder.is_dir():
        return
    if any(Path(own).resolve().is_relative_to(folder.resolve()) for own in _WRITTEN):
        yield Finding(
            "wrong",
            f"{folder}: `dvc repro` will stop: it holds what the stages write; put the data set "
            "into a folder of its own",
        )
        return
    found = list(_hazards(folder))
    if found:
        path, reason = found[0]
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        yield Finding("wrong", f"{folder / path}{others}: `dvc repro` will stop there: {reason}")


def _hazards(folder: Path) -> Iterator[tuple[str, str]]:
    passed = Passed()
    for path, problem in walk(folder, passed, everything=True):
        if any(part in _OWN for part in path.split("/")):
            continue
        if problem is not None:
            yield path, problem if ";" in problem else f"{problem}; move it elsewhere"
        elif not is_text(path):
            yield path, "its name is not UTF-8; rename it"
        elif path.rpartition("/")[2] == ".dvcignore":
            yield path, "a .dvcignore inside what a stage reads; move it elsewhere"
        elif not _is_read_by_dvc(folder / path):
            yield path, "looks like a file of DVC's own, but is none; move it elsewhere"
        elif not os.access(folder / path, os.R_OK):
            yield path, "permission denied; mend its access rights"
    yield from passed.unreadable


def _is_read_by_dvc(file: Path) -> bool:
    """Whether DVC can read a file that it takes for its own; it looks for such in the project."""
    is_project = file.name == "dvc.yaml"
    if not (is_project or file.suffix == ".dvc") or not file.resolve().is_relative_to(Path.cwd()):
        return True
    kind = ProjectFile if is_project else SingleStageFile
    try:
        kind.validate(load_yaml(str(file)), str(file))
    except (DvcException, OSError, ValueError):
        return False
    return True
