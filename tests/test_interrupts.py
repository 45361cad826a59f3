"""Ctrl-C shows no traceback, from the first import of a command or stage on; errors still do."""

import subprocess
import sys
from signal import SIGINT

import pytest

from tests.support.closure import ROOT


@pytest.mark.parametrize("package", ["xshot.cli", "pipeline"])
@pytest.mark.parametrize(
    ("error", "code", "told"), [("KeyboardInterrupt", -SIGINT, ""), ("OSError", 1, "Traceback")]
)
def test_a_program_ends_by_the_signal_without_a_word(package, error, code, told):
    done = subprocess.run(
        [sys.executable, "-c", f"import {package}; raise {error}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert bool(done.stderr) == bool(told)
