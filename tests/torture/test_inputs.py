"""Mutated inputs of every kind are read whole or refused in one line: no traceback, no hang."""

import pytest

from tests.support.stage import run_python
from tests.torture.counts import INPUTS
from tests.torture.inputs import KINDS

PER_KIND = -(-INPUTS // len(KINDS))


@pytest.mark.torture
@pytest.mark.parametrize("kind", KINDS)
def test_mutated_inputs(finished, kind):
    done = run_python("-m", "tests.torture.worker", kind, "0", str(PER_KIND), str(finished.path))
    # After a crash the last number is the input that brought it about.
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
