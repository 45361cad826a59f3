"""`select` takes the best cell by its criterion, and sees no row beyond the training rows."""

from dataclasses import replace

import pytest

from tests.selection.conftest import CPU
from tests.support.stage import make_features, make_manifest
from xshot.projector.calibration import fit_weights
from xshot.projector.choice import Choice
from xshot.retrieval.tree import evaluate_systems
from xshot.selection import select as module
from xshot.selection.select import criterion, pseudo_benches, select
from xshot.variants import VARIANTS

GOOD = Choice(steps=2, calibration=0.0)
# Nearly nothing but source classes in every posterior.
POOR = Choice(steps=2, calibration=-60.0)


@pytest.fixture
def benches(episode, read):
    drawn, _ = episode
    return pseudo_benches(drawn, read, make_features(make_manifest())[1], CPU)


@pytest.mark.parametrize("cells", [(POOR, GOOD), (GOOD, POOR)])
def test_the_better_cell_wins_wherever_it_stands(benches, settings, cells):
    choice, trials = select(cells, benches, VARIANTS["posterior"], settings)
    assert choice.calibration == GOOD.calibration
    by_calibration = {trial.choice.calibration: trial.criterion for trial in trials}
    assert by_calibration[0.0] > by_calibration[-60.0]
    assert [trial.choice.calibration for trial in trials] == [cell.calibration for cell in cells]


def test_of_equals_the_first_is_taken(benches, settings):
    """Training length is nothing to a variant that trains nothing."""
    longer = Choice(steps=5, calibration=0.0)
    choice, _ = select((longer, GOOD), benches, VARIANTS["posterior"], settings)
    assert choice.steps == 5


def test_a_single_cell_without_coordinates_is_taken_untried(settings):
    assert select((GOOD,), (), VARIANTS["flex_clip"], settings) == (GOOD, ())


def test_a_single_cell_with_coordinates_has_its_weights_fitted(benches, settings):
    variant = VARIANTS["xshot"]
    choice, trials = select((GOOD,), benches, variant, settings)
    for side, modality in enumerate(("image", "text")):
        judged = [bench.judged(variant, settings, GOOD.steps)[side] for bench in benches]
        assert choice.weights[modality] == fit_weights(judged)
        assert set(choice.weights[modality]) == {"name", "members", "projected", "source"}
    assert [trial.choice for trial in trials] == [choice]


def test_calibration_comes_on_top_of_the_fitted_weight_of_source(benches, settings):
    cells = (GOOD, Choice(steps=2, calibration=0.75))
    _, (plain, shifted) = select(cells, benches, VARIANTS["posterior"], settings)
    for modality, own in plain.choice.weights.items():
        moved = own | {"source": pytest.approx(own["source"] + 0.75)}
        assert shifted.choice.weights[modality] == moved


def test_the_criterion_is_generalized_target_plus_source_map(benches, settings):
    variant = VARIANTS["posterior"]
    choice, (trial,) = select((GOOD,), benches, variant, settings)
    values = []
    for bench in benches:
        embeddings = bench.embed(bench.embedder(variant, settings, choice))
        tree = evaluate_systems({"m": embeddings}, bench.heldout_labels(), bench.task.is_target)
        galleries = [tree.metrics["m"][name]["avg"]["map"] for name in ("generalized", "source")]
        values.append(sum(galleries))
        assert criterion(bench, variant, settings, choice) == pytest.approx(values[-1])
    assert trial.criterion == pytest.approx(sum(values) / len(values), abs=1e-5)


def test_only_training_rows_are_read(episode, settings):
    """Neither a test row nor a target row beyond the support is ever asked for."""
    drawn, _ = episode
    features, classes = make_features(make_manifest())
    place = {row: index for index, row in enumerate(features.ids)}
    asked = set()

    def read(ids):
        asked.update(ids)
        rows = [place[row] for row in ids]
        return type(features)(ids, features.image[rows], features.text[rows])

    benches = pseudo_benches(drawn, read, classes, CPU)
    select((GOOD, POOR), benches, VARIANTS["xshot"], settings)
    assert asked
    assert asked <= set(drawn.task.train.ids)


def test_the_same_episode_gives_the_same_choice_on_any_number_of_threads(episode, read, settings):
    longer = Choice(steps=3, calibration=0.0)
    classes = make_features(make_manifest())[1]
    runs = [
        select(
            (GOOD, longer, POOR),
            pseudo_benches(episode[0], read, classes, CPU),
            VARIANTS["xshot"],
            settings,
            threads=threads,
        )
        for threads in (1, 1, 5)
    ]
    assert runs[0] == runs[1] == runs[2]


def test_draws_have_seeds_of_their_own(benches):
    seeds = [bench.seed for bench in benches]
    assert len(set(seeds)) == len(seeds) == 2
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_many_held_out_rows_are_thinned_evenly(episode, read, monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    drawn, _ = episode
    classes = make_features(make_manifest())[1]
    bench = pseudo_benches(drawn, read, classes, CPU)[0]
    whole = drawn.pseudo_episodes[0].heldout
    for side in ("test_source", "test_target"):
        rows, all_rows = getattr(bench.heldout, side), getattr(whole, side)
        last = len(all_rows.ids) - 1
        assert rows.ids == tuple(all_rows.ids[row] for row in (0, last // 2, last))
        assert rows.labels == tuple(all_rows.labels[row] for row in (0, last // 2, last))


def alike_within_classes(read, sides):
    """A reader of the same rows, whose features in `sides` are those of their class's first row."""
    manifest = make_manifest()
    first: dict[str, str] = {}
    for row, labels in zip(manifest.ids, manifest.labels, strict=True):
        first.setdefault(labels[0], row)
    leader = {
        row: first[labels[0]] for row, labels in zip(manifest.ids, manifest.labels, strict=True)
    }

    def read_rows(ids):
        rows, leaders = read(ids), read(tuple(leader[row] for row in ids))
        return replace(rows, **{side: getattr(leaders, side) for side in sides})

    return read_rows


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sides", [("text",), ("image", "text")])
@pytest.mark.parametrize("name", ["xshot", "posterior", "tip_adapter", "flex_gcrdp", "flex_clip"])
def test_rows_that_are_alike_within_every_class_do(episode, settings, read, bench, name, sides):
    """Captions such as "a photo of a cat": nothing varies within a class."""
    drawn, _ = episode
    reader = alike_within_classes(read, sides)
    benches = pseudo_benches(drawn, reader, make_features(make_manifest())[1], CPU)
    choice, _ = select((GOOD, Choice(2, 1.0)), benches, VARIANTS[name], settings)
    whole = replace(bench(), read=reader)
    embeddings = whole.embed(whole.embedder(VARIANTS[name], settings, choice))
    tree = evaluate_systems({"m": embeddings}, whole.heldout_labels(), whole.task.is_target)
    assert tree.metrics["m"]["source"]["avg"]["map"] > 0.5
