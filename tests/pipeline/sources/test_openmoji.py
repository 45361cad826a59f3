import csv

import pytest
from PIL import Image

from pipeline.sources.drawings import SIZE
from pipeline.sources.openmoji import write_dataset
from xshot.datasets import openmoji as adapter
from xshot.datasets.openmoji_classes import CLASS_NAMES

CLASS = "plant-flower"


@pytest.fixture
def flowers(concepts):
    """One class, whole, and one concept of a subgroup that is too small to be a class."""
    small = next(concept for concept in concepts if concept.name == "frog")
    return [*(concept for concept in concepts if concept.subgroup == CLASS), small]


def test_the_adapter_reads_what_the_stage_writes(tmp_path, flowers):
    write_dataset(tmp_path, flowers)
    rows = adapter.read(tmp_path)
    assert [row.text for row in rows] == [concept.caption for concept in flowers[:-1]]
    assert {row.labels for row in rows} == {(CLASS_NAMES[CLASS],)}
    for row in rows:
        with Image.open(tmp_path / row.image) as image:
            assert image.size == (SIZE, SIZE)


def test_the_table_keeps_keywords_and_small_subgroups(tmp_path, flowers):
    write_dataset(tmp_path, flowers)
    with (tmp_path / "concepts.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [concept.name for concept in flowers]
    assert [tuple(row["keywords"].split("|")) for row in table] == [c.keywords for c in flowers]
    assert table[-1]["subgroup"] == "animal-amphibian"
    assert table[-1]["image"] == "images/1F438.png"


def test_two_runs_write_the_same_bytes(tmp_path, flowers):
    trees = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        write_dataset(folder, flowers)
        trees.append(
            {
                path.relative_to(folder): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )
    assert trees[0] == trees[1]
    assert len(trees[0]) == len(flowers) + 2


def test_the_licence_goes_with_the_pictures(tmp_path, flowers):
    write_dataset(tmp_path, flowers)
    text = (tmp_path / "LICENSE.txt").read_text(encoding="utf-8")
    assert "OpenMoji" in text
    assert "CC BY-SA 4.0" in text
    assert "Attribution-ShareAlike 4.0 International" in text
