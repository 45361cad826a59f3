"""A fit on a GPU works like one on the CPU, and leaves no trace on it (`pytest -m gpu`)."""

import numpy as np

import xshot
from tests.model.conftest import SMALL
from tests.model.test_undisturbed import cuda_settings, state
from tests.support.gpu import DEVICE, NEEDS_GPU

pytestmark = NEEDS_GPU


def test_the_device_is_used_and_left_as_it_was(arrays, model):
    before = state(), cuda_settings()
    fitted = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL, device=DEVICE)
    tree = xshot.evaluate(fitted, *arrays.rows("test"), bootstrap=0, device=DEVICE)
    assert (state(), cuda_settings()) == before
    wanted = xshot.evaluate(model, *arrays.rows("test"), bootstrap=0)
    assert tree["clip"] == wanted["clip"]
    for side in ("images", "texts"):
        shares = fitted.predict_proba(**{side: getattr(arrays, side)})
        assert np.mean(fitted.classes_[shares.argmax(axis=1)] == arrays.labels) > 0.8
