"""Few-shot image-text retrieval with frozen CLIP features (FLEX-CLIP and GCRDP)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xshot.errors import UserError as UserError
    from xshot.model.evaluation import evaluate as evaluate
    from xshot.model.file import load as load
    from xshot.model.fitting import fit as fit
    from xshot.model.model import Model as Model
    from xshot.search.retriever import Retriever as Retriever

__version__ = "0.1.0"

_HOMES = {
    "Model": "xshot.model.model",
    "Retriever": "xshot.search.retriever",
    "UserError": "xshot.errors",
    "evaluate": "xshot.model.evaluation",
    "fit": "xshot.model.fitting",
    "load": "xshot.model.file",
}

__all__ = ["Model", "Retriever", "UserError", "__version__", "evaluate", "fit", "load"]


def __getattr__(name: str) -> Any:
    # Not before it is used: `import xshot` stays light, and no stage depends on any of it.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'xshot' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
