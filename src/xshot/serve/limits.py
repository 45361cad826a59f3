"""What the server takes in at most, and how it says no."""

from xshot.pictures.formats import extra_openers

MAX_BODY = 10 * 2**20
"""Bytes of a request: an upload of a photo, not of an archive."""

MAX_TEXT = 1000
"""Characters of a text."""

MAX_NAME = 80
"""Characters of a class's name."""

MAX_TOP = 100
"""Answers to a query."""

MAX_CLASSES = 50
"""Classes that can be added."""

MAX_EXAMPLES = 32
"""Uploaded examples of a class; as many of the gallery can join them."""

MAX_REFUSED = 1000
"""Rows that were suggested as examples and are none."""

WAITING_TEXTS = 256
WAITING_IMAGES = 8
"""Queries that may wait for the encoder; one more gets 503."""

RETRY_AFTER = 2
"""Seconds, said with a 503."""

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP", *extra_openers())
"""Image formats that are decoded, by Pillow's names: no format that can start a program."""


class RefusedError(Exception):
    """A request that the client has to mend.

    Args:
        status: of the response, 4xx.
        message: what is wrong and what to do, in a line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
