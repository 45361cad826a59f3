"""`clip.weights` as what it may be: a model folder, or a checkpoint of a named architecture."""

from pathlib import Path
from typing import Any

from xshot.encoder.folder import EncoderFiles, check_encoder_file, read_folder
from xshot.errors import UserError

_SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


def read_encoder_files(weights: Path, architecture: str | None) -> EncoderFiles:
    """The open_clip model that `clip.weights` and `clip.architecture` name.

    Args:
        weights: a model folder or a file of weights.
        architecture: open_clip's name of the model that the file's weights fit; None for a folder.

    Raises:
        UserError: there is no such thing, or only one of the two is said that belong together.
    """
    if not weights.is_file():
        if architecture is not None and weights.is_dir():
            raise UserError(
                f"clip.architecture: {weights} is a folder, whose config names its architecture; "
                "set clip.architecture to null"
            )
        return read_folder(weights)
    if architecture is None:
        raise UserError(
            f"{weights}: a file of weights does not say of which model; set clip.architecture to "
            "open_clip's name of it, such as ViT-B-32, or clip.weights to a model folder"
        )
    if weights.suffix not in _SUFFIXES:
        raise UserError(f"{weights}: weights are files that end in {', '.join(_SUFFIXES)}")
    check_encoder_file(weights)
    config = _read_architecture(architecture)
    if "quickgelu" in weights.name.lower() and not config.get("quick_gelu"):
        raise UserError(
            f"clip.architecture: GELU/QuickGELU mismatch: {architecture} computes GELU, {weights} "
            f"is named as weights of QuickGELU; use {architecture}-quickgelu or rename the file"
        )
    return EncoderFiles(
        path=weights,
        config={"model_cfg": config, "preprocess_cfg": _preprocessing(architecture)},
        weights=weights,
        texts=(),
        architecture=architecture,
    )


def _read_architecture(name: str) -> dict[str, Any]:
    import open_clip

    config: dict[str, Any] | None = open_clip.get_model_config(name) if ":" not in name else None
    if config is None:
        from difflib import get_close_matches

        models = {model.lower(): model for model in open_clip.list_models()}
        nearest = [models[found] for found in get_close_matches(name.lower(), models, 3, 0)]
        raise UserError(
            f"clip.architecture: open_clip has no '{name}'; nearest: {', '.join(nearest)}"
        )
    text = config["text_cfg"]
    if text.get("hf_tokenizer_name") or text.get("hf_model_name"):
        raise UserError(
            f"clip.architecture: {name} needs tokenizer files; freeze a model of this "
            "architecture (pipeline/sources/hub), put the weights in place of its own and set "
            "clip.weights to the folder"
        )
    return config


def _preprocessing(architecture: str) -> dict[str, Any]:
    """What all published weights of the architecture want, else what open_clip trains with."""
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model
    from open_clip.transform import PreprocessCfg

    default = vars(PreprocessCfg())
    wanted = [
        {key: get_pretrained_cfg(architecture, tag)[key] for key in _PREPROCESSING}
        for tag in list_pretrained_tags_by_model(architecture)
    ]
    if wanted and all(one == wanted[0] for one in wanted):
        return wanted[0]
    return {key: default[key] for key in _PREPROCESSING}
