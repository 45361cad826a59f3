import logging
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.errors import UserError
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


class TestProtocol:
    @given(single_label_manifests, st.integers(0, 7), st.integers(0, 2**32 - 1))
    def test_every_row_is_where_the_protocol_puts_it(self, manifest, k_shot, seed):
        episode, heldout = draw(manifest, seed=seed, k_shot=k_shot)
        check_protocol(manifest, episode, heldout)
        for name in episode.task.target:
            assert sum((name,) == own for own in episode.task.support.labels) == k_shot

    @given(multi_label_manifests(), st.integers(0, 4), st.integers(0, 100))
    def test_with_several_labels_a_support_row_counts_once(self, manifest, k_shot, seed):
        episode, heldout = draw(manifest, seed=seed, k_shot=k_shot)
        check_protocol(manifest, episode, heldout)
        support = episode.task.support
        assert len(support.ids) == k_shot * len(episode.task.target)
        for name in episode.task.target:
            assert sum(name in labels for labels in support.labels) >= k_shot

    @given(multi_label_manifests(), st.integers(0, 3), st.integers(0, 100))
    def test_support_is_nested_and_nothing_else_depends_on_k(self, manifest, k_shot, seed):
        small, small_heldout = draw(manifest, seed=seed, k_shot=k_shot)
        large, large_heldout = draw(manifest, seed=seed, k_shot=k_shot + 1)
        assert large.task.support.ids[: len(small.task.support.ids)] == small.task.support.ids
        assert large_heldout == small_heldout
        assert replace(large.task, support=small.task.support) == small.task

    @given(multi_label_manifests(), st.randoms(use_true_random=False))
    def test_the_order_of_the_manifest_does_not_matter(self, manifest, random):
        rows = list(zip(manifest.ids, manifest.labels, manifest.splits, strict=True))
        random.shuffle(rows)
        assert draw(make_manifest(rows)) == draw(manifest)

    def test_another_seed_draws_other_classes_and_rows(self):
        manifest = single_label([(10, 3)] * 12)
        episodes = [draw(manifest, seed=seed, k_shot=3)[0] for seed in range(5)]
        assert len({episode.task.target for episode in episodes}) > 1
        assert len({episode.task.support.ids for episode in episodes}) == 5

    @pytest.mark.parametrize(("fraction", "n_target"), [(0.5, 5), (0.3, 3), (0.01, 2), (0.99, 8)])
    def test_target_fraction(self, fraction, n_target):
        episode, _ = draw(single_label([(3, 1)] * 10), target_fraction=fraction)
        assert len(episode.task.target) == n_target
        assert len(episode.task.source) == 10 - n_target

    def test_every_row_of_a_pool_is_drawn_equally_often(self):
        manifest = single_label([(5, 1)] * 4)
        drawn = [
            row for seed in range(400) for row in draw(manifest, seed=seed)[0].task.support.ids
        ]
        counts = np.unique(drawn, return_counts=True)[1]
        # 400 draws x half of the classes / 5 rows = 40 a row; 5 standard deviations are 31.
        assert counts.size == 20
        assert counts.min() > 9
        assert counts.max() < 71


class TestRejectedRows:
    @given(single_label_manifests, st.data())
    def test_a_rejected_row_is_never_named(self, manifest, data):
        rejected = data.draw(st.sampled_from(manifest.ids))
        kept = [row for row in manifest.ids if row != rejected]
        episode, heldout = draw(manifest, kept=kept, k_shot=6, min_per_class=1)
        for pseudo in episode.pseudo_episodes:
            assert all(rejected not in part for part in parts(pseudo, pseudo.heldout))
        assert all(rejected not in part for part in parts(episode, heldout))

    def test_a_rejection_leaves_the_draw_of_other_classes_alone(self):
        manifest = single_label([(9, 2)] * 8)
        before, _ = draw(manifest, k_shot=3)
        name, *others = before.task.target
        rejected = next(row for row in before.task.support.ids if row.startswith(name))
        kept = [row for row in manifest.ids if row != rejected]
        after, _ = draw(manifest, kept=kept, k_shot=3)
        for other in others:
            assert _support_of(after, other) == _support_of(before, other)
        assert len(_support_of(after, name)) == 3

    def test_a_kept_row_that_the_manifest_lacks(self):
        with pytest.raises(UserError, match="row 'stranger' is not in the manifest"):
            draw(single_label([(3, 1)] * 4), kept=["stranger"])


def _support_of(episode, name):
    support = episode.task.support
    return [row for row, own in zip(support.ids, support.labels, strict=True) if name in own]


