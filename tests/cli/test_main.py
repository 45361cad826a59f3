"""The console command: help without heavy imports, one line for what a user can mend."""

import pytest
from typer.testing import CliRunner

from tests.support.stage import run_python
from xshot.cli.main import COMMANDS, build


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    done = CliRunner().invoke(build([name]), [name, "--help"])
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 3


def test_help_lists_every_command():
    done = CliRunner().invoke(build(list(COMMANDS)), ["--help"])
    assert all(name in done.stdout for name in COMMANDS)


def test_a_mistake_is_one_line_and_exit_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_python("-m", "xshot.cli.main", "check")
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("wrong   params.yaml: No such file")
    assert done.stderr == ""
