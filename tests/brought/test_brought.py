"""What people bring meets every door that can meet it: it is taken, or called what it is.

The inputs stand in a table for each kind. A door never waits, shows no traceback, and says in one
line which file or row is meant, what it is and what to do.
"""

import json
import re
import shutil

import pytest

from tests.brought import doors
from tests.brought.brought import NO_FILES, of_bytes
from tests.brought.containers import CONTAINERS
from tests.brought.names import NAMES
from tests.brought.pictures import PICTURES, RARE
from tests.brought.tables import CSV, OTHERS, ROWS
from tests.pictures.files import encoded, picture
from tests.test_terminal import is_shown
from xshot.datasets.imported import read as read_imported

HEADERS_ONLY = (doors.check, doors.prepare)
"""Doors that look at the first bytes of a picture, and warn."""
OF_PICTURES = (
    *HEADERS_ONLY,
    *(doors.extract, doors.index, doors.search, doors.python, doors.serve, doors.report),
)
OF_TABLES = (doors.check, doors.prepare, doors.save)
TABLES = {name: ("manifest.csv", brought) for name, brought in CSV.items()} | OTHERS


def judge(said, brought, file):
    """Whether what was said is what is right."""
    if not brought.told:
        assert said == ""
        return
    lines = [line for line in said.splitlines() if re.search(brought.told, line)]
    assert len(lines) >= 1, said
    assert file in lines[0]
    assert all(map(is_shown, lines[0]))


@pytest.mark.parametrize("door", OF_PICTURES)
@pytest.mark.parametrize("name", PICTURES)
def test_pictures(place, name, door):
    brought = PICTURES[name]
    (place.raw / "a.png").write_bytes(encoded(picture()))
    (place.raw / "manifest.csv").write_text("image,text,label\na.png,t,x\nb.jpg,u,x\n")
    brought.make(place.raw / "b.jpg")
    if door is doors.serve and (brought.data is None or name in RARE):
        pytest.skip("nothing to upload, or of a format that is not taken there")
    said = door(place)
    if door is doors.report:
        assert said == ""
    elif door in HEADERS_ONLY and brought.deep:
        assert said == "" or "no known image header" in said
    else:
        judge(said, brought, "" if door is doors.serve else "b.jpg")


@pytest.mark.parametrize("door", OF_TABLES)
@pytest.mark.parametrize("name", TABLES)
def test_tables(place, name, door):
    file, brought = TABLES[name]
    for number, row in enumerate(ROWS):
        (place.raw / row["image"]).parent.mkdir(exist_ok=True)
        (place.raw / row["image"]).write_bytes(encoded(picture(number), "JPEG"))
    brought.make(place.raw / file)
    said = door(place)
    if door is doors.save and not brought.told and said:
        assert "its first line must name the columns" in said or "rows are added to a" in said
        return
    if brought.told == "no rows":  # of a file without a line nothing else can be said
        assert "no rows" in said
        return
    judge(said, brought, "raw")
    if not brought.told and door is doors.prepare:
        manifest = doors.manifest_of(place.raw)
        assert [*manifest.texts] == [row["text"] for row in ROWS]
        assert [*manifest.images] == [row["image"] for row in ROWS]


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers(place, name):
    suffix, brought = CONTAINERS[name]
    file = place.raw / f"file{suffix}"
    kept = brought.make(file)
    said = doors.bring(place, file)
    if brought.told:
        judge(said, brought, file.name if file.name in said else "")
        assert not (place.raw.parent / "imported").exists()
        return
    assert "imported: 6 pairs of 3 classes" in said
    labels = {row.labels for row in read_imported(place.raw.parent / "imported")}
    assert labels in ({("cat",), ("dög",), ("snow man",)}, {(f"class {i}",) for i in range(3)})
    del kept


INDEXES = {
    **NO_FILES,
    "in use": CONTAINERS["h5 in use"][1],
    "another table": CONTAINERS["h5"][1]._replace(told="schema version None"),
    "nothing": of_bytes(b"", "truncated or not an HDF5 file; make one with `xshot index"),
}
COMMANDS = {
    "search": ("search", "a bird"),
    "suggest": ("suggest", "bird"),
    "export": ("export", "--to", "out"),
    "serve": ("serve", "--port", "0"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", INDEXES)
def test_indexes(place, name, command):
    brought = INDEXES[name]
    kept = brought.make(place.raw / "index.h5")
    judge(doors.xshot(*COMMANDS[command], "--index", "raw/index.h5"), brought, "raw/index.h5")
    del kept


PRINTING = [*doors.printing(None)]


@pytest.mark.parametrize("door", PRINTING)
@pytest.mark.parametrize("name", NAMES)
def test_names(place, name, door):
    said = doors.printing(place)[door](NAMES[name])
    assert said
    assert all(is_shown(character) or character == "\n" for character in said), ascii(said)
    if door == "query as json" and name != "not UTF-8":
        assert json.loads(said)["query"] == NAMES[name]


FOLDERS = {
    "of a network disk": ("@eaDir/a.jpg/x.jpg", "1 folders that devices make, such as @eaDir"),
    "of a camera": ("LOST.DIR/x.jpg", "1 folders that devices make, such as LOST.DIR"),
    "of a stick": ("$RECYCLE.BIN/S-1/x.jpg", r"1 folders that devices make, such as \$RECYCLE.BIN"),
    "of an archive": ("__MACOSX/x.jpg", "1 folders that devices make, such as __MACOSX"),
    "of previews": ("My Previews.lrdata/x.jpg", "1 folders that devices make, such as My Previews"),
    "hidden": (".thumbnails/x.jpg", "1 hidden files and folders, such as .thumbnails"),
    "resource fork": ("._b.jpg", r"1 hidden files and folders, such as \._b.jpg"),
    "without a suffix": ("IMG_1", "1 files such as IMG_1: a picture, though.*; rename it"),
    "of a browser": ("x.jpg_large", "1 files such as x.jpg_large: a picture, though.*; rename it"),
    "half a download": ("x.jpg.crdownload", "an unfinished download; download it again"),
    "of a cloud": (".x.jpg.icloud", r"1 files such as \.x.jpg.icloud: a placeholder of iCloud"),
    "an archive": ("x.tar.gz", "1 files such as x.tar.gz: an archive; unpack it"),
    "raw": ("x.CR3", "1 files such as x.CR3: a camera's raw file; export it as JPEG or PNG"),
    "film": ("x.MOV", "1 files such as x.MOV: a video; save frames of it as pictures"),
    "beside": ("x.xmp", "1 other files, such as x.xmp"),
}
"""What lies in folders beside pictures: a path, and what `xshot index` says of it."""


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(place, name):
    path, told = FOLDERS[name]
    (place.raw / "good.jpg").write_bytes(encoded(picture(), "JPEG"))
    (place.raw / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(place.raw / "good.jpg", place.raw / path)
    said = doors.xshot("index", "raw", "--out", "new.h5")
    assert re.search(f"^passed over: .*{told}", said, re.MULTILINE), said
    assert "new.h5: 1 images" in said