class TestClassesWithTooFewRows:
    def test_fewer_training_rows_than_k_names_the_class(self):
        manifest = single_label([(5, 2)] * 4 + [(2, 2)])
        message = "class 'c4' has 2 training pictures, fewer than model.k_shot = 3; lower"
        with pytest.raises(UserError, match=message):
            draw(manifest, k_shot=3)
        draw(manifest, k_shot=2)

    def test_no_test_row_names_the_class(self):
        with pytest.raises(UserError, match="class 'c1' has no test row"):
            draw(single_label([(5, 2), (5, 0), (5, 2), (5, 2)]), k_shot=0)

    def test_a_class_that_lost_all_its_rows(self):
        manifest = single_label([(3, 1)] * 5)
        kept = [row for row in manifest.ids if not row.startswith("c2-")]
        with pytest.raises(UserError, match="class 'c2' has 0 training pictures"):
            draw(manifest, kept=kept)
        episode, _ = draw(manifest, kept=kept, min_per_class=1)
        assert set(episode.task.classes) == {"c0", "c1", "c3", "c4"}

    def test_min_per_class_drops_whatever_k_is(self, caplog):
        manifest = single_label([(5, 2)] * 5 + [(2, 2), (9, 0)])
        with caplog.at_level(logging.WARNING):
            drawn = {draw(manifest, k_shot=k, min_per_class=3)[0].task.classes for k in (0, 1, 3)}
        assert drawn == {("c0", "c1", "c2", "c3", "c4")}
        assert "dropped 2 classes (under 3 training pictures or no test row): c5, c6" in caplog.text

    def test_min_per_class_below_k_is_still_an_error(self):
        with pytest.raises(UserError, match=r"set episode\.min_per_class to 5"):
            draw(single_label([(5, 2)] * 5 + [(4, 2)]), k_shot=5, min_per_class=3)

    def test_rows_keep_only_the_labels_of_classes_that_take_part(self):
        rows = [
            (f"{c}{i}", (c,), split) for c in "abcd" for i, split in enumerate(["train", "test"])
        ]
        rows += [("both", ("a", "rare"), "train")]
        episode, heldout = draw(make_manifest(rows), k_shot=0, min_per_class=1)
        named = {
            label for rows in (episode.task.train, heldout.test_target) for label in rows.labels
        }
        assert named <= {("a",), ("b",), ("c",), ("d",)}

    def test_fewer_than_four_classes(self):
        with pytest.raises(UserError, match="3 classes with enough rows"):
            draw(single_label([(5, 2)] * 3))


class TestSeveralLabels:
    """Classes a and b always stand together; c and d have rows of their own."""

    TOGETHER = make_manifest(
        [
            (f"{names}{number}", tuple(names), split)
            for names in ("ab", "c", "d")
            for number, split in enumerate(["train"] * 4 + ["test"])
        ]
    )

    def test_a_source_class_without_a_row_of_its_own(self):
        seed = next(s for s in range(50) if _target_of(s) == "ac")
        with pytest.raises(UserError, match="source class 'b' has no training row without"):
            draw(self.TOGETHER, seed=seed)
        rows = [(f"{c}{split}", (c,), split) for c in "efgh" for split in ("train", "test")]
        rows += zip(self.TOGETHER.ids, self.TOGETHER.labels, self.TOGETHER.splits, strict=True)
        splits = {draw(make_manifest(rows), seed=s, min_per_class=1)[0].task for s in range(20)}
        assert any("b" not in task.classes and "a" in task.target for task in splits)

    def test_too_few_source_classes_with_rows_of_their_own(self):
        seed = next(s for s in range(50) if _target_of(s) == "ac")
        with pytest.raises(UserError, match="1 source classes have a training row"):
            draw(self.TOGETHER, seed=seed, min_per_class=1)

    def test_no_test_row_without_a_target_label(self):
        rows = [(f"{c}-train", (c,), "train") for c in "abcd"] + [("test", tuple("abcd"), "test")]
        with pytest.raises(UserError, match="every test row has a target label"):
            draw(make_manifest(rows))

    def test_rarer_classes_may_use_up_the_rows_of_a_commoner_one(self):
        seed = next(s for s in range(50) if _target_of(s) == "ab")
        episode, _ = draw(self.TOGETHER, seed=seed, k_shot=2)
        assert len(episode.task.support.ids) == 4
        with pytest.raises(UserError, match="class 'a': other target classes leave it 2 "):
            draw(self.TOGETHER, seed=seed, k_shot=3)


def _target_of(seed):
    """The target classes that `seed` draws out of a, b, c and d."""
    rows = [(f"{c}{split}", (c,), split) for c in "abcd" for split in ("train", "test")]
    return "".join(draw(make_manifest(rows), seed=seed)[0].task.target)


