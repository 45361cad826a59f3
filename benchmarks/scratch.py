"""A copy of this checkout to run the pipeline in, apart from the user's data, lock and cache."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]


@contextmanager
def scratch_copy() -> Iterator[Path]:
    """A copy with the data, the encoder and the features of what it holds, but no lock.

    Its stages run by `benchmarks.stage_clock`; dataset and encoder are files that no stage makes.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("src", "pipeline", "benchmarks", ".dvc", "data", "models"):
            shutil.copytree(ROOT / name, copy / name, ignore=_not_copied)
        if (ROOT / ".cache").exists():  # else features are computed once more
            shutil.copytree(ROOT / ".cache", copy / ".cache")
        (copy / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")
        text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
        clocked = text.replace("python -m pipeline.", "python -m benchmarks.stage_clock ")
        (copy / "dvc.yaml").write_text(clocked, encoding="utf-8")
        for name in ("params.yaml", ".dvcignore"):
            shutil.copy(ROOT / name, copy)
        run(copy, "dvc", "repro", "extract")
        yield copy


def run(folder: Path, *command: str) -> None:
    """Run a command in a scratch copy, with its code.

    Raises:
        subprocess.CalledProcessError: it failed; its output has been printed.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        print(done.stdout.decode(errors="replace"), file=sys.stderr)
        done.check_returncode()


def environment(folder: Path) -> dict[str, str]:
    """This process's, with the code of a scratch copy and this Python's tools."""
    path = f"{folder / 'src'}{os.pathsep}{folder}"
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": path, "PATH": tools}


def set_params(folder: Path, **values: Any) -> None:
    """Change params.yaml of a scratch copy, keys named as `section__key`."""
    yaml = YAML()
    tree = yaml.load(folder / "params.yaml")
    for name, value in values.items():
        *sections, key = name.split("__")
        node = tree
        for section in sections:
            node = node[section]
        node[key] = value
    yaml.dump(tree, folder / "params.yaml")


def _not_copied(folder: str, names: list[str]) -> list[str]:
    """What a stage makes, but its inputs; compiled code; the lock and cache of DVC."""
    at = Path(folder).relative_to(ROOT).as_posix()
    if at.startswith("pipeline/"):
        return [name for name in names if name.startswith("dvc.") or name == "__pycache__"]
    if at == "data":
        return [name for name in names if name != "sources"]
    if at == "models":
        return [name for name in names if name != "encoders"]
    if at == ".dvc":
        return [name for name in names if name in ("cache", "tmp", "config.local")]
    return [name for name in names if name == "__pycache__"]
