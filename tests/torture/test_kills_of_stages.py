"""`dvc repro` killed in each stage: outputs absent or whole, and the next run mends all."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.workspace import Workspace
from tests.torture.counts import KILLS_OF_A_STAGE

STAGES = (
    *("episode", "select", "fit_gmm", "train_vaegan", "synthesize", "train_projector"),
    "evaluate",
)


def hashes(root: Path) -> dict[str, str]:
    """Of every file that is an output of a stage."""
    names = ("data", "models", "plots", "report", "metrics.json")
    files = [path for name in names for path in (root / name, *(root / name).rglob("*"))]
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and ".partial" not in str(path)
    }


def outs(root: Path, stage: str) -> list[str]:
    tree = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"][stage]
    listed = [*tree["outs"], *tree.get("metrics", [])]
    return [out if isinstance(out, str) else next(iter(out)) for out in listed]


@pytest.fixture(scope="module")
def workspace(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of its own, DVC's cache included."""
    folder = tmp_path_factory.mktemp("copy") / "stages"  # a name that no finding looks like
    shutil.copytree(finished.path, folder, symlinks=True)
    return Workspace(folder)


def kill_in(workspace: Workspace, stage: str, draw: random.Random) -> None:
    """`dvc repro --force` of one stage, killed at a random instant of it with all its children."""
    gone = [workspace.path / out for out in outs(workspace.path, stage)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(workspace.path / "src"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", stage],
        cwd=workspace.path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # DVC removes a stage's outputs just before it runs its command.
    while process.poll() is None and all(path.exists() for path in gone):
        time.sleep(0.001)
    began = time.monotonic()
    seconds = SECONDS.setdefault(stage, 0.0) or 3.0
    moment = draw.uniform(0, 1.1 * seconds)
    while process.poll() is None and time.monotonic() - began < moment:
        time.sleep(0.001)
    if process.poll() is not None:  # it was quicker than the last time
        SECONDS[stage] = time.monotonic() - began
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    process.wait()


def do_as_check_says(workspace: Workspace) -> None:
    """Of DVC's own files, which are not written atomically, and of unfinished outputs."""
    lines = workspace.python("-m", "xshot.cli.main", "check", check=False).stdout.splitlines()
    for line in lines:
        if "killed" in line:
            path = workspace.path / line.split()[1].rstrip(":")
            # `git checkout dvc.lock` would do for a lock that is committed; this clone has none.
            shutil.rmtree(path) if path.is_dir() else path.unlink()


SECONDS: dict[str, float] = {}


@pytest.mark.torture
@pytest.mark.parametrize("stage", STAGES)
def test_kills_leave_outputs_absent_or_whole(workspace, stage):
    expected = hashes(workspace.path)
    draw = random.Random(STAGES.index(stage))
    for _ in range(KILLS_OF_A_STAGE):
        kill_in(workspace, stage, draw)
        left = hashes(workspace.path)
        assert left.items() <= expected.items()
        for out in outs(workspace.path, stage):
            files = [name for name in expected if name == out or name.startswith(f"{out}/")]
            assert sum(name in left for name in files) in (0, len(files)), out
        # What DVC remembers of earlier runs would restore the outputs without the stage.
        shutil.rmtree(workspace.path / ".dvc" / "cache" / "runs", ignore_errors=True)
        do_as_check_says(workspace)
        workspace.repro()
        assert hashes(workspace.path) == expected
        assert not list(workspace.path.rglob(".*.partial"))
