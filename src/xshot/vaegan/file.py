"""`models/vaegan/`: the trained generator with what synthesis needs beside it.

    model.safetensors    generator.*, means (2, C, D)
    config.json          schema_version, generates, init, parts, sizes, source_hash
    curves.csv           loss terms by step

Where the variant generates nothing, `generates` is false and the tables are empty; torch is not
imported then.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from xshot.curves import Curves
from xshot.errors import UserError
from xshot.store.atomic import atomic_dir
from xshot.store.models import Tensors, load_model, save_model

if TYPE_CHECKING:
    from xshot.vaegan.training import TrainedVaegan

SCHEMA_VERSION = 1
_GENERATOR = "generator."
_STAGE = "train_vaegan"


def save_vaegan(
    folder: Path, model: "TrainedVaegan | None", curves: Curves, parts: dict[str, bool]
) -> None:
    """Write a model, or none, as a whole folder; equal input gives equal bytes.

    Args:
        folder: takes the place of what is there.
        model: None = the variant generates nothing.
        curves: the training's.
        parts: which terms it was trained with, for the reader of config.json.
    """
    tensors: Tensors = {}
    config: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "generates": model is not None}
    if model is not None:
        tensors = {
            f"{_GENERATOR}{name}": tensor.numpy()
            for name, tensor in model.generator.state_dict().items()
        }
        tensors["means"] = model.means.numpy()
        config |= {
            "init": "ppca" if model.generator.principal else "random",
            "parts": parts,
            "sizes": model.generator.sizes,
            "source_hash": model.source_hash,
        }
    with atomic_dir(folder) as temporary:
        save_model(temporary, tensors, config)
        curves.write_curves(temporary / "curves.csv")


def load_vaegan(folder: Path) -> "TrainedVaegan | None":
    """Read what `save_vaegan` wrote.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    tensors, config = load_model(folder, stage=_STAGE)
    if config.get("schema_version") != SCHEMA_VERSION:
        raise UserError(f"{folder}: another schema version; re-run `dvc repro {_STAGE}`")
    try:
        return _rebuild(tensors, config) if config["generates"] else None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{folder}: damaged ({reason}); re-run `dvc repro {_STAGE}`") from None


def _rebuild(tensors: Tensors, config: dict[str, Any]) -> "TrainedVaegan":
    import torch

    from xshot.vaegan.networks import Generator
    from xshot.vaegan.residuals import ResidualModel
    from xshot.vaegan.training import TrainedVaegan

    weights = {
        name.removeprefix(_GENERATOR): torch.from_numpy(tensor)
        for name, tensor in tensors.items()
        if name.startswith(_GENERATOR)
    }
    residuals = ResidualModel(weights["loadings"].numpy(), weights["noise"][:, 0].numpy())
    generator = Generator(residuals, principal=config["init"] == "ppca", **config["sizes"])
    generator.load_state_dict(weights)
    trained = generator.eval().requires_grad_(False)
    means = torch.from_numpy(tensors["means"])
    return TrainedVaegan(trained, means, residuals, config["source_hash"])
