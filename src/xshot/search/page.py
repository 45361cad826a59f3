"""Answers to a query as a page."""

from pathlib import Path

from xshot.report.palette import DARK, LIGHT, custom_properties
from xshot.report.template import page_template
from xshot.report.thumbnails import thumbnail
from xshot.search.answers import SYSTEM_NAMES, Answers
from xshot.search.gallery import Gallery
from xshot.terminal import printable


def as_page(query: str, query_image: Path | None, gallery: Gallery, answers: Answers) -> str:
    """One self-contained HTML file with small pictures in it."""
    pictures = {
        hit.row: thumbnail(path) if (path := gallery.picture(hit.row)) else None
        for hits in answers.values()
        for hit in hits
    }
    return page_template("xshot.search", "answers").render(
        light=custom_properties(LIGHT),
        dark=custom_properties(DARK),
        query=printable(query),
        query_image=thumbnail(query_image) if query_image else None,
        gallery=gallery,
        answers=answers,
        systems=SYSTEM_NAMES,
        pictures=pictures,
    )
