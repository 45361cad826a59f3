import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import episode, fit_gmm, train_vaegan
from tests.support.stage import make_features, make_manifest, run_python, write_all_features
from xshot.errors import UserError
from xshot.vaegan.file import load_vaegan

FILES = [
    Path("models/vaegan") / name for name in ("model.safetensors", "config.json", "curves.csv")
]

pytestmark = pytest.mark.usefixtures("stage_folder")


@pytest.fixture
def run(set_params):
    """Run the stage and those before it, small, with some params changed."""

    def run_stage(**values):
        set_params(
            vaegan__steps=6,
            vaegan__hidden=16,
            gmm__min_members=4,
            device="cpu",
            **values,
        )
        episode.main()
        fit_gmm.main()
        train_vaegan.main()
        return [file.read_bytes() for file in FILES]

    return run_stage


@pytest.mark.parametrize("init", ["ppca", "random"])
@pytest.mark.parametrize("k_shot", [0, 1, 3, 5, 7])
def test_trains_for_every_k(run, k_shot, init):
    run(model__k_shot=k_shot, vaegan__init=init)
    model = load_vaegan(Path("models/vaegan"))
    assert model.means.shape == (2, 6, 16)
    assert model.means.isfinite().all()
    assert model.generator.principal == (init == "ppca")


def test_a_second_run_writes_the_same_bytes(run):
    assert run() == run()


def test_test_rows_have_no_influence(run):
    before = run()
    manifest = make_manifest()
    features, classes = make_features(manifest)
    test = np.array(manifest.splits) == "test"
    image, text = features.image.copy(), features.text.copy()
    image[test], text[test] = -text[test], -image[test]
    write_all_features(replace(features, image=image, text=text), classes)
    assert run() == before


@pytest.mark.parametrize(
    ("variant", "parts"),
    [
        ("xshot", {"adversarial": True, "composition": True, "mixture": True}),
        ("flex_clip", {"adversarial": True, "composition": True, "mixture": False}),
        ("no_gan", {"adversarial": False, "composition": True, "mixture": True}),
        ("no_composition", {"adversarial": True, "composition": False, "mixture": True}),
    ],
)
def test_config_names_the_variants_parts(run, variant, parts):
    run(model__variant=variant)
    assert json.loads(FILES[1].read_text())["parts"] == parts


def test_without_generation_an_empty_model_is_written_at_once(set_params):
    set_params(model__variant="gcrdp")
    script = (
        "import sys, pipeline.train_vaegan as stage; stage.main();"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    result = run_python("-c", script)
    assert (result.stdout, result.stderr) == ("[]\n", "")
    assert load_vaegan(Path("models/vaegan")) is None
    assert all(file.exists() for file in FILES)


def test_divergence_leaves_nothing_behind(run):
    with pytest.raises(UserError, match=r"loss '\w+' is .* lower vaegan\.lr_critic, vaegan\."):
        run(vaegan__lr_generator=1)
    assert not any(file.exists() for file in FILES)
