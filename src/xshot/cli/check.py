"""Say what is wrong with params, dataset, encoder and artefacts, and what to do about it.

One line each: ok, note, absent (yet to be made) or wrong. Computes nothing and changes nothing;
exits with 1 if anything is wrong.
"""

from collections.abc import Iterator

import typer

from xshot.cli.artefacts import check_artefacts
from xshot.cli.bookkeeping import check_bookkeeping, check_leftovers
from xshot.cli.finding import Finding, attempt
from xshot.cli.inputs import check_dataset, check_encoder, check_templates
from xshot.cli.surroundings import check_surroundings
from xshot.params import load_params
from xshot.terminal import say


def command() -> None:
    """Print all findings."""
    wrong = 0
    for finding in _findings():
        say(str(finding))
        wrong += finding.mark == "wrong"
    if wrong:
        raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    yield from check_surroundings()
    yield from check_bookkeeping()
    yield from check_leftovers()
    params = yield from attempt(load_params)
    if params is None:
        return
    yield Finding("ok", "params.yaml")
    fresh = yield from check_dataset(params)
    folder = yield from check_encoder(params)
    yield from check_templates(params)
    yield from check_artefacts(params, fresh, folder)
