"""Search with what was trained. No stage of the pipeline imports this package."""
