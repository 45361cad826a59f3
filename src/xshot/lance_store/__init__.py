"""Galleries on disk, in Lance tables (extra `store`): no stage of the pipeline imports it."""
