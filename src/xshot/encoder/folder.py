"""What an open_clip model folder holds, checked without loading any of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xshot.errors import UserError
from xshot.namesakes import hint
from xshot.reading import check_file, explain, read_file

CONFIG = "open_clip_config.json"

# open_clip's own order of preference for its `local-dir:` scheme.
_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)
_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pth")
_TEXT_SUFFIXES = (".json", ".txt", ".model")
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True)
class EncoderFiles:
    """What loading an open_clip model needs: a folder, or weights of a named architecture.

    Attributes:
        path: the folder, or the weights' own file.
        config: `model_cfg` and, if given, `preprocess_cfg`, as in open_clip_config.json.
        weights: the weights file.
        texts: config and tokenizer files, sorted by name.
        architecture: open_clip's name of it, where no folder says what it is.
    """

    path: Path
    config: dict[str, Any]
    weights: Path
    texts: tuple[Path, ...]
    architecture: str | None = None

    @property
    def open_clip_name(self) -> str:
        """What open_clip calls the model."""
        return self.architecture or f"local-dir:{self.path}"

    @property
    def declaration(self) -> str:
        """Where it stands which architecture the model has."""
        if self.architecture is None:
            return str(self.path / CONFIG)
        return f"clip.architecture ({self.architecture})"

    @property
    def text_config(self) -> dict[str, Any]:
        """The section `model_cfg.text_cfg`."""
        section: dict[str, Any] = self.config["model_cfg"]["text_cfg"]
        return section


def read_folder(path: Path) -> EncoderFiles:
    """Find config, weights and tokenizer files of an open_clip model folder.

    Raises:
        UserError: the folder, its weights, a valid config or a file the config calls for is absent.
    """
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else f"no such folder{hint(path)}"
        raise UserError(f"{path}: {what}; set clip.weights to an open_clip model folder")
    if not (path / CONFIG).exists() and (path / "features.h5").exists():
        raise UserError(
            f"{path}: holds imported features, not an encoder; set clip.weights to the open_clip "
            "model that made them, and run `dvc repro` before you search"
        )
    config = _read_config(path / CONFIG)
    # Not what macOS keeps beside each file on other disks, `._name`.
    files = sorted(file for file in path.iterdir() if file.is_file() and file.name[:1] != ".")
    folder = EncoderFiles(
        path=path,
        config=config,
        weights=_find_weights(path, files),
        texts=tuple(file for file in files if file.suffix in _TEXT_SUFFIXES),
    )
    for file in (folder.weights, *folder.texts):
        check_encoder_file(file)
    _check_towers(folder)
    _check_activation(folder)
    return folder


def check_encoder_file(path: Path) -> None:
    """Refuse a file that is no content, as after a clone without Git LFS.

    Raises:
        UserError: it is no plain file that can be read.
    """
    try:
        check_file(path)
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 'copy it again')}") from None


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(read_file(path))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; an open_clip model folder needs it") from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 'copy the folder again')}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); copy the folder again") from None
    model = config.get("model_cfg") if isinstance(config, dict) else None
    for key in ("vision_cfg", "text_cfg"):
        if not (isinstance(model, dict) and isinstance(model.get(key), dict)):
            raise UserError(f"{path}: model_cfg.{key} is missing; copy the folder again")
    return dict(config)


def _find_weights(path: Path, files: list[Path]) -> Path:
    for name in _WEIGHTS:
        if path / name in files:
            return path / name
    found = [file for file in files if file.suffix in _WEIGHT_SUFFIXES]
    if not found:
        raise UserError(f"{path}: no weights; put {_WEIGHTS[0]} beside {CONFIG}")
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise UserError(f"{path}: which weights? {names}; name one of them {_WEIGHTS[0]}")
    return found[0]


def _check_towers(folder: EncoderFiles) -> None:
    text = folder.text_config
    if text.get("hf_tokenizer_name") and not _has_tokenizer(folder.path):
        raise UserError(
            f"{folder.path}: no tokenizer files ({', '.join(_TOKENIZERS[:2])} ...) though "
            f"{CONFIG} names a Hugging Face tokenizer; copy them into the folder"
        )
    if text.get("hf_model_name"):
        _check_hugging_face(folder.path / "config.json")


def _check_activation(folder: EncoderFiles) -> None:
    config = folder.path / CONFIG
    timm_name = folder.config["model_cfg"]["vision_cfg"].get("timm_model_name") or "quickgelu"
    if folder.config["model_cfg"].get("quick_gelu") and "quickgelu" not in timm_name:
        raise UserError(
            f"{config}: GELU/QuickGELU mismatch: quick_gelu is true, but timm's {timm_name} "
            "computes GELU; name timm's quickgelu variant or drop quick_gelu"
        )
    frozen = folder.config.get("pretrained") or {}  # what pipeline.sources.hub.freeze has noted
    needed = frozen.get("quick_gelu")
    if needed is not None and needed != bool(folder.config["model_cfg"].get("quick_gelu")):
        raise UserError(
            f"{config}: GELU/QuickGELU mismatch: the weights {frozen.get('model')}/"
            f"{frozen.get('tag')} need model_cfg.quick_gelu to be {str(needed).lower()}; "
            "set it so, or freeze the folder again"
        )


def _has_tokenizer(path: Path) -> bool:
    return any(next(path.glob(pattern), None) for pattern in _TOKENIZERS)


def _check_hugging_face(path: Path) -> None:
    try:
        config = json.loads(read_file(path))
    except FileNotFoundError:
        raise UserError(
            f"{path}: not found; copy the text tower's Hugging Face config into the folder"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, 'copy the folder again')}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); copy the folder again") from None
    if "auto_map" in config:
        raise UserError(f"{path}: 'auto_map' asks to run code from the folder; this is refused")
