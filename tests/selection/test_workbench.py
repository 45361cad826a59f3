"""Sharing parts between variants changes none of them, and saves their training."""

from dataclasses import replace

import pytest
from numpy.testing import assert_array_equal

from xshot.projector.choice import Choice
from xshot.selection import workbench
from xshot.variants import VARIANTS

WEIGHTS = {
    "name": 5.0, "members": 4.0, "probe": 1.0, "regression": 2.0, "projected": 3.0, "source": 0.5
}  # fmt: skip
CHOICE = Choice(steps=3, calibration=0.0, weights={"image": WEIGHTS, "text": WEIGHTS})


def embed(bench, name, settings):
    return bench.embed(bench.embedder(VARIANTS[name], settings, CHOICE))


@pytest.mark.parametrize("name", ["xshot", "gcrdp", "flex_clip", "no_gan", "dscmr", "posterior"])
def test_a_variant_is_the_same_after_others_as_alone(bench, settings, name):
    used = bench()
    for other in VARIANTS:
        embed(used, other, settings)
    alone, shared = embed(bench(), name, settings), embed(used, name, settings)
    assert_array_equal(alone.image, shared.image)
    assert_array_equal(alone.text, shared.text)


def test_what_does_not_differ_is_trained_once(bench, settings, monkeypatch):
    trained = []
    for name in ("fit_mixtures", "train_vaegan", "train_projector"):
        original = getattr(workbench, name)

        def counted(*arguments, _original=original, _name=name, **options):
            trained.append(_name)
            return _original(*arguments, **options)

        monkeypatch.setattr(workbench, name, counted)
    used = bench()
    for name in ("xshot", "flex_gcrdp", "no_gate"):
        embed(used, name, settings)
    # xshot and flex_gcrdp differ in their coordinates alone.
    assert sorted(trained) == [
        "fit_mixtures",
        "train_projector",
        "train_projector",
        "train_vaegan",
    ]


def test_held_out_rows_are_source_then_target(bench, episode):
    made = bench()
    labels = made.heldout_labels()
    _, heldout = episode
    n_source = len(heldout.test_source.ids)
    assert not labels[:n_source, made.task.is_target].any()
    assert labels[n_source:, made.task.is_target].any(axis=1).all()
    assert made.heldout_features().ids == (*heldout.test_source.ids, *heldout.test_target.ids)


def test_a_held_out_picture_of_several_texts_is_judged_as_one_image(bench, settings):
    made = bench()
    source = made.heldout.test_source
    shared = replace(source, labels=(source.labels[0],) * 3 + source.labels[3:])
    several = replace(shared, pictures=(source.ids[0],) * 3 + source.ids[3:])
    made.heldout = replace(made.heldout, test_source=several)
    image, text = made.judged(VARIANTS["posterior"], settings, replace(CHOICE, steps=0))
    assert image.scores.shape[1] == text.scores.shape[1] - 2 == len(image.labels)
    assert_array_equal(image.labels[1:], text.labels[3:])
