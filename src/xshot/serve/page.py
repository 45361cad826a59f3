"""The page: one HTML text that needs nothing but the server's own answers."""

import base64
import hashlib
import re
from pathlib import Path

from xshot.report.palette import DARK, LIGHT, custom_properties
from xshot.report.template import page_template
from xshot.search.retriever import Retriever
from xshot.serve.limits import MAX_BODY, MAX_NAME, MAX_TEXT


def render_page(retriever: Retriever, saved_to: Path | None = None) -> str:
    """The page for a retriever's gallery and model; added classes are written to `saved_to`."""
    return page_template("xshot.serve").render(
        light=custom_properties(LIGHT),
        dark=custom_properties(DARK),
        gallery=retriever.gallery,
        has_texts="text" in retriever.gallery.features,
        knows_classes=retriever.knows_classes,
        n_classes=len(retriever.provenance.classes),
        variant=retriever.provenance.variant,
        saved_to=saved_to,
        max_body=MAX_BODY,
        max_name=MAX_NAME,
        max_text=MAX_TEXT,
    )


def security_policy(page: str, *, framed: bool) -> str:
    """A policy under which exactly the page's own script and style run, and nothing is loaded.

    Args:
        page: the HTML text.
        framed: let other pages show it in a frame, as notebooks and hosts of demos do.
    """
    hashes = {
        tag: " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        )
        for tag in ("script", "style")
    }
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; "
        "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
        + ("" if framed else "; frame-ancestors 'none'")
    )
