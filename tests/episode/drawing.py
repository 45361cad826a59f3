"""Manifests to draw episodes from, and the protocol that they keep."""

from hypothesis import strategies as st

from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.store.manifest import Manifest

PARAMS = EpisodeParams(
    target="drawn",
    target_fraction=0.5,
    few=3,
    min_per_class=0,
    train_on="train",
    pseudo_draws=2,
    pseudo_fraction=0.5,
)


def make_manifest(rows):
    """Manifest of (id, labels, split)."""
    ids, labels, splits = zip(*rows, strict=True)
    images = tuple(f"{row}.png" for row in ids)
    return Manifest(ids, images, ("text",) * len(ids), labels, splits)


def single_label(sizes):
    """Classes c0, c1, ... with (train, test) rows each."""
    return make_manifest(
        [
            (f"c{number}-{split}-{row:02d}", (f"c{number}",), split)
            for number, counts in enumerate(sizes)
            for split, count in zip(("train", "test"), counts, strict=True)
            for row in range(count)
        ]
    )


def draw(manifest, *, kept=None, seed=0, k_shot=1, nameable=(), **changes):
    params = EpisodeParams(**{**PARAMS.model_dump(), **changes})
    kept_ids = manifest.ids if kept is None else kept
    return draw_episode(
        manifest, kept_ids, seed=seed, k_shot=k_shot, params=params, nameable=nameable
    )


single_label_manifests = st.lists(
    st.tuples(st.integers(7, 12), st.integers(1, 4)), min_size=5, max_size=10
).map(single_label)


@st.composite
def multi_label_manifests(draw_from):
    """Up to 3 labels a row; every class has rows enough of its own to be drawn from."""
    n_classes = draw_from(st.integers(4, 7))
    names = [f"c{number}" for number in range(n_classes)]
    rows = [((name,), split) for name in names for split in ["train"] * 4 + ["test"]]
    rows += draw_from(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True).map(tuple),
                st.sampled_from(["train", "test"]),
            ),
            max_size=25,
        )
    )
    return make_manifest([(f"row{i:03d}", labels, split) for i, (labels, split) in enumerate(rows)])


def parts(episode, heldout):
    return (
        episode.task.train.ids,
        episode.task.support.ids,
        heldout.test_source.ids,
        heldout.test_target.ids,
    )


def check_protocol(manifest, episode, heldout):
    """The rules of the X-shot protocol, written as loops over the manifest."""
    task = episode.task
    target = set(task.target)
    assert target.isdisjoint(task.source)
    named = [row for part in parts(episode, heldout) for row in part]
    assert len(named) == len(set(named)), "parts overlap"
    for row, labels, split in zip(manifest.ids, manifest.labels, manifest.splits, strict=True):
        is_target = not target.isdisjoint(labels)
        expected = {
            ("train", False): row in task.train.ids,
            ("test", False): row in heldout.test_source.ids,
            ("test", True): row in heldout.test_target.ids,
            ("train", True): row in task.support.ids or row not in named,
        }
        assert expected[split, is_target], row
