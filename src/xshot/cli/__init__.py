"""The `xshot` command."""
