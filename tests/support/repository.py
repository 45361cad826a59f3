"""A folder as the pipeline leaves it, in seconds: real drawings, a small encoder, a small model."""

from pathlib import Path

import torch
from ruamel.yaml import YAML

from tests.support.shipped import shipped
from xshot.datasets.adapters import build_manifest
from xshot.encoder.extraction import extract
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import identify
from xshot.encoder.folder import read_folder
from xshot.encoder.loading import load_encoder
from xshot.encoder.local import LocalEngine
from xshot.episode.params import EpisodeParams
from xshot.episode.sampling import draw_episode
from xshot.episode.training_set import TrainingSet, make_training_set, training_rows
from xshot.params import load_params
from xshot.projector.choice import Choice
from xshot.projector.file import Provenance, save_embedder
from xshot.projector.fitting import fit_embedder
from xshot.projector.params import ProjectorParams
from xshot.store.features import (
    EncoderRecord,
    read_class_features,
    read_encoder,
    read_features,
    write_features,
)
from xshot.store.manifest import read_manifest, write_manifest
from xshot.store.pseudo import PseudoFeatures
from xshot.variants import VARIANTS

TEMPLATES = ("a picture of {}", "{}")
WEIGHTS = {
    "name": 5.0, "members": 6.0, "probe": 0.0, "regression": 0.0, "projected": 4.0, "source": 0.5
}  # fmt: skip


def write_repository(root: Path, images: Path, encoder: Path, *, variant: str = "xshot") -> None:
    """Write params.yaml, data/ and models/projector; the encoder is named as `encoder`.

    Args:
        root: an empty folder.
        images: a dataset with its manifest.csv.
        encoder: an open_clip folder.
        variant: of the model.
    """
    (root / "encoder").symlink_to(encoder)
    (root / "raw").symlink_to(images)
    _write_params(root, variant)
    _write_features(root, images)
    save_model(root, variant)


def training_set(root: Path, *, k_shot: int = 2, centre: bool = True) -> TrainingSet:
    """What a model of this repository learns from."""
    manifest = read_manifest(root / "data/manifest.parquet")
    episode, _ = draw_episode(
        manifest,
        manifest.ids,
        seed=0,
        k_shot=k_shot,
        params=load_params(root / "params.yaml").section(EpisodeParams),
    )
    features = root / "data/features.h5"
    return make_training_set(
        episode.task,
        read_features(features, training_rows(episode.task)),
        read_class_features(features),
        centre=centre,
    )


def save_model(root: Path, variant: str) -> None:
    """Train a projector for a moment and write models/projector."""
    training = training_set(root, centre=VARIANTS[variant].centring)
    params = load_params(root / "params.yaml")
    choice = Choice(steps=3, calibration=0.0, weights={"image": WEIGHTS, "text": WEIGHTS})
    nothing = training.image[:0]
    embedder, curves = fit_embedder(
        training,
        PseudoFeatures(nothing, nothing, training.labels[:0].argmax(axis=1), nothing[:, 0]),
        None,
        variant=VARIANTS[variant],
        params=params.section(ProjectorParams),
        choice=choice,
        generator=torch.Generator().manual_seed(0),
        device=torch.device("cpu"),
    )
    labels = read_manifest(root / "data/manifest.parquet").labels
    classes = tuple(sorted({label for own in labels for label in own}))
    provenance = Provenance(
        encoder_fingerprint=read_encoder(root / "data/features.h5").fingerprint,
        encoder_path="encoder",
        source_hash=training.hash,
        variant=variant,
        classes=classes,
        target=tuple(
            name for name, is_target in zip(classes, training.is_target, strict=True) if is_target
        ),
    )
    save_embedder(root / "models/projector", embedder, provenance, choice, curves)


def _write_params(root: Path, variant: str) -> None:
    yaml = YAML()
    tree = shipped()
    tree["device"] = "cpu"
    tree["data"] |= {"name": "manifest", "root": "raw"}
    tree["clip"] |= {"weights": "encoder", "precision": "float32"}
    tree["model"]["variant"] = variant
    tree["projector"]["hidden"] = 16
    yaml.dump(tree, root / "params.yaml")


def _write_features(root: Path, images: Path) -> None:
    manifest = build_manifest("manifest", images, split_seed=0, test_fraction=0.4, min_test=5)
    write_manifest(root / "data/manifest.parquet", manifest)
    folder, hashes = read_folder(root / "encoder"), FileHashes(root / "hashes.json")
    identity = identify(folder, precision="float32", device="cpu", hashes=hashes)
    engine = LocalEngine(
        lambda: load_encoder(folder, precision="float32", device="cpu", batch_size=1), threads=1
    )
    extraction = extract(
        manifest,
        images,
        engine=engine,
        cache=root / "cache",
        hashes=hashes,
        templates=TEMPLATES,
        long_texts="split",
        max_rejected=None,
    )
    record = EncoderRecord(identity.fingerprint, identity.details, TEMPLATES)
    write_features(root / "data/features.h5", extraction.features, extraction.classes, record)
