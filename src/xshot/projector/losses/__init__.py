"""One file per loss term of the projection."""
