"""A stage that another Python starts goes on under the environment's, or says what to type."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.closure import ROOT


@pytest.fixture
def start(tmp_path):
    """Starts a stage of a copy by a Python that has no packages."""
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run():
        command = [sys.executable, "-S", "-m", "pipeline.prepare"]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_it_goes_on_under_the_environments_python(start, tmp_path):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = start()
    assert (done.returncode, done.stdout) == (0, "-S -m pipeline.prepare\n")


def test_without_an_environment_it_says_what_to_type(start):
    done = start()
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "source .venv/bin/activate" in done.stderr
    assert len(done.stderr.splitlines()) == 1
