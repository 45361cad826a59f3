import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.episode.episode import Rows
from xshot.episode.pseudo import draw_pseudo_episode
from xshot.errors import UserError


def draw(train, k_shot, *, seed=0, fraction=0.5):
    source = tuple(sorted({name for names in train.labels for name in names}))
    rng = np.random.default_rng(seed)
    return draw_pseudo_episode(source, train, k_shot=k_shot, fraction=fraction, rng=rng)


def single_label(sizes):
    labels = [(f"c{number}",) for number, size in enumerate(sizes) for _ in range(size)]
    return Rows(tuple(f"row{row:03d}" for row in range(len(labels))), tuple(labels))


pools = st.lists(st.integers(1, 20), min_size=2, max_size=8).map(single_label)


def count(rows, name):
    return sum(name in labels for labels in rows.labels)


class TestSingleLabel:
    @given(pools, st.integers(0, 7), st.integers(0, 100))
    def test_every_row_has_one_place(self, train, k_shot, seed):
        pseudo = draw(train, k_shot, seed=seed)
        task, heldout = pseudo.task, pseudo.heldout
        places = [task.train, task.support, heldout.test_source, heldout.test_target]
        assert sorted(row for rows in places for row in rows.ids) == list(train.ids)
        assert set(task.source).isdisjoint(task.target)
        for rows, allowed in zip(places, [task.source, task.target] * 2, strict=True):
            assert {name for names in rows.labels for name in names} <= set(allowed)

    @given(pools, st.integers(0, 7), st.integers(0, 100))
    def test_every_class_can_be_learned_and_scored(self, train, k_shot, seed):
        pseudo = draw(train, k_shot, seed=seed)
        task, heldout = pseudo.task, pseudo.heldout
        for name in task.target:
            size = count(train, name)
            assert count(task.support, name) == min(k_shot, size - 1)
            assert count(heldout.test_target, name) >= 1
        for name in task.source:
            size = count(train, name)
            assert count(heldout.test_source, name) == min(round(0.4 * size), size - 1)

    @given(pools, st.integers(0, 6), st.integers(0, 100))
    def test_only_support_and_its_rest_depend_on_k(self, train, k_shot, seed):
        small, large = (draw(train, k, seed=seed) for k in (k_shot, k_shot + 1))
        n_small = len(small.task.support.ids)
        assert large.task.support.ids[:n_small] == small.task.support.ids
        assert large.task.train == small.task.train
        assert large.task.target == small.task.target
        assert large.heldout.test_source == small.heldout.test_source
        assert set(large.heldout.test_target.ids) <= set(small.heldout.test_target.ids)

    @pytest.mark.parametrize(
        ("n_classes", "fraction", "n_target"),
        [(25, 0.5, 12), (10, 0.1, 2), (5, 0.9, 4), (2, 0.5, 1)],
    )
    def test_how_many_classes_play_target(self, n_classes, fraction, n_target):
        task = draw(single_label([4] * n_classes), 1, fraction=fraction).task
        assert (len(task.target), len(task.source)) == (n_target, n_classes - n_target)

    def test_streams_draw_other_classes(self):
        train = single_label([4] * 12)
        assert len({draw(train, 1, seed=seed).task.target for seed in range(5)}) == 5


class TestSeveralLabels:
    @given(
        st.lists(
            st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True).map(tuple),
            max_size=30,
        ),
        st.integers(0, 5),
        st.integers(0, 50),
    )
    def test_source_classes_keep_training_rows_and_targets_test_rows(self, extra, k_shot, seed):
        labels = (*((name,) for name in "abcdef"), *extra)
        train = Rows(tuple(f"row{row:03d}" for row in range(len(labels))), labels)
        pseudo = draw(train, k_shot, seed=seed)
        target = set(pseudo.task.target)
        assert all(target.isdisjoint(names) for names in pseudo.task.train.labels)
        assert all(target.isdisjoint(names) for names in pseudo.heldout.test_source.labels)
        for name in pseudo.task.source:
            assert count(pseudo.task.train, name) >= 1
        for name in pseudo.task.target:
            assert count(pseudo.heldout.test_target, name) >= 1

    def test_a_class_whose_rows_are_all_target_rows_takes_no_part(self):
        names = [("a", "b"), ("a", "b"), ("c",), ("d",)] * 3
        train = Rows(tuple(f"row{row:03d}" for row in range(len(names))), tuple(names))
        for seed in range(10):
            task = draw(train, 1, seed=seed).task
            assert all(count(task.train, name) for name in task.source)

    def test_no_row_left_to_train_on(self):
        train = Rows(("x", "y"), (("a", "b"), ("a", "b")))
        with pytest.raises(UserError, match=r"lower\s+episode\.pseudo_fraction"):
            draw(train, 1)
