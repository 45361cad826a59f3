"""Stage `select`."""

from pathlib import Path

import pytest

from pipeline import episode, select
from tests.support.stage import run_python
from xshot.needs import Needs, read_needs
from xshot.projector.choice import Choice, read_choice

SELECTION = Path("models/selection.json")
NEEDS = Path("models/needs.json")

pytestmark = pytest.mark.usefixtures("stage_folder")

SMALL = {
    "vaegan__steps": 3,
    "vaegan__hidden": 16,
    "projector__hidden": 16,
    "gmm__min_members": 4,
    "device": "cpu",
}


def test_chooses_from_the_grid_and_writes_the_same_bytes_again(set_params):
    set_params(select__steps=[2, 4], select__calibration=[0, 1], **SMALL)
    episode.main()
    select.main()
    first = SELECTION.read_bytes()
    assert read_choice(SELECTION).steps in (0, 2, 4)
    select.main()
    assert SELECTION.read_bytes() == first


@pytest.mark.parametrize("variant", ["clip", "centred_clip"])
def test_nothing_to_choose_needs_no_torch(set_params, variant):
    set_params(model__variant=variant)
    episode.main()
    code = (
        "import sys; from pipeline import select; select.main(); sys.exit('torch' in sys.modules)"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert read_choice(SELECTION) == Choice(steps=0, calibration=0.0, joined=False)
    assert read_needs(NEEDS) == Needs(mixture=False, generation=False)


def test_coordinates_have_weights_even_where_the_grid_leaves_no_choice(set_params):
    set_params(model__variant="posterior", select__calibration=[0], **SMALL)
    episode.main()
    select.main()
    weights = read_choice(SELECTION).weights
    kinds = {"name", "members", "probe", "regression", "source"}
    assert {modality: set(own) for modality, own in weights.items()} == {
        "image": kinds,
        "text": kinds,
    }
