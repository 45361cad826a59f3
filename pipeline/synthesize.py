"""Stage `synthesize`: pseudo features of target classes, and of thin source classes if asked."""

from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads
from xshot.episode.file import read_episode
from xshot.episode.training_set import read_training_set
from xshot.errors import UserError, one_line_errors
from xshot.mixture.file import read_mixtures
from xshot.params import load_params
from xshot.seeds import torch_stream
from xshot.store.features import read_class_features
from xshot.store.pseudo import PseudoFeatures, write_pseudo
from xshot.vaegan.file import load_vaegan
from xshot.vaegan.params import SynthesizeParams
from xshot.variants import ModelParams

FEATURES = Path("data/features.h5")
PSEUDO = Path("data/pseudo.h5")
MODEL = Path("models/vaegan")


def main() -> None:
    """Write data/pseudo.h5; without rows where the variant generates nothing."""
    params = load_params()
    parts = params.section(ModelParams).parts
    episode = read_episode(Path("data/episode.json"))
    model = load_vaegan(MODEL)
    if model is None:
        nothing = PseudoFeatures.empty(read_class_features(FEATURES).features.shape[1])
        write_pseudo(PSEUDO, nothing, episode.task.classes, source_hash="")
        return

    from xshot.vaegan.synthesis import synthesize

    limit_threads(TRAINING_THREADS)
    training = read_training_set(FEATURES, episode.task, centre=parts.centring)
    if model.source_hash != training.hash:
        raise UserError(f"{MODEL}: trained on other rows; run `dvc repro train_vaegan`")
    pseudo = synthesize(
        model,
        training,
        read_mixtures(Path("models/mixture.h5")),
        params=params.section(SynthesizeParams),
        generator=torch_stream(episode.seed, "synthesize"),
    )
    write_pseudo(PSEUDO, pseudo, episode.task.classes, source_hash=training.hash)


if __name__ == "__main__":
    with one_line_errors():
        main()
