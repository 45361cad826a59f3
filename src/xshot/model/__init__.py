"""The method as a library: arrays in, a model out, without DVC."""
