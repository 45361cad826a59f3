"""Check of where the commands are run: the environment, Git, and what experiments in copies see."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from dvc.config import Config
from dvc.exceptions import DvcException

from xshot.cli.finding import Finding

_ACTIVATE = "type `source .venv/bin/activate` first"


def check_surroundings() -> Iterator[Finding]:
    """Whether stages will run in this environment, and whether DVC finds Git."""
    own = Path(sys.executable).parent
    found = shutil.which("python")
    if found is None or not Path(found).parent.samefile(own):
        which = "no `python`" if found is None else f"`python` is {found}"
        yield Finding(
            "note", f"PATH: {which}, not that of {own}, which stages should run in; {_ACTIVATE}"
        )
    if Path(".dvc").is_dir() and not _in_git() and not _without_git():
        yield Finding(
            "wrong",
            ".: no Git repository; for `dvc repro` type `dvc config --local core.no_scm true`, for "
            "`dvc exp` clone with Git, or type `git init` and commit",
        )
    elif not _trusted():
        yield Finding(
            "note",
            ".: belongs to another user, so Git refuses it; for `dvc exp` type "
            f"`git config --global --add safe.directory {quote(str(Path.cwd()))}`",
        )
    elif Path("dvc.yaml").exists() and _in_git() and not _committed():
        yield Finding(
            "note",
            "dvc.yaml: in no commit of Git, where `dvc exp` starts from; type `git add --all .` "
            "and `git commit`",
        )


def _trusted() -> bool:
    """Whether Git works in a folder that it may take for another user's (its `safe.directory`)."""
    command = ["git", "rev-parse", "--git-dir"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return True
    return b"safe.directory" not in done.stderr


def _committed() -> bool:
    """Whether the last commit has the pipeline, as after a clone."""
    command = ["git", "cat-file", "-e", "HEAD:./dvc.yaml"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return True


def check_for_copies(folder: Path, key: str) -> Iterator[Finding]:
    """A note where a folder is not there for experiments that run in a copy of the repository.

    Args:
        folder: which no stage makes.
        key: the param that names it.
    """
    if folder.is_absolute() or not folder.is_dir() or not _in_git():
        return
    command = ["git", "ls-files", "--", str(folder), f"{folder}.dvc"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    if not listed:
        yield Finding(
            "note",
            f"{folder}: known to neither Git nor DVC; for `dvc exp run --queue` or `--temp` set "
            f"{key} to its whole path, {folder.absolute()}",
        )


def _in_git() -> bool:
    return any((folder / ".git").exists() for folder in (Path.cwd(), *Path.cwd().parents))


def _without_git() -> bool:
    try:
        return bool(Config.from_cwd()["core"].get("no_scm"))
    except (DvcException, OSError):
        return False
