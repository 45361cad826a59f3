"""Ready-made features of others' files to a dataset of one's own."""
