"""Plots, figures and pages that people look at."""
