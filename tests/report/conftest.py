import numpy as np
import pytest
from PIL import Image

from tests.report.outcomes import ROWS, make_outcome
from xshot.report.pairs import Pairs


@pytest.fixture(scope="session")
def outcome():
    return make_outcome()


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    paths = [root / f"{row}.png" for row in range(ROWS)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save(path)
    texts = tuple(f"row {row} shows a <b>{'word ' * row}</b>" for row in range(ROWS))
    return Pairs(tuple(paths), texts, "Drawn by nobody, CC0")
