"""The `xshot` command: what is not the pipeline. Only here may the library read params.yaml."""
