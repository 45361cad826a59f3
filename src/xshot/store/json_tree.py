"""JSON files of ours, read while it is being made sense of them: what goes wrong is one line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xshot.errors import UserError
from xshot.reading import explain, read_file


@contextmanager
def json_tree(path: Path, *, remedy: str) -> Iterator[Any]:
    """What the file holds, for as long as it is being made sense of.

    Args:
        path: the file.
        remedy: what makes it anew.

    Raises:
        UserError: it is absent or cannot be read, or it does not hold what the block looks for.
    """
    try:
        yield json.loads(read_file(path))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {remedy}") from None
    except OSError as error:
        raise UserError(f"{path}: {explain(error, remedy)}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: damaged ({error}); {remedy}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: damaged ({error!r}); {remedy}") from None
