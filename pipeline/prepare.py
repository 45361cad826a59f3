"""Stage `prepare`: a dataset's own files to data/manifest.parquet.

The manifest that lies there already is looked at: where the dataset has grown, rows keep their side
of the split. (So it is an output that DVC does not remove before the stage runs.)
"""

from pathlib import Path

from xshot.datasets.adapters import build_manifest
from xshot.datasets.growing import read_before
from xshot.datasets.params import DataParams
from xshot.errors import one_line_errors
from xshot.params import load_params
from xshot.progress import log_to_stdout
from xshot.store.manifest import write_manifest

MANIFEST = Path("data/manifest.parquet")


def main() -> None:
    """Read params.yaml and the dataset, write the manifest."""
    data = load_params().section(DataParams)
    manifest = build_manifest(
        data.name,
        Path(data.root),
        split_seed=data.split_seed,
        test_fraction=data.test_fraction,
        min_test=data.min_test,
        overlaps=data.overlaps,
        before=read_before(MANIFEST),
    )
    write_manifest(MANIFEST, manifest)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
