"""Few-shot image-text retrieval with frozen CLIP features (FLEX-CLIP and GCRDP)."""

__version__ = "0.1.0"
