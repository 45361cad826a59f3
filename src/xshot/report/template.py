"""Templates of pages."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from xshot.shortening import shorten

NAME_LENGTH = 60
"""Characters of a class's name that are shown; a pointer that rests on it sees the rest."""


def page_template(package: str, name: str = "page") -> Template:
    """`templates/<name>.html.j2` of `package`; to use a value that is not given is an error.

    The filter `called` shows a name that users gave.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["called"] = _called
    return environment.get_template(f"{name}.html.j2")


def _called(name: str) -> Markup:
    """A name in its own direction of writing, whatever stands beside it, and not too long."""
    short = shorten(name, NAME_LENGTH)
    if short == name:
        return Markup("<bdi>{}</bdi>").format(name)
    return Markup('<bdi title="{}">{}</bdi>').format(name, short)
