import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.report.outcomes import make_outcome
from tests.report.rendering import FACTS, Page, curves, generation, render
from xshot.report.outcome import MODALITIES
from xshot.report.page import RunFacts
from xshot.report.pairs import Pairs
from xshot.report.series import make_series
from xshot.report.template import NAME_LENGTH


@pytest.fixture(scope="module")
def html(outcome, pairs):
    return render(outcome, pairs)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_the_same_run_gives_the_same_bytes(html, pairs):
    assert render(make_outcome(), pairs) == html


def test_the_page_needs_nothing_but_itself(html, page):
    without_pictures = re.sub(r"base64,[\w+/=\s]+", "", html)
    assert len(without_pictures) < len(html)
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|\burl\((?!#)", without_pictures)
    sources = [attributes.get("src") for _, attributes in page.elements if "src" in attributes]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    for _, attributes in page.elements:
        assert attributes.get("href", "#").startswith(("#", "data:image/png"))


def test_elements_are_closed_ids_unique_and_links_lead_somewhere(page):
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {attributes["href"][1:] for attributes in page.all("a")}
    assert len(links) > 8
    assert links <= set(ids)


def test_every_picture_has_words_and_every_drawing_a_label(page):
    assert page.all("img")
    assert all(attributes.get("alt") for attributes in page.all("img"))
    assert page.all("svg")
    assert all(attributes.get("aria-label") for attributes in page.all("svg"))


def test_what_scrolls_can_be_reached_by_keyboard(page):
    scrolling = [a for _, a in page.elements if "scroll" in (a.get("class") or "").split()]
    assert scrolling
    assert all(a.get("tabindex") == "0" and a.get("aria-label") for a in scrolling)


def test_numbers_equal_metrics_json(outcome, page):
    metrics = json.loads(json.dumps(outcome.evaluation.metrics))
    text = page.words
    for gallery in ("target", "source", "generalized", "generalized_source"):
        for direction in ("i2t", "t2i", "avg"):
            for system in ("clip", "model"):
                leaf = metrics[system][gallery][direction]
                assert f"{leaf['map']:.3f} ± {leaf['ci95']:.3f}" in text
        gain = metrics["gain"][gallery]
        assert f"{gain['map']:+.3f} ± {gain['ci95']:.3f}" in text
        facts = metrics["gallery"][gallery]
        assert f"{facts['n_queries']} queries, chance {facts['chance']:.3f}." in text


def test_the_table_of_all_metrics_is_in_the_trees_order(outcome, html):
    table = re.search(r"<details>.*?</details>", html, re.DOTALL)[0]
    shown = [float(cell) for cell in re.findall(r"<td>(\d\.\d+)</td>", table)]
    metrics = outcome.evaluation.metrics
    names = ("map", "map_at_50", "recall_at_1", "recall_at_5", "recall_at_10")
    expected = [
        metrics[system][gallery][direction][name]
        for gallery in ("target", "source", "generalized", "generalized_source")
        for direction in ("i2t", "t2i", "avg")
        for system in ("clip", "model")
        for name in names
    ]
    np.testing.assert_allclose(shown, expected, atol=5.1e-4)


def test_the_interval_is_said_to_be_conditional_on_the_episode(page):
    assert "conditional on this episode" in page.words


def test_right_and_wrong_differ_by_symbol_and_word_and_class(html):
    for verdict, symbol in (("right", "✓"), ("wrong", "✗")):
        cards = re.findall(rf'<li class="{verdict}">.*?</li>', html, re.DOTALL)
        assert cards
        assert all(symbol in card and f">{verdict}:<" in card for card in cards)


def test_the_run_is_named_with_what_was_chosen(page):
    assert "animals · 3 source and 3 target classes · 3 labelled pictures per target" in page.words
    assert "seed 42 · encoder small-clip" in page.words
    assert "pseudo-episodes among the source classes: projection of 100 steps ." in page.words
    assert "Note: only 4 source classes." in page.words
    assert "raw CLIP 0.500 0.400 0.300 0.200 0.125 0.020" in page.words


def test_where_nothing_was_chosen_nothing_is_claimed(outcome, pairs):
    page = Page(render(outcome, pairs, facts=replace(FACTS, tried=())))
    assert "pseudo-episodes among" not in page.words


def test_classes_are_listed_with_their_gains(outcome, page):
    for row in make_series(outcome).class_ap:
        assert f"{row.name} {row.kind} {row.gain:+.3f} CLIP {row.clip:.3f}" in page.words


def test_the_attribution_is_named(page, outcome, pairs):
    assert "Pictures: Drawn by nobody, CC0" in page.words
    without = Page(render(outcome, Pairs(pairs.images, pairs.texts, None)))
    assert "Pictures:" not in without.words


def test_measures_of_the_generators_are_tabled(page, outcome, pairs):
    for modality in MODALITIES:
        row = f"{modality}s trained 0.250 ± 0.125 0.800 0.700 0.600 1.500 0.375"
        assert row in page.words
    few = generation(np.random.default_rng(2))
    few.quality.clear()
    assert "Fréchet" not in Page(render(outcome, pairs, generation=few)).words


def test_a_run_without_intervals_claims_none(pairs):
    outcome = make_outcome(resamples=0)
    assert "±" not in Page(render(outcome, pairs)).words
    assert f"{outcome.evaluation.metrics['gain']['target']['map']:+.3f}" in render(outcome, pairs)


def test_a_variant_without_training_says_so_in_place_of_plots(pairs):
    outcome = make_outcome(gates=False)
    nothing = {stage: {"step": np.zeros(0)} for stage in curves()}
    page = Page(render(outcome, pairs, generation=None, curves=nothing))
    assert "has no gate" in page.words
    assert "generates no features" in page.words
    assert page.words.count("Nothing was trained here") == 2


def test_lost_pictures_are_said_to_be_lost(outcome, pairs, tmp_path):
    lost = Pairs(tuple(tmp_path / path.name for path in pairs.images), pairs.texts, None)
    page = Page(render(outcome, lost))
    assert not page.all("img")
    assert "picture not readable" in page.words


def test_nothing_of_the_data_is_taken_for_markup(pairs):
    evil = '<script>alert("x")</script>'
    outcome = make_outcome()
    object.__setattr__(outcome, "classes", (evil, *outcome.classes[1:]))
    texts = tuple(evil for _ in pairs.texts)
    html = render(
        outcome,
        Pairs(pairs.images, texts, evil),
        facts=RunFacts(evil, evil, evil, 0, 1, {evil: evil}),
    )
    assert "<script" not in html
    assert Page(html).words.count(evil) > 5


ODD_NAMES = (
    "a" * 1024,
    "\u5f88\u957f\u7684" * 113,
    "\u062d\u064a\u0648\u0627\u0646\u0627\u062a " * 20,
    "e\u0301\u0323" * 80,
    "\U0001f469\u200d\U0001f467" * 70,
    "<b>&",
)


def test_names_are_isolated_cut_and_whole_on_demand(outcome, pairs):
    """Arabic beside English turns no line around, and no name makes a table wider than a page."""
    page = Page(render(replace(outcome, classes=ODD_NAMES), pairs))
    titles = {attributes["title"] for attributes in page.all("bdi") if "title" in attributes}
    assert titles <= set(ODD_NAMES[:-1])
    assert titles >= set(ODD_NAMES[:2])
    assert max(len(name) for name in page.text if name.startswith("aaa")) <= NAME_LENGTH + 1
    assert "<b>&" in page.text
