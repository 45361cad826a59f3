from pathlib import Path

import pytest
import torch

from tests.support.shipped import shipped
from tests.support.stage import make_features, make_manifest
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.mixture.params import GmmParams
from xshot.params import Params
from xshot.projector.params import ProjectorParams
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import Features
from xshot.vaegan.params import SynthesizeParams, VaeganParams

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def params():
    return Params(shipped(), Path("params.yaml"))


@pytest.fixture(scope="session")
def settings(params):
    """The shipped settings, but small."""
    small = {"steps": 4, "hidden": 16, "latent_dim": 4}
    return Settings(
        params.section(GmmParams).model_copy(update={"min_members": 4}),
        params.section(VaeganParams).model_copy(update=small),
        params.section(SynthesizeParams).model_copy(update={"pairs_per_class": 4}),
        params.section(ProjectorParams).model_copy(update={"hidden": 16}),
    )


@pytest.fixture(scope="session")
def episode(params):
    manifest = make_manifest()
    section = params.section(EpisodeParams)
    return draw_episode(manifest, manifest.ids, seed=3, k_shot=2, params=section)


@pytest.fixture
def read():
    features, _ = make_features(make_manifest())
    place = {row: index for index, row in enumerate(features.ids)}

    def read_rows(ids: tuple[str, ...]) -> Features:
        rows = [place[row] for row in ids]
        return Features(ids, features.image[rows], features.text[rows])

    return read_rows


@pytest.fixture
def bench(episode, read):
    """A function that makes a fresh workbench of the episode itself."""
    drawn, heldout = episode
    classes = make_features(make_manifest())[1]
    return lambda: Workbench(drawn.task, heldout, read, classes, drawn.seed, CPU)
