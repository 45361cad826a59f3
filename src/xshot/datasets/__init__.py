"""Datasets: a data set's own files to rows of the manifest; one file per data set."""
