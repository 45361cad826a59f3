"""The picture of mAP against K: every variant named once, labels apart, differences beside it."""

from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure

from xshot.report.shots import Band, _spread, draw_map_by_shots

SHOTS = (0, 1, 3)
BANDS = [
    Band("clip", [(0.3, 0.01), (0.3, 0.01), (0.3, 0.01)]),
    Band("tip_adapter", [(0.34, 0.02), (0.4, 0.02), (0.499, 0.02)]),
    Band("xshot", [(0.35, 0.02), (0.4, 0.02), (0.5, 0.02)]),
]
DIFFERENCES = [Band("no_gate", [(0.02, 0.01), (0.01, 0.01), (0.01, 0.01)])]


def words(svg: str) -> list[str]:
    return [node.text.strip() for node in ElementTree.fromstring(svg).iter() if node.text]


def test_every_variant_is_named_and_so_is_every_k():
    shown = words(draw_map_by_shots(SHOTS, BANDS, DIFFERENCES))
    for name in ("clip", "tip_adapter", "xshot", "no_gate"):
        assert shown.count(name) == 1
    assert {"0", "1", "3"} <= set(shown)


def test_labels_leave_each_other_room_in_the_lines_order():
    axes = Figure().add_subplot()
    axes.set_ylim(0, 1)
    heights = _spread(axes, [0.5, 0.501, 0.2, 0.499])
    assert np.diff(np.sort(heights)).min() > 0.03
    assert list(np.argsort(heights)) == [2, 3, 0, 1]


def test_the_same_bytes_every_time():
    first = draw_map_by_shots(SHOTS, BANDS, DIFFERENCES)
    assert draw_map_by_shots(SHOTS, BANDS, DIFFERENCES) == first
