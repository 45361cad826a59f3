"""Stage `train_projector`: the gated projector and the class-posterior coordinates."""

from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.encoder.params import ClipParams
from xshot.episode.file import read_episode
from xshot.episode.training_set import read_training_set
from xshot.errors import one_line_errors
from xshot.mixture.file import read_mixtures
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import read_choice
from xshot.projector.file import Provenance, save_embedder
from xshot.projector.fitting import fit_embedder
from xshot.projector.params import ProjectorParams
from xshot.seeds import torch_stream
from xshot.store.features import read_encoder
from xshot.store.pseudo import read_pseudo
from xshot.variants import ModelParams

FEATURES = Path("data/features.h5")


def main() -> None:
    """Write models/projector/; torch is imported only where a projector is trained."""
    params = load_params()
    clip = params.section(ClipParams)
    run, model = params.section(RunParams), params.section(ModelParams)
    episode = read_episode(Path("data/episode.json"))
    training = read_training_set(FEATURES, episode.task, centre=model.parts.centring)
    choice = read_choice(Path("models/selection.json"))
    generator = device = None
    if choice.parts_of(model.parts).projector:
        import torch

        limit_threads(TRAINING_THREADS)
        generator = torch_stream(episode.seed, "train_projector")
        device = torch.device(resolve_device(run.device))
    embedder, curves = fit_embedder(
        training,
        read_pseudo(Path("data/pseudo.h5"), episode.task.classes),
        read_mixtures(Path("models/mixture.h5")),
        variant=model.parts,
        params=params.section(ProjectorParams),
        choice=choice,
        generator=generator,
        device=device,
    )
    provenance = Provenance(
        encoder_fingerprint=read_encoder(FEATURES).fingerprint,
        encoder_path=clip.weights,
        encoder_architecture=clip.architecture,
        source_hash=training.hash,
        variant=model.variant,
        classes=episode.task.classes,
        target=episode.task.target,
        train_on=episode.train_on,
    )
    save_embedder(Path("models/projector"), embedder, provenance, choice, curves)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
