"""A model's folder: what `train_projector` writes, and beside it how it was fitted.

model.safetensors, config.json, curves.csv    as of `xshot.projector.file`
fit.json                                      `Facts`
README.md                                     the model card
"""

import json
from dataclasses import asdict
from pathlib import Path

from xshot.curves import Curves
from xshot.errors import UserError
from xshot.model.model import Facts, Model
from xshot.projector.choice import Choice
from xshot.projector.file import load_embedder, save_embedder
from xshot.store.atomic import atomic_dir, write_text
from xshot.store.json_tree import json_tree

SCHEMA_VERSION = 1

_FACTS = "fit.json"
_FILES = {"model.safetensors", "config.json", "curves.csv", _FACTS, "README.md"}


def save_model(folder: Path, model: Model) -> None:
    """Write the folder, atomically.

    Raises:
        UserError: it holds something else than a model, or cannot be written.
    """
    folder = folder.absolute()  # `.` has no name
    _check_free(folder)
    with atomic_dir(folder) as temporary:
        inner = temporary / "model"
        curves = Curves("save", remedy="")  # of all that was tried, one was kept
        save_embedder(inner, model.embedder, model.provenance, model.choice, curves)
        for file in sorted(inner.iterdir()):
            file.rename(temporary / file.name)
        inner.rmdir()
        if model.facts is not None:
            tree = {"schema_version": SCHEMA_VERSION, **asdict(model.facts)}
            write_text(temporary / _FACTS, json.dumps(tree, indent=1) + "\n")
        write_text(temporary / "README.md", model.card())


def load(folder: str | Path) -> Model:
    """A model that `Model.save` or the pipeline (`models/projector`) has written.

    Raises:
        UserError: absent, damaged or of another schema.
    """
    folder = Path(folder)
    if not (folder / "config.json").exists():
        raise UserError(f"{folder}: no model there; name a folder that `model.save` has written")
    try:
        embedder, provenance = load_embedder(folder)
        with json_tree(folder / "config.json", remedy="save it again") as tree:
            choice = Choice(**tree["choice"]) if tree["choice"] else None
    except UserError as error:
        cause = str(error).partition(";")[0]
        raise UserError(f"{cause}; save the model again") from None
    path = folder / _FACTS
    facts = _read_facts(path) if path.exists() else None
    return Model(embedder, provenance, facts, choice)


def _read_facts(path: Path) -> Facts:
    with json_tree(path, remedy="save the model again") as tree:
        if tree.pop("schema_version") != SCHEMA_VERSION:
            raise ValueError("another schema version")
        names = {key: tuple(tree[key]) for key in ("class_names", "notes")}
        return Facts(**(tree | names))


def _check_free(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder for the model")
    strange = sorted({path.name for path in folder.iterdir()} - _FILES)
    if strange:
        raise UserError(
            f"{folder}: holds {strange[0]!r}, which is no part of a model; name a new folder"
        )
