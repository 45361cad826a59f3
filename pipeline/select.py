"""Stage `select`: the member of the variant's family that fits, by pseudo-episodes."""

import logging
from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.episode.file import read_episode
from xshot.errors import one_line_errors
from xshot.needs import write_needs
from xshot.params import Params, RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import Selection, write_selection
from xshot.selection.params import SelectParams
from xshot.store.features import read_class_features, read_features
from xshot.variants import ModelParams, Variant

FEATURES = Path("data/features.h5")
SELECTION = Path("models/selection.json")
NEEDS = Path("models/needs.json")

_LOG = logging.getLogger(__name__)


def main() -> None:
    """Write models/selection.json and needs.json; at once where there is nothing to choose."""
    params = load_params()
    parts = params.section(ModelParams).parts
    members = params.section(SelectParams).members_of(parts)
    if len(members) == 1 and parts.coordinates == "none":
        selection = Selection(members[0])
    else:
        selection = _selected(params, parts)
    for note in selection.notes:
        _LOG.warning("select: %s", note)
    write_selection(SELECTION, selection)
    write_needs(NEEDS, selection.choice.parts_of(parts))


def _selected(params: Params, parts: Variant) -> Selection:
    import torch

    from xshot.selection.select import pseudo_benches, select
    from xshot.selection.workbench import Settings

    run = params.section(RunParams)
    limit_threads(TRAINING_THREADS)
    benches = pseudo_benches(
        read_episode(Path("data/episode.json")),
        lambda ids: read_features(FEATURES, ids),
        read_class_features(FEATURES),
        torch.device(resolve_device(run.device)),
    )
    grid, settings = params.section(SelectParams), Settings.of(params)
    return select(grid, benches, parts, settings, threads=run.threads)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
