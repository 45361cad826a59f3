"""What a stage imports before it knows what there is to do: it waits for that on every run."""

import subprocess
import sys

import pytest

from tests.support.closure import ROOT, STAGES

HEAVY = {"torch", "torchvision", "open_clip", "timm", "transformers", "sklearn", "pandas", "dvc"}
NEEDED = {"extract": {"torch"}}


@pytest.mark.parametrize("stage", STAGES)
def test_importing_a_stage_imports_only_what_it_always_needs(stage):
    script = f"import pipeline.{stage}, sys; print(*sorted({HEAVY} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(result.stdout.split()) == NEEDED.get(stage, set())
