"""The web page of `xshot serve`: search in a browser."""
