"""What was typed, where a text is meant."""

import os

from xshot.errors import UserError
from xshot.walking import is_text


def as_text(argument: str, what: str) -> str:
    """An argument as the text that its bytes are in UTF-8, whatever the locale calls them.

    Bytes that are not UTF-8 are what the locale says, as in a terminal that writes Latin-1.

    Raises:
        UserError: they are text in neither.
    """
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        if is_text(argument):
            return argument
        raise UserError(f"{what} is not text in UTF-8: {argument}; type it anew") from None
