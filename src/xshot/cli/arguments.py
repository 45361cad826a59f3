"""What was typed, where a text is meant."""

import os

from xshot.errors import UserError


def as_text(argument: str, what: str) -> str:
    """An argument as the text that its bytes are in UTF-8, whatever the locale calls them.

    Raises:
        UserError: they are not UTF-8.
    """
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        raise UserError(f"{what} is not text in UTF-8: {argument}; type it anew") from None
