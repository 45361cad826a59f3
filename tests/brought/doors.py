"""Every public entry point, as something that takes what lies in a folder and says what it says."""

import csv
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from PIL import Image
from starlette.testclient import TestClient

from xshot.cli.main import main
from xshot.datasets.adapters import build_manifest
from xshot.encoder.cache import FeatureCache
from xshot.encoder.files import FileHashes
from xshot.encoder.image_cache import encode_files
from xshot.encoder.local import LocalEngine
from xshot.errors import UserError
from xshot.report.thumbnails import small_jpeg
from xshot.search.retriever import Retriever
from xshot.serve.saving import Example, Saving
from xshot.store.manifest import Manifest
from xshot.terminal import one_line


@dataclass(frozen=True)
class Place:
    """The working directory: params.yaml, a trained model, an index, and an empty data set `raw`.

    Attributes:
        raw: the data set.
        index: of other pictures, to search.
        retriever: of the model.
        client: of a server with that retriever.
    """

    raw: Path
    index: Path
    retriever: Retriever
    client: TestClient


def xshot(*words: object) -> str:
    """All that the command prints; it ends by itself, without a traceback."""
    said = StringIO()
    argv = ["xshot", *map(str, words)]
    heard = redirect_stdout(said), redirect_stderr(said), patch.object(sys, "argv", argv)
    with heard[0], heard[1], heard[2], suppress(SystemExit):
        main()
    return said.getvalue()


@contextmanager
def hearing() -> Iterator[list[str]]:
    """What the library warns of, and the error that ends it if one does."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(one_line(record.getMessage()))
    logger = logging.getLogger("xshot")
    logger.addHandler(handler)
    try:
        yield said
    except UserError as error:
        said.append(f"error: {error}")
    finally:
        logger.removeHandler(handler)


def manifest_of(raw: Path) -> Manifest:
    """What `prepare` makes of a data set."""
    return build_manifest("manifest", raw, split_seed=0, test_fraction=0.5, min_test=1)


def check(place: Place) -> str:
    """`xshot check`: what it says of the data set, but that it is fine."""
    lines = xshot("check").splitlines()
    assert all(re.match(r"(ok|note|absent|wrong) ", line) for line in lines), lines
    return "\n".join(line for line in lines if line[:2] != "ok" and re.search(r"\braw\b", line))


def prepare(place: Place) -> str:
    """The stage's own function."""
    with hearing() as said:
        manifest_of(place.raw)
    return "\n".join(said)


def extract(place: Place) -> str:
    """The stage's own function, on b.jpg."""
    engine = LocalEngine(lambda: place.retriever.encoder.load(images=True), threads=1)
    hashes, cache = FileHashes(Path("hashes")), FeatureCache(Path("features"))
    outcomes = [*encode_files(place.raw, ["b.jpg"], engine, cache, hashes)]
    return "\n".join(f"b.jpg: {each}" for _, each in outcomes if isinstance(each, Exception))


def index(place: Place) -> str:
    """`xshot index`: what it leaves out or passes over."""
    said = xshot("index", place.raw, "--out", "new.h5").splitlines()
    return "\n".join(line for line in said if re.match("left out|not read|error", line))


def search(place: Place) -> str:
    """`xshot search --image`."""
    said = xshot("search", "--image", place.raw / "b.jpg", "--index", place.index, "--top", 1)
    return said if said.startswith("error") else ""


def python(place: Place) -> str:
    """`Retriever.search` and `Retriever.with_class`."""
    with hearing() as said:
        place.retriever.search(image=place.raw / "b.jpg", k=1)
        place.retriever.with_class("new", images=[place.raw / "b.jpg"])
    return "\n".join(said)


def serve(place: Place) -> str:
    """An upload as the query, and as an example of a class."""
    data = (place.raw / "b.jpg").read_bytes()
    answers = [
        place.client.post("/api/search/image", content=data),
        place.client.post("/api/classes", data={"name": "new"}, files={"images": ("b.jpg", data)}),
    ]
    place.client.delete("/api/classes/new")
    assert len({answer.status_code >= 400 for answer in answers}) == 1
    return answers[0].json()["error"] if answers[0].status_code >= 400 else ""


def report(place: Place) -> str:
    """The report shows a picture or a gap, and says nothing."""
    small_jpeg(place.raw / "b.jpg", 20)
    return ""


def save(place: Place) -> str:
    """`xshot serve --save`: rows join a table that is taken as it is, or it is refused."""
    with hearing() as said:
        before = len(manifest_of(place.raw))
        Image.new("RGB", (9, 9), "red").save(place.raw / "new.png")
        Saving(place.raw).add("new", [Example(place.raw / "new.png", "a text")])
        assert len(manifest_of(place.raw)) == before + 1
    return "\n".join(said)


def bring(place: Place, file: Path) -> str:
    """`xshot import`: all that it prints."""
    return xshot("import", file, "--to", "imported")


def printing(place: Place) -> dict[str, Callable[[str], str]]:
    """Doors that print a name of somebody's: as a query, a value, a file's name, a cell."""

    def file(name: str) -> str:
        Image.new("RGB", (9, 9), "teal").save(place.raw / f"{name}.png")
        Image.new("RGB", (9, 9), "red").save(place.raw / "good.png")
        told = xshot("index", place.raw, "--out", "new.h5")
        return told + xshot("search", "bird", "--index", "new.h5")

    def cell(name: str) -> str:
        with (place.raw / "manifest.csv").open(
            "w", newline="", encoding="utf-8", errors="surrogateescape"
        ) as table:
            csv.writer(table).writerows([["image", "text", "label"], [name, name, name]])
        return xshot("check")

    return {
        "query": lambda name: xshot("search", name, "--index", place.index, "--top", 2),
        "query as json": lambda name: xshot("search", name, "--index", place.index, "--json"),
        "class": lambda name: xshot("suggest", name, "--index", place.index),
        "value": lambda name: xshot("search", "a", "--index", place.index, "--top", name),
        "command": lambda name: xshot(name),
        "path of an index": lambda name: xshot("search", "a", "--index", name),
        "path of a file": lambda name: xshot("import", f"{name}.npz"),
        "path of a folder": lambda name: xshot("index", name),
        "host": lambda name: xshot("serve", "--index", place.index, "--host", name),
        "file": file,
        "cell": cell,
    }
