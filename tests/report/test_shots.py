"""The picture of mAP against K: one line a variant, its ends in the legend's order."""

from xml.etree import ElementTree

from xshot.report.shots import Band, draw_map_by_shots

SHOTS = (0, 1, 3)
BANDS = [
    Band("clip", [(0.3, 0.01), (0.3, 0.01), (0.3, 0.01)]),
    Band("xshot", [(0.35, 0.02), (0.4, 0.02), (0.5, 0.02)]),
    Band("no_rdp", [(0.34, 0.02), (0.4, 0.02), (0.49, 0.02)]),
]


def words(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.text]


def test_the_legend_names_the_main_variants_best_first():
    shown = [word.strip() for word in words(draw_map_by_shots(SHOTS, BANDS))]
    assert "no_rdp" not in shown
    assert shown.index("xshot") < shown.index("clip")
    assert {"0", "1", "3"} <= set(shown)


def test_the_same_bytes_every_time():
    assert draw_map_by_shots(SHOTS, BANDS) == draw_map_by_shots(SHOTS, BANDS)
