"""Texts are cut between characters that a reader sees, whatever the script."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from xshot.shortening import columns, pad, shorten

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
TEXTS = {
    "chinese": "这是第一张图画描绘了一个属于类别的物体" * 20,
    "thai": "รูปภาพนี้แสดงให้เห็นแมวตัวหนึ่งนั่งอยู่บนโต๊ะ" * 9,
    "arabic": "قطة تجلس على الطاولة بجانب النافذة " * 12,
    "combining": "e\u0301" * 400,
    "families": FAMILY * 200,
    "flags": "🇩🇪🇫🇷🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f" * 90,
    "devanagari": "नीलेशक्षि" * 80,
    "zalgo": "a" + "\u0301" * 5000,
    "one word": "x" * 5000,
    "words": "a red bird on a branch " * 30,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("length", [1, 60, 90, 300])
def test_scripts_of_all_kinds(text, length):
    short = shorten(text, length)
    kept = short.removesuffix("…")
    assert kept
    assert " ".join(text.split()).startswith(kept)
    assert 0 < len(regex.findall(r"\X", kept)) <= length
    assert len(kept) <= 8 * length


@pytest.mark.parametrize("name", ["chinese", "families", "combining", "devanagari"])
def test_scripts_without_spaces_fill_the_length(name):
    assert len(regex.findall(r"\X", shorten(TEXTS[name], 40).removesuffix("…"))) == 40


@given(st.text(), st.integers(1, 50))
def test_cuts_stand_between_characters_and_short_texts_stay(text, length):
    line = " ".join(text.split())
    characters = regex.findall(r"\X", line)
    short = shorten(text, length)
    if len(characters) <= length and len(line) <= 8 * length:
        assert short == line
    else:
        assert short.endswith("…")
        assert len(short) <= 8 * length + 1


def test_words_are_spared():
    assert shorten("a red bird sits on a branch", 12) == "a red bird…"
    assert shorten("a red bird sits", 10) == "a red bird…"


def test_columns_of_a_terminal():
    assert columns("鸟") == 2
    assert pad("鸟", 4) == "鸟  "
    assert pad("e\u0301", 3) == "e\u0301  "
