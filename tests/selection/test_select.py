"""`select` tries the members with what suits them, and sees no row beyond the training rows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.selection.conftest import CPU
from tests.support.stage import make_features, make_manifest
from xshot.projector.calibration import fit_weights
from xshot.projector.choice import Choice
from xshot.retrieval.galleries import GALLERIES
from xshot.retrieval.tree import evaluate_systems
from xshot.selection import select as module
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.variants import VARIANTS

# -60: nearly nothing but source classes in every posterior.
GRID = SelectParams(steps=(2,), gate=(1.0,), centring=(0.0, 1.0), calibration=(-60.0, 0.0))
WHOLE = VARIANTS["xshot"]


@pytest.fixture
def benches(episode, read):
    drawn, _ = episode
    return pseudo_benches(drawn, read, make_features(make_manifest())[1], CPU)


def grid(**changes):
    return SelectParams(**{**GRID.model_dump(), **changes})


@pytest.mark.parametrize("calibration", [(-60.0, 0.0), (0.0, -60.0)])
def test_the_better_calibration_wins_wherever_it_stands(benches, settings, calibration):
    own = grid(calibration=calibration)
    assert select(own, benches, VARIANTS["posterior"], settings).choice.calibration == 0


def test_a_single_member_without_coordinates_is_taken_untried(settings):
    selection = select(GRID, (), VARIANTS["ungated"], settings)
    assert selection.choice == Choice(2, 0.0, joined=False)
    assert selection.trials == ()


def test_weights_are_those_of_the_pseudo_episodes_and_calibration_comes_on_top(benches, settings):
    variant = VARIANTS["posterior"]
    choice = select(grid(calibration=(0.75,)), benches, variant, settings).choice
    for side, modality in enumerate(("image", "text")):
        fitted = fit_weights([bench.judged(variant, settings, choice)[side] for bench in benches])
        shifted = pytest.approx(fitted["source"] + 0.75, abs=1e-4)
        assert choice.weights[modality] == fitted | {"source": shifted}


def test_trials_hold_the_map_of_each_gallery(benches, settings):
    variant = VARIANTS["gcrdp"]
    selection = select(GRID, benches, variant, settings)
    assert len(selection.trials) == len(GRID.members_of(variant))
    for trial in selection.trials:
        trees = [
            evaluate_systems(
                {"m": bench.embed(bench.embedder(variant, settings, trial.choice))},
                bench.heldout_labels(),
                bench.task.is_target,
            ).metrics["m"]
            for bench in benches
        ]
        for name in GALLERIES:
            mean = np.mean([tree[name]["avg"]["map"] for tree in trees])
            assert trial.maps[name] == pytest.approx(mean, abs=2e-5)
    assert min(trial.behind for trial in selection.trials) == 0


def test_what_is_not_joined_is_kept_for_who_asks(benches, settings, bench):
    """Raw CLIP with a posterior: the embedding is raw CLIP's, and classes can be asked for."""
    untrained = VARIANTS["posterior"]
    weights = select(GRID, benches, untrained, settings).choice.weights
    raw = Choice(0, 0.0, weights, centring=0.0, joined=False)
    whole = bench()
    embedder = whole.embedder(WHOLE, settings, raw)
    features = whole.heldout_features()
    assert np.array_equal(whole.embed(embedder).image, features.image)
    posterior = embedder.posterior(features.image, 0)
    assert np.allclose(posterior.sum(axis=1), 1, atol=1e-5)


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
    select(GRID, benches, WHOLE, settings)
    assert asked
    assert asked <= set(drawn.task.train.ids)


def test_the_same_episode_gives_the_same_choice_on_any_number_of_threads(episode, read, settings):
    classes = make_features(make_manifest())[1]
    runs = [
        select(
            grid(steps=(2, 3)),
            pseudo_benches(episode[0], read, classes, CPU),
            WHOLE,
            settings,
            threads=threads,
        )
        for threads in (1, 1, 5)
    ]
    assert runs[0] == runs[1] == runs[2]


def test_draws_have_seeds_of_their_own(benches):
    seeds = [bench.seed for bench in benches]
    assert len(set(seeds)) == len(seeds) >= 2
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
    choice = select(grid(calibration=(0.0, 1.0)), benches, VARIANTS[name], settings).choice
    whole = replace(bench(), read=reader)
    embeddings = whole.embed(whole.embedder(VARIANTS[name], settings, choice))
    tree = evaluate_systems({"m": embeddings}, whole.heldout_labels(), whole.task.is_target)
    assert tree.metrics["m"]["source"]["avg"]["map"] > 0.5
