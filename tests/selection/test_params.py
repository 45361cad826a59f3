"""The grid of `select`."""

import pytest
from pydantic import ValidationError

from xshot.projector.choice import Choice
from xshot.selection.params import MAX_CELLS, SelectParams
from xshot.variants import VARIANTS

GRID = SelectParams(steps=(100, 200), calibration=(0.0, 0.5, 1.0))


def test_cells_are_all_combinations_the_last_setting_fastest():
    cells = GRID.cells_for(VARIANTS["xshot"])
    assert [(cell.steps, cell.calibration) for cell in cells] == [
        (steps, calibration) for steps in (100, 200) for calibration in (0.0, 0.5, 1.0)
    ]


@pytest.mark.parametrize(
    ("variant", "cells"),
    [
        ("flex_clip", [(100, 0.0), (200, 0.0)]),
        ("dscmr", [(100, 0.0), (200, 0.0)]),
        ("posterior", [(0, 0.0), (0, 0.5), (0, 1.0)]),
        ("tip_adapter", [(0, 0.0), (0, 0.5), (0, 1.0)]),
        ("clip", [(0, 0.0)]),
    ],
)
def test_a_variant_tries_only_what_it_uses(variant, cells):
    assert GRID.cells_for(VARIANTS[variant]) == tuple(Choice(*cell) for cell in cells)


def test_too_many_cells_are_refused():
    SelectParams(steps=tuple(range(1, 13)), calibration=(0.0, 1.0))
    with pytest.raises(ValidationError, match=f"26 cells, more than {MAX_CELLS}"):
        SelectParams(steps=tuple(range(1, 14)), calibration=(0.0, 1.0))


@pytest.mark.parametrize("name", ["steps", "calibration"])
def test_an_empty_list_is_refused(name):
    with pytest.raises(ValidationError):
        SelectParams(**{**GRID.model_dump(), name: ()})


def test_a_training_of_no_step_is_refused():
    with pytest.raises(ValidationError):
        SelectParams(steps=(0,), calibration=(0.0,))
