"""Sentences end where a reader would end them, and nothing but white space is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.encoder.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("No end here", ["No end here"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Wait... what happens? It does.", ["Wait... what happens?", "It does."]),
        ("In 1969. 42 people came.", ["In 1969.", "42 people came."]),
        (
            "Dr. Smith met J. R. Doe vs. Mr. Roe. They.",
            ["Dr. Smith met J. R. Doe vs. Mr. Roe.", "They."],
        ),
        ("The U.S. Army left. It came back.", ["The U.S. Army left.", "It came back."]),
        ("Approx. half, e.g. the first. Done.", ["Approx. half, e.g. the first.", "Done."]),
        ("A price of 3.50 was paid. Fine.", ["A price of 3.50 was paid.", "Fine."]),
        ("犬がいる。猫もいる。", ["犬がいる。", "猫もいる。"]),
        ("A title\n\nA paragraph.\n \nAnother", ["A title", "A paragraph.", "Another"]),
        ("A line\nthat goes on.\nNext.", ["A line\nthat goes on.", "Next."]),
        ("  spaced.   Out.  ", ["spaced.", "Out."]),
        ("", [""]),
        (" \n ", [" \n "]),
    ],
)
def test_where_sentences_end(text, sentences):
    assert split_sentences(text) == sentences


@given(st.text(alphabet="aB. !?…\"')\n。 Mr", max_size=60))
def test_nothing_but_white_space_is_lost(text):
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert len(sentences) == 1 or all(sentence.strip() for sentence in sentences)
