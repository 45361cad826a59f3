"""Choosing settings on pseudo-episodes, without a target label beyond the support."""
