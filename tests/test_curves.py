import math

import numpy as np
import pytest

from xshot.curves import Curves
from xshot.errors import UserError


@pytest.fixture
def curves():
    return Curves("train_projector", remedy="lower projector.lr")


def test_a_table_with_a_step_column(curves, tmp_path):
    curves.add(0, total=1.5, kl=np.float32(0.25))
    curves.add(5, total=1e-7, kl=2)
    curves.write_curves(tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text() == "step,total,kl\n0,1.5,0.25\n5,1e-07,2\n"


def test_a_loss_that_comes_later_leaves_cells_empty(curves, tmp_path):
    curves.add(0, total=1)
    curves.add(1, total=2, kl=3)
    curves.write_curves(tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text() == "step,total,kl\n0,1,\n1,2,3\n"


def test_no_step_is_a_header(curves, tmp_path):
    curves.write_curves(tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text() == "step\n"
    assert curves.series("step") == []


def test_series_are_in_order(curves):
    for step, loss in [(0, 3.0), (10, 2.0), (20, 1.0)]:
        curves.add(step, loss=loss)
    assert curves.series("loss") == [3.0, 2.0, 1.0]
    assert curves.series("step") == [0, 10, 20]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_loss_that_is_not_finite_stops_the_training(curves, value):
    curves.add(0, kl=1.0)
    with pytest.raises(UserError) as error:
        curves.add(12, kl=0.5, critic=value)
    assert str(error.value) == (
        f"train_projector: loss 'critic' is {value} at step 12; lower projector.lr"
    )
    assert curves.series("kl") == [1.0]
