"""rejected.csv reads back as it was written."""

import csv

from xshot.encoder.rejected import Rejected, write_rejected


def test_reads_back_with_awkward_characters(tmp_path):
    rows = [Rejected("a,b", 'with "quotes".png', "damaged: x, y"), Rejected("é", "dir/ü.png", "-")]
    write_rejected(tmp_path / "rejected.csv", rows)
    with (tmp_path / "rejected.csv").open(newline="", encoding="utf-8") as file:
        read = [Rejected(**row) for row in csv.DictReader(file)]
    assert read == rows


def test_without_rows_there_is_the_header(tmp_path):
    write_rejected(tmp_path / "rejected.csv", [])
    assert (tmp_path / "rejected.csv").read_bytes() == b"id,image,reason\n"
