"""Shots that an annotator confirms: nested in K, and nothing but training rows has a say."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.support.stage import make_features, make_manifest
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource, make_pool, suggest_support
from xshot.suggestion.suggest import suggest

SUGGESTED = EpisodeParams(support="suggested")


@pytest.fixture
def source():
    return source_of(*make_features(make_manifest()))


def source_of(features, classes):
    place = {row: number for number, row in enumerate(features.ids)}

    def read(ids):
        rows = [place[row] for row in ids]
        return replace(features, ids=ids, image=features.image[rows], text=features.text[rows])

    return FeatureSource(read, classes)


def draw(k_shot, source, manifest=None, params=SUGGESTED):
    manifest = manifest or make_manifest()
    return draw_episode(
        manifest, manifest.ids, seed=0, k_shot=k_shot, params=params, features=source
    )


def test_the_support_of_k_is_the_beginning_of_that_of_more(source):
    supports = [draw(k_shot, source)[0].task.support.ids for k_shot in (1, 2, 3, 5)]
    for fewer, more in pairwise(supports):
        assert more[: len(fewer)] == fewer


def test_only_the_support_differs_from_a_drawn_episode(source):
    suggested, heldout = draw(3, source)
    drawn, others = draw(3, source, params=EpisodeParams())
    assert heldout == others
    assert suggested.task.support != drawn.task.support
    assert replace(suggested, task=replace(suggested.task, support=drawn.task.support)) == drawn


def test_every_target_class_has_k_rows_of_its_own(source):
    episode, heldout = draw(4, source)
    labels = [name for (name,) in episode.task.support.labels]
    assert sorted(labels) == sorted(4 * episode.task.target)
    assert set(episode.task.support.ids) <= set(heldout.train_target.ids)


def test_a_drawn_episode_looks_at_no_feature():
    def read(_):
        raise AssertionError

    episode, _ = draw(2, FeatureSource(read, None), params=EpisodeParams())
    assert len(episode.task.support.ids) == 2 * len(episode.task.target)


def test_noise_in_place_of_the_test_rows_changes_nothing(source):
    manifest = make_manifest()
    features, classes = make_features(manifest)
    tests = np.array(manifest.splits) == "test"
    noise = np.random.default_rng(1).normal(size=features.image.shape)
    noise = (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float32)
    noisy = replace(
        features,
        image=np.where(tests[:, None], noise, features.image),
        text=np.where(tests[:, None], noise, features.text),
    )
    assert draw(3, source_of(noisy, classes)) == draw(3, source)


def test_the_first_shot_is_the_first_suggestion_that_is_a_member(source):
    episode, heldout = draw(1, source)
    hidden = heldout.train_target
    pool, names, classes = make_pool(episode.task.train, hidden, episode.task.target, source)
    for row, (name,) in zip(episode.task.support.ids, episode.task.support.labels, strict=True):
        refused = []
        while True:
            found = suggest(pool, names, classes.index(name), refused=refused)[0].row
            if name in hidden.labels[found]:
                break
            refused.append(found)
        assert hidden.ids[found] == row


def test_labels_of_the_pool_are_not_looked_at(source):
    episode, heldout = draw(1, source)
    hidden = heldout.train_target
    blank = replace(hidden, labels=(("?",),) * len(hidden.ids))
    target = episode.task.target
    pool, names, classes = make_pool(episode.task.train, hidden, target, source)
    other, same, also = make_pool(episode.task.train, blank, target, source)
    assert (names.weights, classes) == (same.weights, also)
    assert suggest(pool, names, 0, n=9) == suggest(other, same, 0, n=9)


def test_a_picture_counts_for_one_class_only(source):
    episode, heldout = draw(1, source)
    hidden, target = heldout.train_target, episode.task.target
    both = replace(hidden, labels=tuple((*names, target[0]) for names in hidden.labels))
    support = suggest_support(episode.task.train, both, target, 2, source)
    assert len(support) == 2 * len(target)
    for picture, name in support.items():
        assert name in both.labels[both.ids.index(picture)]


def test_suggestions_need_features():
    with pytest.raises(ValueError, match="needs features"):
        draw(1, None)
    all_of_them, _ = draw("all", None)
    assert len(all_of_them.task.support.ids) == 8 * len(all_of_them.task.target)
