"""The X-shot protocol: class split, K-shot support, pseudo-episodes and held-out rows."""
