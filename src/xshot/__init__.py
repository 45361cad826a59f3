"""Few-shot image-text retrieval with frozen CLIP features (FLEX-CLIP and GCRDP)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xshot.search.retriever import Retriever as Retriever

__version__ = "0.1.0"
__all__ = ["Retriever", "__version__"]


def __getattr__(name: str) -> Any:
    # Not before it is used: `import xshot` stays light, and no stage depends on search.
    if name == "Retriever":
        from xshot.search.retriever import Retriever

        return Retriever
    raise AttributeError(f"module 'xshot' has no attribute '{name}'")