@st.composite
def manifests_of_shared_pictures(draw_from):
    """Pictures of several texts, some of them twins: the same bytes under other labels."""
    names = [f"c{number}" for number in range(draw_from(st.integers(4, 6)))]
    pictures = [((name,), split) for name in names for split in ["train"] * 4 + ["test"] * 2]
    pictures += draw_from(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple),
                st.sampled_from(["train", "test"]),
            ),
            max_size=10,
        )
    )
    rows, twins = [], {}
    for number in range(len(pictures)):
        image = f"{number:03d}.png"
        for text in range(draw_from(st.integers(1, 3))):
            rows.append((f"row{draw_from(st.integers(0, 9))}-{number:03d}-{text}", image))
    for number, (_, split) in enumerate(pictures[-6:], start=len(pictures) - 6):
        others = [other for other in range(number) if pictures[other][1] == split]
        if others and draw_from(st.booleans()):
            twin = f"{draw_from(st.sampled_from(others)):03d}.png"
            twins[f"{number:03d}.png"] = twins.get(twin, twin)
    place = [int(image.partition(".")[0]) for _, image in rows]
    return Manifest(
        ids=tuple(row for row, _ in rows),
        images=tuple(image for _, image in rows),
        texts=("text",) * len(rows),
        labels=tuple(pictures[number][0] for number in place),
        splits=tuple(pictures[number][1] for number in place),
        twins=twins,
    )


def _sides(manifest, task, heldout):
    picture_of = dict(zip(manifest.ids, manifest.pictures, strict=True))
    sides = (task.train, task.support, heldout.test_source, heldout.test_target)
    return [{picture_of[row] for row in rows.ids} for rows in sides]


class TestSharedPictures:
    @given(manifests_of_shared_pictures(), st.integers(0, 3), st.integers(0, 200))
    def test_no_picture_is_on_two_sides(self, manifest, k_shot, seed):
        try:
            episode, heldout = draw(manifest, seed=seed, k_shot=k_shot, min_per_class=1)
        except UserError:
            assume(False)
        cases = [(episode.task, heldout)]
        cases += [(pseudo.task, pseudo.heldout) for pseudo in episode.pseudo_episodes]
        for task, held in cases:
            sides = _sides(manifest, task, held)
            for one, other in combinations(sides, 2):
                assert one.isdisjoint(other)
            target = set(task.target)
            for rows, is_target in (
                (task.train, False),
                (task.support, True),
                (held.test_source, False),
                (held.test_target, True),
            ):
                for labels in rows.labels:
                    assert is_target != target.isdisjoint(labels)

    @given(manifests_of_shared_pictures(), st.integers(1, 3), st.integers(0, 200))
    def test_k_shots_are_k_pictures_with_their_texts(self, manifest, k_shot, seed):
        try:
            episode, _ = draw(manifest, seed=seed, k_shot=k_shot)
        except UserError:
            assume(False)
        support, target = episode.task.support, episode.task.target
        shots = support.firsts
        assert shots.sum() == k_shot * len(target) == len(set(support.pictures))
        assert shots[: shots.sum()].all(), "the shots stand before further texts"
        image_of = dict(zip(manifest.ids, manifest.images, strict=True))
        images = {image_of[row] for row in support.ids}
        rows = {row for row in manifest.ids if image_of[row] in images}
        assert rows == set(support.ids), "all texts of a picture come with it"

    @given(manifests_of_shared_pictures(), st.randoms(use_true_random=False))
    def test_the_order_of_the_manifest_does_not_matter(self, manifest, random):
        columns = (manifest.ids, manifest.images, manifest.texts, manifest.labels, manifest.splits)
        rows = list(zip(*columns, strict=True))
        random.shuffle(rows)
        again = Manifest(*zip(*rows, strict=True), twins=manifest.twins)
        try:
            first = draw(manifest, min_per_class=1)
        except UserError:
            assume(False)
        assert draw(again, min_per_class=1) == first

    def test_a_twin_of_a_target_picture_is_left_out(self, caplog):
        manifest = single_label([(4, 2)] * 4)
        target = draw(manifest)[0].task.target
        source = next(name for name in ("c0", "c1", "c2", "c3") if name not in target)
        twins = {
            f"{source}-{split}-00.png": f"{target[0]}-{split}-01.png" for split in ("train", "test")
        }
        episode, heldout = draw(replace(manifest, twins=twins))
        assert f"{source}-train-00" not in episode.task.train.ids
        assert f"{source}-test-00" not in heldout.test_source.ids + heldout.test_target.ids
        assert "1 test rows are left out" in caplog.text
