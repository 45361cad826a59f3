"""What an adapter makes of a dataset's files."""

from typing import NamedTuple


class Row(NamedTuple):
    """One image-text pair; `split` is None where the dataset brings no split."""

    id: str
    image: str
    text: str
    labels: tuple[str, ...]
    split: str | None = None
