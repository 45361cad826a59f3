import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.episode.drawing import draw, make_manifest, single_label
from xshot.episode.pseudo import _sizes
from xshot.errors import UserError


def roles(manifest, **params):
    episode, heldout = draw(manifest, **params)
    return episode.task.target, episode.task.source, heldout


class TestWhichClassesAreTarget:
    MANIFEST = single_label([(9, 2), (2, 2), (9, 2), (1, 2), (9, 2)])

    def test_by_name(self):
        target, source, heldout = roles(self.MANIFEST, target=("c4", "c0"))
        assert (target, source) == (("c0", "c4"), ("c1", "c2", "c3"))
        assert set(heldout.test_target.labels) == {("c0",), ("c4",)}

    def test_one_name_is_enough(self):
        assert roles(self.MANIFEST, target=("c2",))[0] == ("c2",)

    def test_the_seed_does_not_move_them(self):
        found = {roles(self.MANIFEST, target=("c2", "c3"), seed=seed)[0] for seed in range(4)}
        assert found == {("c2", "c3")}

    @pytest.mark.parametrize(("few", "expected"), [(1, ("c3",)), (2, ("c1", "c3"))])
    def test_those_with_few_training_pictures(self, few, expected):
        assert roles(self.MANIFEST, target="few", few=few)[0] == expected

    def test_every_second_by_name(self):
        assert roles(self.MANIFEST, target="every_second")[0] == ("c0", "c2", "c4")

    def test_every_second_in_the_data_sets_own_order(self):
        manifest = replace(self.MANIFEST, classes=("c4", "none", "c3", "c2", "c1", "c0"))
        assert roles(manifest, target="every_second")[0] == ("c0", "c2", "c4")
        manifest = replace(self.MANIFEST, classes=("c3", "c4", "c1", "c2", "c0"))
        assert roles(manifest, target="every_second")[0] == ("c0", "c1", "c3")

    @pytest.mark.parametrize(
        ("params", "message"),
        [
            ({"target": ("c1", "c77")}, "names 'c77', which no row has .*; the nearest are 'c"),
            ({"target": ()}, "episode.target is an empty list"),
            ({"target": ("c0", "c1", "c2", "c3", "c4")}, "all classes are target, but an ep"),
            ({"target": ("c0", "c1", "c2", "c3")}, "1 class is left as source, but an ep"),
            ({"target": "few", "few": 0}, r"the poorest, 'c3', has 1\); raise episode.few"),
            ({"target": ("c3",), "k_shot": 2}, "has 1 training pictures, .*model.k_shot: all"),
        ],
    )
    def test_what_cannot_be(self, params, message):
        with pytest.raises(UserError, match=message):
            draw(self.MANIFEST, **params)

    def test_a_class_without_test_rows_is_trained_and_told(self, caplog):
        manifest = single_label([(5, 2), (5, 0), (5, 2), (5, 0)])
        with caplog.at_level(logging.WARNING):
            episode, heldout = draw(manifest, target=("c1", "c2"), k_shot=2)
        assert "2 classes without a test row are trained and searched" in caplog.text
        assert len(episode.task.support.ids) == 4
        assert set(heldout.test_target.labels) == {("c2",)}

    def test_no_named_class_needs_a_test_row(self):
        episode, heldout = draw(single_label([(5, 2), (5, 0), (5, 2)]), target=("c1",))
        assert heldout.test_target.ids == ()
        assert len(episode.task.support.ids) == 1

    def test_a_class_of_which_only_the_name_is_known_may_be_named_where_that_is_said(self):
        given = {"target": ("c9", "c0"), "k_shot": "all"}
        manifest = single_label([(9, 2)] * 5)
        episode, _ = draw(manifest, **given, nameable=("c9", "c8"))
        assert episode.task.classes == ("c0", "c1", "c2", "c3", "c4", "c9")
        assert episode.task.target == ("c0", "c9")
        assert len(episode.task.support.ids) == 9
        # As in the episode, some classes that play target have all their pictures, some have none.
        for pseudo in episode.pseudo_episodes:
            shown = {name for own in pseudo.task.support.labels for name in own}
            assert len(shown) == len(pseudo.task.target) // 2
        with pytest.raises(UserError, match="names 'c9', which no row has"):
            draw(manifest, **given, nameable=("c8",))

    def test_without_any_test_row_no_class_is_told_to_lack_one(self, caplog):
        draw(single_label([(5, 0)] * 4), target=("c1",))
        assert caplog.text == ""

    def test_poor_source_classes_can_be_dropped_and_named_ones_stay(self, caplog):
        manifest = single_label([(1, 2), (9, 2), (9, 2), (1, 2)])
        target, source, _ = roles(manifest, target=("c0",), min_per_class=2)
        assert (target, source) == (("c0",), ("c1", "c2"))
        assert "dropped 1 classes (under 2 training pictures): c3" in caplog.text


class TestAllShots:
    @given(st.lists(st.integers(0, 9), min_size=2, max_size=5), st.integers(0, 50))
    def test_every_labelled_picture_is_support(self, sizes, seed):
        manifest = single_label([(size, 1) for size in sizes] + [(8, 1)] * 4)
        names = tuple(f"c{number}" for number in range(len(sizes)))
        episode, _ = draw(manifest, target=names, k_shot="all", seed=seed)
        assert episode.k_shot == "all"
        support = episode.task.support
        counts = [sum((name,) == own for own in support.labels) for name in names]
        assert counts == sizes
        for pseudo in episode.pseudo_episodes:
            drawn = pseudo.task.support
            for name in pseudo.task.target:
                count = sum((name,) == own for own in drawn.labels)
                assert count in {min(size, 7) for size in sizes}

    def test_with_several_labels_all_pictures_of_a_target_class_are_support(self):
        rows = [(f"{c}{i}", (c,), "train") for c in "abcd" for i in range(3)]
        rows += [(f"{c}t", (c,), "test") for c in "abcd"] + [("x", ("a", "b", "c"), "train")]
        episode, _ = draw(make_manifest(rows), target=("a", "b"), k_shot="all")
        assert set(episode.task.support.ids) == {f"{c}{i}" for c in "ab" for i in range(3)} | {"x"}

    def test_drawn_classes_can_take_all_too(self):
        episode, _ = draw(single_label([(3, 1), (4, 1), (5, 1), (6, 1)]), k_shot="all")
        assert len(episode.task.support.ids) == sum(
            3 + int(name[1]) for name in episode.task.target
        )

    @given(st.lists(st.integers(0, 99), min_size=1, max_size=6), st.integers(1, 12))
    def test_sizes_are_taken_equally_often(self, sizes, n_classes):
        taken = _sizes([f"c{n}" for n in range(n_classes)], sizes, np.random.default_rng(0))
        assert len(taken) == n_classes
        for size in sizes:
            count = list(taken.values()).count(size) / sizes.count(size)
            assert abs(count - n_classes / len(sizes)) < 1
