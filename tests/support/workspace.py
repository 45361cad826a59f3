"""A small clone of the repository in which the whole pipeline runs in seconds.

Real drawings and real names (a few OpenMoji subgroups) through the `manifest` adapter, and a small
open_clip ViT with random weights in place of the encoder that takes a minute to build.
"""

import csv
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from ruamel.yaml import YAML

from tests.support.shipped import write_shipped

ROOT = Path(__file__).parents[2]
N_CLASSES = 10
ROWS_PER_CLASS = 14


@dataclass(frozen=True)
class Workspace:
    """A clone, and how to run DVC in it."""

    path: Path

    def dvc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `dvc` in the clone, with the clone's own source."""
        return run([sys.executable, "-m", "dvc", *arguments], self.path, check=check)

    def repro(self, *arguments: str) -> list[str]:
        """`dvc repro`; the stages that ran or were restored, in order."""
        return stages_run(self.dvc("repro", *arguments).stdout)

    def python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python in the clone."""
        return run([sys.executable, *arguments], self.path, check=check)

    def get(self, key: str) -> Any:
        """The value of a param, named as `section.key`."""
        return _value(self.path / "params.yaml", key)

    def set(self, **values: Any) -> None:
        """Set params, named as `section__key=value`."""
        yaml = YAML()
        file = self.path / "params.yaml"
        tree = yaml.load(file)
        for name, value in values.items():
            *sections, key = name.split("__")
            node = tree
            for section in sections:
                node = node[section]
            assert key in node, name
            node[key] = value
        yaml.dump(tree, file)


def _value(file: Path, key: str) -> Any:
    node = YAML(typ="safe", pure=True).load(file)
    for part in key.split("."):
        node = node[part]
    return node


def stages_run(output: str) -> list[str]:
    """Stages that DVC says it ran, whether executed or restored from the run cache."""
    return [
        line.split("'")[1]
        for line in output.splitlines()
        if line.startswith("Running stage '") or "is cached - skipping run" in line
    ]


def run(
    command: list[str], folder: Path, *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder`, against the source tree that lies in it."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if check and done.returncode:
        raise AssertionError(f"{command} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


def make_workspace(path: Path, images: Path, encoder: Path) -> Workspace:
    """Clone the working tree into `path` and point it at a small data set and encoder."""
    for name in _own_files():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, path / name)
    write_shipped(path / "params.yaml")
    for lock in path.rglob("dvc.lock"):
        lock.unlink()
    shutil.copytree(images, path / "raw")
    shutil.copytree(encoder, path / "encoder")
    workspace = Workspace(path)
    workspace.set(
        data__name="manifest",
        data__root="raw",
        clip__weights="encoder",
        clip__precision="float32",
        device="cpu",
        **SMALL,
    )
    (path / ".gitignore").open("a").write("/raw/\n/encoder/\n")
    for command in (
        ["git", "init", "-q"],
        ["git", "config", "user.email", "test@example.org"],
        ["git", "config", "user.name", "test"],
        ["git", "add", "-A"],
        ["git", "commit", "-q", "-m", "workspace"],
    ):
        run(command, path)
    return workspace


def _own_files() -> list[str]:
    """The repository's files, whether Git knows them (it may be a copy without) or not."""
    parts = ("src", "pipeline", "benchmarks", ".ci")
    found = [file for part in parts for file in (ROOT / part).rglob("*")]
    found += [*ROOT.iterdir(), ROOT / ".dvc/config", ROOT / ".dvc/.gitignore"]
    # In a worktree .git is a file, by which the copy would commit to the repository itself.
    return [
        str(file.relative_to(ROOT))
        for file in found
        if file.is_file()
        and not file.is_symlink()
        and not {".git", "__pycache__"}.intersection(file.parts)
    ]


SMALL: dict[str, Any] = {
    "select__steps": [3],
    "select__calibration": [1],
    "gmm__max_components": 4,
    "vaegan__steps": 3,
    "vaegan__hidden": 16,
    "vaegan__latent_dim": 8,
    "synthesize__pairs_per_class": 5,
    "projector__hidden": 16,
    "evaluate__bootstrap": 100,
}
"""Settings that make each training a matter of moments."""


def write_dataset(folder: Path) -> None:
    """A `manifest.csv` data set of real drawings and captions: whole subgroups, 32 pixels."""
    # Not where a machine has none of the drawings' packages: most tests need none.
    from pipeline.sources import emoji
    from pipeline.sources.drawings import render_png

    concepts = emoji.read_concepts()
    sizes = Counter(concept.subgroup for concept in concepts)
    subgroups = [name for name, size in sizes.items() if size >= ROWS_PER_CLASS][:N_CLASSES]
    (folder / "images").mkdir(parents=True)
    rows = []
    for subgroup in subgroups:
        members = [concept for concept in concepts if concept.subgroup == subgroup]
        for concept in members[:ROWS_PER_CLASS]:
            svg = emoji.openmoji_svg(concept)
            picture = Image.open(BytesIO(render_png(svg))).convert("RGB").resize((32, 32))
            picture.save(folder / "images" / f"{svg.stem}.png")
            rows.append(
                {"image": f"images/{svg.stem}.png", "text": concept.caption, "label": subgroup}
            )
    write_manifest_csv(folder, rows)


def write_manifest_csv(folder: Path, rows: list[dict[str, str]]) -> None:
    """Write `manifest.csv` with the columns of the first row."""
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
