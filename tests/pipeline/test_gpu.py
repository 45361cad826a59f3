"""All stages from `episode` on run on the GPU as on the CPU (`pytest -m gpu`)."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.closure import STAGES
from tests.support.gpu import DEVICE, NEEDS_GPU, noise_of_the_cpu

pytestmark = [*NEEDS_GPU, pytest.mark.usefixtures("stage_folder")]

AFTER_EXTRACT = STAGES[STAGES.index("episode") :]
MODELS = ("models/vaegan/model.safetensors", "models/projector/model.safetensors")


@pytest.fixture
def run(set_params):
    def run_stages(device):
        set_params(
            device=device, threads=1, vaegan__steps=20, gmm__min_members=4, evaluate__bootstrap=0
        )
        for stage in AFTER_EXTRACT:
            import_module(f"pipeline.{stage}").main()
        models = [Path(model).read_bytes() for model in MODELS]
        return json.loads(Path("metrics.json").read_text(encoding="utf-8")), models

    return run_stages


def maps(tree):
    if not isinstance(tree, dict):
        return []
    own = [tree["map"]] if "map" in tree else []
    return own + [value for branch in tree.values() for value in maps(branch)]


def test_a_second_run_writes_the_same_bytes(run):
    assert run(DEVICE) == run(DEVICE)


def test_with_the_cpu_s_noise_metrics_are_the_cpu_s(run):
    with noise_of_the_cpu():
        found, expected = run(DEVICE)[0], run("cpu")[0]
    assert len(maps(found)) > 20
    assert maps(found) == pytest.approx(maps(expected), abs=0.02)
