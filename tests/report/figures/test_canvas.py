import re
from xml.etree import ElementTree

import matplotlib
import pytest

from xshot.report.figures.canvas import draw
from xshot.report.palette import LIGHT, stand_in


def plot(axes):
    axes.plot([0, 1], [1, 0], color=stand_in("clip"), marker="o", label="a")
    axes.set(xlabel="across", xlim=(0, 1))
    axes.figure.legend(loc="outside upper left")


def test_a_drawing_is_one_element_in_the_pages_colours_and_font():
    svg = draw("one", "what it shows", plot)
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", "what it shows")
    assert "across" in [text.text.strip() for text in root.iter("text")]
    assert "var(--clip)" in svg
    assert set(re.findall(r"var\(--(\w+)\)", svg)) <= LIGHT.keys()
    assert not re.search(r"#fe01|font:|font-family", svg)
    assert not re.search(r"https?:|<metadata|xmlns|xlink", svg)


def test_ids_and_references_belong_to_the_drawing():
    root = ElementTree.fromstring(draw("one", "", plot))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("one-") for name in ids)
    text = ElementTree.tostring(root, encoding="unicode")
    references = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
    assert references
    assert set(references) <= set(ids)


def test_the_same_drawing_has_the_same_bytes():
    assert draw("one", "label", plot) == draw("one", "label", plot)


@pytest.mark.parametrize("label", ['"><script>alert(1)</script>', "a & b < c"])
def test_labels_cannot_break_out_of_their_attribute(label):
    root = ElementTree.fromstring(draw("one", label, plot))
    assert root.get("aria-label") == label
    assert not list(root.iter("script"))


def test_a_users_matplotlibrc_neither_matters_nor_is_changed():
    plain = draw("one", "label", plot)
    with matplotlib.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "path"}):
        assert draw("one", "label", plot) == plain
        assert matplotlib.rcParams["font.size"] == 30
