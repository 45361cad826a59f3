"""The simplest of the best members is taken, and none that gives up what raw CLIP has."""

import numpy as np
import pytest

from xshot.projector.choice import Choice
from xshot.selection.decision import decide
from xshot.selection.judgement import Judgement
from xshot.variants import VARIANTS


def judged(*maps, spread=0.0):
    """Two pseudo-episodes of ten classes, each gallery of the same mAP."""
    rng = np.random.default_rng(0)
    noise = spread * rng.normal(size=(2, 4, 10))
    noise -= noise.mean(axis=-1, keepdims=True)
    return tuple(
        Judgement(np.full((4, 10), value / 10) + own)
        for value, own in zip(maps, noise, strict=True)
    )


SIMPLE, LONG = Choice(0, 0.0, centring=1.0, joined=False), Choice(200, 0.0, joined=False)


@pytest.mark.parametrize(
    ("simple", "long", "chosen"),
    [
        (judged(0.5, 0.5), judged(0.6, 0.6), LONG),
        (judged(0.6, 0.6), judged(0.5, 0.5), SIMPLE),
        (judged(0.5, 0.5), judged(0.5, 0.5), SIMPLE),
        # Ahead by less than half of what classes differ by.
        (judged(0.5, 0.5), judged(0.501, 0.501, spread=0.05), SIMPLE),
    ],
)
def test_a_simpler_member_within_the_error_of_the_best_is_preferred(simple, long, chosen):
    selection = decide([[(SIMPLE, simple)], [(LONG, long)]], VARIANTS["gcrdp"], 20)
    assert selection.choice == chosen


def test_a_gain_within_its_error_and_few_classes_are_said():
    raw = Choice(0, 0.0, centring=0.0, joined=False)
    cells = [[(raw, judged(0.5, 0.5))], [(LONG, judged(0.52, 0.52, spread=0.012))]]
    selection = decide(cells, VARIANTS["gcrdp"], 4)
    assert selection.choice == LONG
    few, small = selection.notes
    assert "only 4 source classes" in few
    assert "ahead of raw CLIP by 0.020" in small
    sure = [cells[0], [(LONG, judged(0.9, 0.9))]]
    assert decide(sure, VARIANTS["gcrdp"], 40).notes == ()


def by_gallery(*maps):
    """A pseudo-episode of ten classes with the mAP of each gallery."""
    return (Judgement(np.repeat(np.array(maps)[:, None] / 10, 10, axis=1)),)


RAW, SHORT = Choice(0, 0.0, centring=0.0, joined=False), Choice(100, 0.0, joined=False)


@pytest.mark.parametrize(("lost", "chosen"), [(0.01, LONG), (0.02, SHORT)])
def test_gains_elsewhere_do_not_pay_for_what_a_gallery_loses_to_raw_clip(lost, chosen):
    cells = [
        [(RAW, by_gallery(0.5, 0.3, 0.4, 0.2))],
        [(SHORT, by_gallery(0.51, 0.35, 0.41, 0.25))],
        [(LONG, by_gallery(0.51, 0.6, 0.4 - lost, 0.5))],
    ]
    selection = decide(cells, VARIANTS["gcrdp"], 20)
    assert selection.choice == chosen
    assert any("lose more than 0.015 to raw CLIP" in note for note in selection.notes) == (
        chosen == SHORT
    )


def test_without_raw_clip_among_the_members_there_is_nothing_to_protect():
    cells = [
        [(SHORT, by_gallery(0.51, 0.35, 0.41, 0.25))],
        [(LONG, by_gallery(0.51, 0.6, 0.3, 0.5))],
    ]
    assert decide(cells, VARIANTS["gcrdp"], 20).choice == LONG
