"""The console command: help without heavy imports, one line for what a user can mend."""

import re
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["search", "a", "--top", "0"], r"'--top'.* 1; see `.*search --help`"),
        (["search", "a", "--nope"], r"No such option: --nope.*; see `.*search --help`"),
        (["search", "a", "b"], r"unexpected extra argument.*; see `.*search --help`"),
        (["serch"], r"No such command 'serch'.*; see `.* --help`"),
        (["search", "a", "--index"], r"'--index' requires.*; see `xshot search --help`"),
        (["index"], r"name a folder of images, as in `xshot index ~/photos`, or --features FILE"),
        (["suggest"], r"Missing argument 'name'; see `.*suggest --help`"),
    ],
)
def test_a_mistake_in_typing_is_one_line_and_exit_1(words, told):
    done = run_python("-m", "xshot.cli.main", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(f"error: .*{told}\n", done.stderr)


def test_help_on_a_full_disk():
    command = [sys.executable, "-m", "xshot.cli.main", "--help"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch("error: standard output: No space left on device; .*\n", done.stderr)


def test_nothing_typed_shows_the_help():
    done = run_python("-m", "xshot.cli.main")
    asked = run_python("-m", "xshot.cli.main", "--help")
    assert (done.returncode, done.stdout) == (0, asked.stdout)
    assert "serve" in done.stdout


def test_a_mistake_is_one_line_and_exit_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_python("-m", "xshot.cli.main", "check")
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("wrong   params.yaml: No such file")
    assert done.stderr == ""
