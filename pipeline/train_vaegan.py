"""Stage `train_vaegan`: the composite multimodal VAE-GAN on source rows and support."""

from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.curves import Curves
from xshot.episode.file import read_episode
from xshot.episode.training_set import read_training_set
from xshot.errors import one_line_errors
from xshot.mixture.file import read_mixtures
from xshot.needs import read_needs
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.seeds import torch_stream
from xshot.vaegan.file import save_vaegan
from xshot.vaegan.params import VaeganParams
from xshot.variants import ModelParams

FEATURES = Path("data/features.h5")
MODEL = Path("models/vaegan")


def main() -> None:
    """Write models/vaegan/; without a model where the chosen one is trained without."""
    params = load_params()
    run, parts = params.section(RunParams), params.section(ModelParams).parts
    if not read_needs(Path("models/needs.json")).generation:
        save_vaegan(MODEL, None, Curves("train_vaegan", remedy=""), {})
        return

    import torch

    from xshot.vaegan.training import train_vaegan

    limit_threads(TRAINING_THREADS)
    episode = read_episode(Path("data/episode.json"))
    training = read_training_set(FEATURES, episode.task, centre=parts.centring)
    model, curves = train_vaegan(
        training,
        read_mixtures(Path("models/mixture.h5")),
        variant=parts,
        params=params.section(VaeganParams),
        generator=torch_stream(episode.seed, "train_vaegan"),
        device=torch.device(resolve_device(run.device)),
    )
    trained_with = {
        name: getattr(parts, name) for name in ("adversarial", "composition", "mixture")
    }
    save_vaegan(MODEL, model, curves, trained_with)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
