"""Image files of every kind: which there are, what they cost, and what they show."""

from xshot.pictures.decode import BadImageError, UnknownImageError, decode_image

__all__ = ["BadImageError", "UnknownImageError", "decode_image"]
