"""What an episode draws keeps to the protocol, whatever the rows."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.episode.drawing import (
    check_protocol,
    draw,
    make_manifest,
    multi_label_manifests,
    parts,
    single_label,
    single_label_manifests,
)
from xshot.errors import UserError


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
        with pytest.raises(UserError, match=r"classes with enough rows: 3.* name the target class"):
            draw(single_label([(5, 2)] * 3))
