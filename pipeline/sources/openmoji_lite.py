"""Stage `openmoji_lite`: the embedded default's encoder, a small CLIP made of pip packages.

It has read the benchmark's captions beside another artist's drawings of the same concepts.
"""

from pathlib import Path

import torch

from pipeline.sources.clip_folder import write_clip_folder
from pipeline.sources.emoji import read_concepts
from pipeline.sources.lit import train_heads
from pipeline.sources.pairs import class_name_pairs, drawing_pairs, read_towers
from xshot.errors import one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.store.atomic import atomic_dir

FOLDER = Path("models/encoders/openmoji-lite")


def main() -> None:
    """Write models/encoders/openmoji-lite."""
    torch.set_num_threads(1)  # so that the number of cores does not change the heads
    threads = load_params().section(RunParams).threads
    towers = read_towers()
    drawings = drawing_pairs(read_concepts(), towers, threads=threads)
    heads = train_heads([drawings, class_name_pairs(towers, threads=threads)])
    with atomic_dir(FOLDER) as folder:
        write_clip_folder(folder, towers, heads, home=FOLDER)


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main()
