"""What each chart draws, read back from its SVG."""

import base64
import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.report.outcomes import make_outcome
from xshot.report.figures.confusion import confusion_figure
from xshot.report.figures.gates import gates_figure
from xshot.report.figures.precision_recall import precision_recall_figure
from xshot.report.figures.training import training_figures
from xshot.report.series import make_series


def words(svg):
    return [text.text.strip() for text in ElementTree.fromstring(svg).iter("text")]


def path_of(svg, colour):
    """Points of the first line in `colour`."""
    for path in ElementTree.fromstring(svg).iter("path"):
        if f"stroke: var(--{colour})" in path.get("style", ""):
            numbers = re.findall(r"-?\d+(?:\.\d+)?", path.get("d"))
            points = np.array(numbers, float).reshape(-1, 2)
            if len(points) > 2:
                return points
    raise AssertionError(f"no line in {colour}")


def test_precision_recall_draws_both_systems_apart(outcome):
    svg = precision_recall_figure(make_series(outcome).precision_recall, "t2i", 0.1)
    assert {"raw CLIP", "model", "chance", "recall", "precision"} <= set(words(svg))
    clip, model = path_of(svg, "clip"), path_of(svg, "model")
    curves = make_series(outcome).precision_recall
    assert len(clip) == len(model) > 20
    # SVG's y axis points down.
    assert curves["model_t2i"].mean() > curves["clip_t2i"].mean()
    assert model[:, 1].mean() < clip[:, 1].mean()
    assert "stroke-dasharray" in svg


@pytest.mark.parametrize("constant", [None, 0.0, 1.0])
def test_gates_show_both_kinds_wherever_the_values_lie(constant):
    outcome = make_outcome()
    if constant is not None:
        outcome.gates["image"][:] = constant
    svg = gates_figure(make_series(outcome).gates, "image")
    assert {"target classes", "source classes"} <= set(words(svg))
    path_of(svg, "target")
    path_of(svg, "source")


def test_confusion_stands_source_first_and_is_opaque_where_the_share_is_large():
    is_target = np.array([True, False, True])
    matrix = np.array([[0.25, 0.75, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    svg = confusion_figure(matrix, is_target, "model")
    data = re.search(r'href="data:image/png;base64,([^"]+)"', svg)[1]
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGBA"))
    side = len(pixels) // 3
    alpha = pixels[side // 2 :: side, side // 2 :: side, 3][:3, :3] / 255
    drawn = alpha if alpha[0, 0] > alpha[0, 1] else alpha[::-1]  # Matplotlib may store it flipped
    order = [1, 0, 2]
    np.testing.assert_allclose(drawn, np.sqrt(matrix[np.ix_(order, order)]), atol=0.02)
    assert words(svg).count("source") == words(svg).count("target") == 2


def test_training_has_a_panel_for_each_series_and_leaves_gaps_out():
    nan = np.nan
    curves = {
        "step": np.arange(4.0),
        "kl": np.array([4.0, 3, 2, 1]),
        "gan": np.array([nan, 1, nan, 2]),
    }
    panels = training_figures(curves, "train_vaegan")
    assert list(panels) == ["kl", "gan"]
    assert "nan" not in panels["gan"]
    falling = path_of(panels["kl"], "model")
    assert (np.diff(falling[:, 1]) > 0).all()


def test_a_single_step_is_a_dot_and_none_is_an_empty_panel():
    one = {"step": np.zeros(1), "kl": np.ones(1)}
    assert training_figures(one, "s")["kl"].count("<use ") > 0
    assert training_figures({"step": np.zeros(0)}, "s") == {}
