"""Answers to a query as a page."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from xshot.report.palette import DARK, LIGHT, custom_properties
from xshot.report.thumbnails import thumbnail
from xshot.search.answers import SYSTEM_NAMES, Answers
from xshot.search.gallery import Gallery


def as_page(query: str, query_image: Path | None, gallery: Gallery, answers: Answers) -> str:
    """One self-contained HTML file with small pictures in it."""
    environment = Environment(
        loader=PackageLoader("xshot.search"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pictures = {
        hit.row: thumbnail(path) if (path := gallery.picture(hit.row)) else None
        for hits in answers.values()
        for hit in hits
    }
    return environment.get_template("answers.html.j2").render(
        light=custom_properties(LIGHT),
        dark=custom_properties(DARK),
        query=query,
        query_image=thumbnail(query_image) if query_image else None,
        gallery=gallery,
        answers=answers,
        systems=SYSTEM_NAMES,
        pictures=pictures,
    )
