"""The page's charts, one file per kind."""
