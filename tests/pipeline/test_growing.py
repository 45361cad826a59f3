"""A data set that grows under DVC: rows keep their side, and only what is new is encoded."""

import csv

import pyarrow.parquet as pq
import pytest
from PIL import Image


def _splits(workspace):
    table = pq.read_table(workspace.path / "data/manifest.parquet")
    return dict(zip(table["id"].to_pylist(), table["split"].to_pylist(), strict=True))


@pytest.mark.slow
def test_appended_rows_cost_their_own_encoding_and_move_no_other(finished):
    root = finished.path / "raw"
    table = root / "manifest.csv"
    before, splits = table.read_bytes(), _splits(finished)
    with table.open(newline="", encoding="utf-8") as file:
        header, first, *_ = csv.reader(file)
    new = []
    try:
        with table.open("a", newline="", encoding="utf-8") as file:
            for number in range(6):
                name = f"new-{number}.png"
                Image.new("RGB", (32, 32), (40 * number, 90, 200)).save(root / name)
                new.append(name)
                row = dict(zip(header, first, strict=True))
                row |= {"image": name, "text": f"something new, number {number}"}
                csv.writer(file).writerow([row[column] for column in header])
        told = finished.dvc("repro", "extract").stdout
        assert "images: 6 of" in told
        grown = _splits(finished)
        assert {row: grown[row] for row in splits} == splits
        assert len(grown) == len(splits) + 6
        assert {grown[row] for row in grown.keys() - splits.keys()} == {"train", "test"}
    finally:
        table.write_bytes(before)
        for name in new:
            (root / name).unlink(missing_ok=True)
        finished.repro()
    assert _splits(finished) == splits
