"""Several labels, several texts, equal bytes: no item stands on two sides of an episode."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.episode.drawing import (
    draw,
    make_manifest,
    single_label,
)
from xshot.errors import UserError
from xshot.store.manifest import Manifest


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
