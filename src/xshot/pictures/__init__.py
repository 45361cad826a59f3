"""Image files of every kind: which there are, what they cost, and what they show."""

from xshot.pictures.decode import BadImageError, UnknownImageError, decode_image
from xshot.pictures.memory import read_picture

__all__ = ["BadImageError", "UnknownImageError", "decode_image", "read_picture"]
