"""Stage `openmoji_lite_noleak`: the encoder of `openmoji_lite`, shown no drawing of any emoji.

It is trained on ImageNet's class names alone, so that no caption of the benchmark has leaked in.
"""

from pathlib import Path

import torch

from pipeline.sources.clip_folder import write_clip_folder
from pipeline.sources.lit import train_heads
from pipeline.sources.pairs import class_name_pairs, read_towers
from xshot.errors import one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.store.atomic import atomic_dir

FOLDER = Path("models/encoders/openmoji-lite-noleak")


def main() -> None:
    """Write models/encoders/openmoji-lite-noleak."""
    torch.set_num_threads(1)  # so that the number of cores does not change the heads
    threads = load_params().section(RunParams).threads
    towers = read_towers()
    heads = train_heads([class_name_pairs(towers, threads=threads)])
    with atomic_dir(FOLDER) as folder:
        write_clip_folder(folder, towers, heads, home=FOLDER)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
