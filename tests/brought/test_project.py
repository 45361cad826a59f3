"""Files that the project goes by, damaged: `xshot check` names each, and what to do."""

import re
from pathlib import Path

import pytest

from tests.brought import doors
from tests.brought.brought import POINTER

DAMAGE = {
    "nothing": b"",
    "cut": b"stages:\n  one: {cmd: [",
    "blanked": bytes(40),
    "not UTF-8": b"a: caf\xe9",
    "a list": b"- a",
    "a number": b"7",
    "nested": b"a: " + b"[" * 500 + b"]" * 500,
    "no date": b"a: 2020-99-99",
    "an endless number": b"a: " + b"9" * 5000,
    "unknown tag": b"a: !thing 1",
    "no truth": b"a: !!bool x",
    "conflict": b"a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> main\n",
    "pointer": POINTER,
}
YAMLS = {
    "params.yaml": "",
    "dvc.yaml": "mend it, or type `git checkout dvc.yaml`",
    "dvc.lock": "mend it, or type `git checkout dvc.lock`",
    "pipeline/sources/dvc.yaml": "mend it, or type `git checkout pipeline/sources/dvc.yaml`",
    "pipeline/sources/hub/params.yaml": "`git checkout pipeline/sources/hub/params.yaml`",
    ".dvc/tmp/rwlock": "delete it",
}
"""What to do about each, unless the damage itself says it."""
JSONS = {
    "data/episode.json": "dvc repro episode",
    "data/heldout.json": "dvc repro episode",
    "models/selection.json": "dvc repro select",
    "models/needs.json": "dvc repro select",
    "models/vaegan/config.json": "dvc repro train_vaegan",
    "metrics.json": "dvc repro evaluate",
}
NO_TREES = {"another": b"{}", "a text": b'"a"', "nested": b"[" * 9999, "deep": b'{"a": ' * 9999}


def told(file):
    """The lines of `xshot check` about a file; no other line is about damage."""
    lines = doors.xshot("check").splitlines()
    assert all(re.match(r"(ok|note|absent|wrong) ", line) for line in lines), lines
    return [line for line in lines if line.startswith("wrong") and file in line]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", YAMLS)
def test_yaml(place, file, damage):
    Path(file).unlink(missing_ok=True)
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes(DAMAGE[damage])
    (line,) = told(file)
    assert ("git lfs pull" if damage == "pointer" else YAMLS[file]) in line


@pytest.mark.parametrize("damage", [*DAMAGE, *NO_TREES])
@pytest.mark.parametrize("file", JSONS)
def test_json(place, file, damage):
    Path("models").unlink()  # a link to what all tests share
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes({**DAMAGE, **NO_TREES}[damage])
    (line,) = told(file.removesuffix("/config.json"))
    assert ("git lfs pull" if damage == "pointer" else JSONS[file]) in line


@pytest.mark.parametrize("name", ["config", "config.local"])
@pytest.mark.parametrize("content", [b"[core\n", b"\xff\xfe", b"[core]\nno_scm = perhaps\n"])
def test_configuration(place, name, content):
    Path(".dvc").mkdir()
    Path(".dvc/config").touch()
    Path(".dvc", name).write_bytes(content)
    assert any("mend it" in line for line in told(".dvc/config"))


def test_what_makes_a_source_is_not_known(place):
    """DVC's own file is whole, but not as DVC wants it: what lies where the params say still is."""
    for content in (b"stages: 3", b"stages: {a: 1}", b"stages: {a: {outs: 7}}", b"a: 1"):
        Path("pipeline/sources").mkdir(parents=True, exist_ok=True)
        Path("pipeline/sources/dvc.yaml").write_bytes(content)
        assert told("pipeline/sources/dvc.yaml") == []
