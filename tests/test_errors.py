import subprocess
import sys

import pytest

from xshot.errors import UserError, one_line_errors


def test_a_user_error_is_one_line_and_exit_code_1(capsys):
    with pytest.raises(SystemExit) as stop, one_line_errors():
        raise UserError("file.yaml: key 'a'\n  is wrong;   mend it")
    assert stop.value.code == 1
    output = capsys.readouterr()
    assert output.err == "error: file.yaml: key 'a' is wrong; mend it\n"
    assert output.out == ""


def test_any_other_error_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), one_line_errors():
        _ = 1 / 0


def test_success_passes_through(capsys):
    with one_line_errors():
        pass
    assert capsys.readouterr().err == ""


def test_from_a_shell():
    script = (
        "from xshot.errors import *\nwith one_line_errors():\n    raise UserError('row 3: no text')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (1, "error: row 3: no text\n")
