"""Stage `episode`: draw classes, support and held-out rows from the manifest."""

from pathlib import Path

from xshot.episode.file import write_episode, write_heldout
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.suggested import FeatureSource
from xshot.errors import one_line_errors
from xshot.params import RunParams, load_params
from xshot.store.features import read_class_features, read_features, read_ids
from xshot.store.manifest import read_manifest
from xshot.variants import ModelParams


def main() -> None:
    """Write data/episode.json for training and data/heldout.json for evaluation alone."""
    params = load_params()
    table = Path("data/features.h5")
    episode, heldout = draw_episode(
        read_manifest(Path("data/manifest.parquet")),
        read_ids(table),
        seed=params.section(RunParams).seed,
        k_shot=params.section(ModelParams).k_shot,
        params=params.section(EpisodeParams),
        features=FeatureSource(lambda ids: read_features(table, ids), read_class_features(table)),
    )
    write_episode(Path("data/episode.json"), episode)
    write_heldout(Path("data/heldout.json"), heldout)


if __name__ == "__main__":
    with one_line_errors():
        main()
