"""What is in a file and is no use here."""


class LeftOut(str):
    """Why a variable is left out; stands in its place."""

    __slots__ = ()
