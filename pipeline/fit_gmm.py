"""Stage `fit_gmm`: a Gaussian mixture per modality over source rows and support."""

from pathlib import Path

from xshot.episode.file import read_episode
from xshot.episode.training_set import read_training_set
from xshot.errors import one_line_errors
from xshot.mixture.file import write_mixtures
from xshot.mixture.params import GmmParams
from xshot.needs import read_needs
from xshot.params import load_params
from xshot.progress import log_to_stdout
from xshot.seeds import numpy_stream
from xshot.variants import ModelParams

FEATURES = Path("data/features.h5")
MIXTURE = Path("models/mixture.h5")


def main() -> None:
    """Write models/mixture.h5; without mixtures where the chosen model uses none."""
    params = load_params()
    parts = params.section(ModelParams).parts
    if not read_needs(Path("models/needs.json")).mixture:
        write_mixtures(MIXTURE, None, source_hash="")
        return

    from xshot.mixture.fitting import fit_mixtures

    episode = read_episode(Path("data/episode.json"))
    training = read_training_set(FEATURES, episode.task, centre=parts.centring)
    rng = numpy_stream(episode.seed, "fit_gmm")
    mixtures = fit_mixtures(training, params.section(GmmParams), rng)
    write_mixtures(MIXTURE, mixtures, source_hash=training.hash)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
