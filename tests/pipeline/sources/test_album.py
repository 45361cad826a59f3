import sys
from collections import Counter

import pytest

from pipeline.sources import album
from xshot.datasets import manifest
from xshot.datasets.adapters import build_manifest
from xshot.errors import UserError


def test_an_album_of_three_rich_and_two_poor_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(
        album,
        "CLASSES",
        {name: (own, 3 if most is None else 2) for name, (own, most) in album.CLASSES.items()},
    )
    folder = tmp_path / "album"
    monkeypatch.setattr(sys, "argv", ["album", str(folder)])
    album.main()
    rows = manifest.read(folder)
    pictures = {row.image: row.labels[0] for row in rows}
    assert sorted(Counter(pictures.values()).values()) == [2, 2, 3, 3, 3]
    assert len(rows) > len(pictures)
    built = build_manifest("manifest", folder, split_seed=0, test_fraction=0.4, min_test=1)
    assert len(built) == len(rows)
    assert built.notes == ()
    assert "OpenMoji" in (folder / "LICENSE.txt").read_text()
    with pytest.raises(UserError, match="is there already"):
        album.main()
