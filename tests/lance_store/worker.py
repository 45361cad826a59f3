"""Writes a table of small files in a process of its own, which can be killed."""

import sys
from pathlib import Path

from xshot.lance_store import appending, indexes, ready_made, writing
from xshot.projector.file import load_embedder


def main(table: Path, model: Path, features: Path) -> None:
    appending.FILE_ROWS = ready_made.BLOCK_ROWS = 40
    indexes.LEAST_ROWS, indexes.PARTITION = 300, 30
    embedder, provenance = load_embedder(model)
    source = ready_made.ready_made(features, features.parent, provenance.encoder_fingerprint)
    writing.check_target(table)
    sys.stdout.write("start\n")
    sys.stdout.flush()
    writing.write_store(table, source, embedder, model)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
