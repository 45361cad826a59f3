"""Ranking, retrieval metrics, their intervals and significance."""
