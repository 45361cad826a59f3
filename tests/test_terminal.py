"""Nothing that is printed steers a terminal, and no terminal or pipe ends a program."""

import json
import subprocess
import sys
import unicodedata
from shlex import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.terminal import as_json, one_line, printable, say

ANY_TEXT = st.text(st.characters(codec=None))
STEERING = {"Cc", "Cs", "Zl", "Zp"}
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_shown(character):
    return (
        unicodedata.category(character) not in STEERING
        and unicodedata.bidirectional(character) not in BIDI
        and not "\u2060" <= character <= "\u206f"
        and character not in "\ufeff\ufff9\ufffa\ufffb"
    )


@given(ANY_TEXT)
def test_any_text_is_one_line_that_steers_nothing(text):
    line = one_line(text)
    assert all(map(is_shown, line))
    line.encode("utf-8")


@given(ANY_TEXT)
def test_what_can_be_shown_stays(text):
    shown = "".join(filter(is_shown, text)).replace("\u200e", "").replace("\u200f", "")
    shown = shown.replace("\u061c", "")
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("caf\udce9.png", "caf\\xe9.png"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\nb\tc", "a b c"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("\x9b2J", "\\x9b2J"),
        ("👨\u200d👩\u200d👧 नी", "👨\u200d👩\u200d👧 नी"),
        ("\ud83d", "\\ud83d"),
    ],
)
def test_escapes(text, line):
    assert one_line(text) == line


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_json_is_the_same_tree_and_steers_nothing(tree):
    text = as_json(tree)
    assert json.loads(text) == tree
    assert all(is_shown(c) or c == "\n" for c in text)


PRINT = """
import sys
from xshot.errors import one_line_errors, UserError
from xshot.terminal import say, as_json
from xshot.progress import log_to_stdout
import logging
log_to_stdout()
with one_line_errors():
    say("Käse 鸟 😀 caf\\udce9 …")
    say(as_json({"q": "Käse 鸟 😀 caf\\udce9"}))
    logging.getLogger("xshot").warning("鸟 \\x1b[1m %s", "caf\\udce9")
    for _ in range(int(sys.argv[1])):
        say("x" * 1000)
    raise UserError("鸟: \\udce9 is \\x1b[31mwrong")
"""
ENCODINGS = ("utf-8:strict", "cp1252", "ascii", "iso8859-1", "cp932", "utf-16")


def run(shell, environment=None, lines=0):
    # From standard input: no argument has to be decoded.
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{quote(sys.executable)} - {lines}{shell}"],
        input=PRINT.encode(),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **(environment or {})},
        timeout=60,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_standard_output(encoding):
    done = run("", {"PYTHONIOENCODING": encoding})
    assert done.returncode == 1
    name = encoding.partition(":")[0]
    assert b"Traceback" not in done.stdout + done.stderr
    text = done.stdout.decode(name)
    assert "\x1b" not in text + done.stderr.decode(name)
    document = text[text.index("{") : text.index("}") + 1]
    assert json.loads(document) == {"q": "Käse 鸟 😀 caf\udce9"}


def test_the_c_locale_without_any_of_pythons_cures():
    done = run("", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert done.returncode == 1
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"error: \\u9e1f: \\xe9 is \\x1b[31mwrong" in done.stderr


@pytest.mark.parametrize(
    ("shell", "code", "told"),
    [
        (" | head -c 1", 1, b""),
        (" >&-", 1, b"is \\x1b[31mwrong"),
        (" > /dev/full", 1, b"error: standard output: No space left on device"),
        (" 2>&-", 1, b""),
        (" 2>/dev/full", 1, b""),
    ],
)
def test_pipes_that_close_and_disks_that_fill(shell, code, told):
    done = run(shell, lines=200)
    assert done.returncode == code
    assert told in done.stderr
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"Exception ignored" not in done.stderr


def test_say_keeps_the_lines_of_a_block(capsys):
    say("a\nb\x1b")
    assert capsys.readouterr().out == "a\nb\\x1b\n"
