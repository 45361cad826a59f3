"""What a trial is worth: the criterion of `select` on the pseudo-episodes of several episodes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError

from pipeline.tune.trials import PARAMS, TuneParams, Value
from xshot.compute import resolve_device
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource
from xshot.errors import UserError
from xshot.params import Params, RunParams, Section, explain
from xshot.selection.judgement import balance, judge
from xshot.selection.params import SelectParams
from xshot.selection.select import pseudo_benches, select
from xshot.selection.workbench import Settings, Workbench
from xshot.store.features import Features, read_class_features, read_features, read_ids
from xshot.store.manifest import read_manifest
from xshot.variants import VARIANTS

FEATURES = Path("data/features.h5")
MANIFEST = Path("data/manifest.parquet")


class Objective:
    """The mean criterion over variants, seeds and shots.

    Only rows of split train can be read: no test row has a say in a default.
    """

    def __init__(self, params: Params, tune: TuneParams) -> None:
        self._params = params
        self._tune = tune
        self._manifest = read_manifest(MANIFEST)
        rows = zip(self._manifest.ids, self._manifest.splits, strict=True)
        self._train = {row for row, split in rows if split == "train"}

    def __call__(self, values: dict[str, Value]) -> float:
        """Values of the searched params, named as `section.key`; the rest is as in params.yaml."""
        settings = settings_with(Settings.of(self._params), values)
        grids = self._params.section(SelectParams)
        criteria = []
        for benches in self._episodes():
            for name in self._tune.variants:
                variant = VARIANTS[name]
                choice = select(grids, benches, variant, settings).choice
                criteria += [
                    balance([judge(bench, bench.embed(bench.embedder(variant, settings, choice)))])
                    for bench in benches
                ]
        return round(float(np.mean(criteria)), 5)

    def _episodes(self) -> Iterator[tuple[Workbench, ...]]:
        ids, classes = read_ids(FEATURES), read_class_features(FEATURES)
        device = torch.device(resolve_device(self._params.section(RunParams).device))
        for seed in self._tune.seeds:
            for k_shot in self._tune.shots:
                episode, _ = draw_episode(
                    self._manifest,
                    ids,
                    seed=seed,
                    k_shot=k_shot,
                    params=self._params.section(EpisodeParams),
                    features=FeatureSource(self._read, classes),
                )
                yield pseudo_benches(episode, self._read, classes, device)

    def _read(self, ids: tuple[str, ...]) -> Features:
        if not self._train.issuperset(ids):
            raise AssertionError("a test row was asked for")
        return read_features(FEATURES, ids)


def settings_with(settings: Settings, values: dict[str, Value]) -> Settings:
    """`settings` with some values changed.

    Raises:
        UserError: not a param of a training section, or a value out of its range.
    """
    changed: dict[str, dict[str, Value]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        changed.setdefault(section, {})[name] = value
    sections: dict[str, Any] = {}
    for section, update in changed.items():
        own: Section | None = getattr(settings, section, None)
        if own is None:
            raise UserError(f"{PARAMS}: '{section}' is not a section that training takes")
        try:
            sections[section] = type(own).model_validate({**own.model_dump(), **update})
        except ValidationError as error:
            raise UserError(f"{PARAMS}: {explain(section, error)}") from None
    return replace(settings, **sections)
