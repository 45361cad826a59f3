"""The open_clip encoder: images and texts to unit-norm features, and the per-row cache."""
