"""Stage `select`: settings by pseudo-episodes among the source classes, to selection.json."""

from pathlib import Path

from xshot.compute import TRAINING_THREADS, limit_threads, resolve_device
from xshot.episode.episode import read_episode
from xshot.errors import one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.projector.choice import write_choice
from xshot.selection.params import SelectParams
from xshot.store.features import read_class_features, read_features
from xshot.variants import ModelParams

FEATURES = Path("data/features.h5")
SELECTION = Path("models/selection.json")


def main() -> None:
    """Write models/selection.json; at once where there is nothing to choose."""
    params = load_params()
    run, parts = params.section(RunParams), params.section(ModelParams).parts
    cells = params.section(SelectParams).cells_for(parts)
    if len(cells) == 1 and parts.coordinates == "none":
        write_choice(SELECTION, cells[0], ())
        return

    import torch

    from xshot.selection.select import pseudo_benches, select
    from xshot.selection.workbench import Settings

    limit_threads(TRAINING_THREADS)
    benches = pseudo_benches(
        read_episode(Path("data/episode.json")),
        lambda ids: read_features(FEATURES, ids),
        read_class_features(FEATURES),
        torch.device(resolve_device(run.device)),
    )
    choice, trials = select(cells, benches, parts, Settings.of(params), threads=run.threads)
    write_choice(SELECTION, choice, trials)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
