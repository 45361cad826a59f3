"""Which models of the hub there are, and under which of two names an OpenAI-style model stands."""

from collections.abc import Iterable
from difflib import get_close_matches

import open_clip
from open_clip.pretrained import get_pretrained_cfg

from xshot.errors import UserError

_SUFFIX = "-quickgelu"


def check_pair(model: str, tag: str) -> None:
    """Check that open_clip has weights `tag` of `model`, and computes the activation they need.

    Raises:
        UserError: no such model or tag (names the nearest), or GELU for QuickGELU (names the
            model to use).
    """
    pairs = open_clip.list_pretrained()
    models = list(dict.fromkeys(name for name, _ in pairs))
    if get_pretrained_cfg(model, tag):
        if _lacks_quick_gelu(model, tag):
            raise _mismatch(model, tag, computed="GELU", needed="QuickGELU", use=model + _SUFFIX)
        return
    plain = model.removesuffix(_SUFFIX)
    if plain != model and get_pretrained_cfg(plain, tag):
        raise _mismatch(model, tag, computed="QuickGELU", needed="GELU", use=plain)
    if model in models:
        tags = open_clip.list_pretrained_tags_by_model(model)
        raise UserError(f"{model} has no weights '{tag}'; nearest: {_nearest(tag, tags)}")
    fitting = [f"{name}/{its}" for name, its in pairs if not _lacks_quick_gelu(name, its)]
    raise UserError(
        f"no model '{model}' among open_clip's; nearest: {_nearest(f'{model}/{tag}', fitting)}"
    )


def _lacks_quick_gelu(model: str, tag: str) -> bool:
    # Tags that say nothing of QuickGELU are of towers that settle it in their own config.
    needs = get_pretrained_cfg(model, tag).get("quick_gelu", False)
    return needs and not (open_clip.get_model_config(model) or {}).get("quick_gelu", False)


def _mismatch(model: str, tag: str, *, computed: str, needed: str, use: str) -> UserError:
    return UserError(
        f"GELU/QuickGELU mismatch: {model} computes {computed}, the weights '{tag}' need {needed}; "
        f"use {use}/{tag}"
    )


def _nearest(name: str, names: Iterable[str]) -> str:
    spelled = {other.lower(): other for other in names}
    return ", ".join(spelled[found] for found in get_close_matches(name.lower(), spelled, 3, 0))
