"""Gaussian mixtures over features (GCRDP)."""
