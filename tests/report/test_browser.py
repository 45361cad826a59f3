"""The page in a real browser: names of any length stay within their place."""

import pytest

from tests.report.outcomes import make_outcome
from tests.report.test_page import render

pytestmark = pytest.mark.browser

LONG = "a_class_of_37_characters_without_break"


@pytest.fixture(scope="module")
def html(pairs):
    outcome = make_outcome()
    object.__setattr__(outcome, "classes", (LONG, 4 * LONG, *outcome.classes[2:]))
    return render(outcome, pairs)


@pytest.mark.parametrize("width", [375, 1280])
def test_long_names_of_classes_overlap_nothing(html, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(html)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for row in page.locator(".classes li").all():
        name, gain, bar = (row.locator(each) for each in (".name", ".gain", ".track >> nth=0"))
        assert name.evaluate("each => each.scrollWidth <= each.clientWidth")
        assert right_of(name) <= gain.bounding_box()["x"]
        assert max(right_of(gain), right_of(bar)) <= right_of(row) + 1
    page.close()


def right_of(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"]
