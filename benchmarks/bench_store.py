"""A gallery on disk beside exact search and beside faiss's IVF-PQ: time, memory, recall, bytes.

`python -m benchmarks.bench_store [pictures]`, 200,000 by default, in a checkout in which the
pipeline has run. Pictures and texts are drawn (`benchmarks.drawn`). The model lacks three of its
classes; each is then added by its name and five pictures, and asked for by texts of it. Every part
runs in a process of its own; memory is what that one has grown to at the most, and beyond what
it took before. faiss has the full vectors in memory for re-ranking, and looks at as many partitions
as it needs for our recall. More than 2,000,000 pictures go without both peers.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_cold_search import rows as first_answers
from benchmarks.drawn import source, without
from benchmarks.drawn_questions import Asked, new_classes, questions
from benchmarks.memory import forget, limit_memory, memory, peak, size_of
from benchmarks.scratch import ROOT, environment
from xshot.compute import limit_threads
from xshot.curves import Curves
from xshot.projector.embedder import Embedder
from xshot.projector.file import load_embedder, save_embedder
from xshot.search.gallery import Gallery
from xshot.search.space import Space, embed, query_of
from xshot.search.two_stages import space_of

WORK = Path(".cache/bench_store")
TABLE, MODEL, ANSWERS = WORK / "drawn.lance", WORK / "model", WORK / "answers.json"
HELD_OUT, K = 3, 10
LARGEST_IN_MEMORY = 2_000_000
LIMIT = 2 << 30


def main(size: int) -> None:
    """Run all parts."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    _save_model()
    parts = ["build", "exact", "search"]
    if size <= LARGEST_IN_MEMORY:
        parts += ["in_memory", "with_faiss"]
    for part in parts:
        command = [sys.executable, "-m", "benchmarks.bench_store", part, str(size)]
        subprocess.run(command, check=True, cwd=ROOT, env=environment(ROOT))
    for _ in first_answers("--index", str(TABLE), "--model", str(MODEL)):
        pass
    shutil.rmtree(WORK)


def _save_model() -> None:
    """The checkout's model without some classes."""
    embedder, provenance = load_embedder(Path("models/projector"))
    targets = np.flatnonzero(provenance.is_target)
    held_out = targets[:: len(targets) // HELD_OUT][:HELD_OUT].tolist()
    kept = [name for place, name in enumerate(provenance.classes) if place not in held_out]
    target = tuple(name for name in kept if name in provenance.target)
    provenance = replace(provenance, classes=tuple(kept), target=target)
    save_embedder(MODEL, without(embedder, held_out), provenance, None, Curves("bench", remedy=""))


def build(size: int) -> None:
    """Write the table."""
    from xshot.lance_store.writing import write_store

    pictures, _ = source(size)
    embedder, _ = load_embedder(MODEL)
    before, start, cpu = memory(), time.perf_counter(), time.process_time()
    write_store(TABLE, pictures, embedder, MODEL)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    index = size_of(TABLE / "_indices")
    print(f"{size} pictures: built in {wall:.0f} s, {cpu:.0f} s of CPU; {peak(before)}")
    print(f"{size_of(TABLE) / size:.0f} bytes a picture, {index / size:.0f} of them indexes")


def exact(size: int) -> None:
    """The exact answers, from one pass through the rows."""
    pictures, _ = source(size)
    asked = questions(MODEL)
    best: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0), np.empty(0, int))] * len(asked)
    models = {id(embedder): embedder for _, embedder, _ in asked}
    own = {key: [n for n, one in enumerate(asked) if id(one[1]) == key] for key in models}
    queries = {
        key: query_of(models[key], np.stack([asked[n][2] for n in own[key]]), "model", "text")
        for key in models
    }
    place = 0
    for _, rows in pictures.blocks():
        for key, embedder in models.items():
            scores = embed(embedder, rows, "image") @ queries[key].T
            for number, of_one in zip(own[key], scores.T, strict=True):
                top = np.argpartition(-of_one, K)[:K]
                joined = np.concatenate([best[number][0], of_one[top]])
                places = np.concatenate([best[number][1], top + place])
                order = np.argsort(-joined, kind="stable")[:K]
                best[number] = joined[order], places[order]
        place += len(rows)
    ANSWERS.write_text(json.dumps([places.tolist() for _, places in best]))


def search(size: int) -> None:
    """Ask the table."""
    from xshot.lance_store.gallery import open_store

    asked = questions(MODEL)
    forget(TABLE)
    limited = limit_memory(LIMIT, "xshot_bench_store")
    before = memory()
    gallery = open_store(TABLE)
    assert gallery.table is not None
    gallery.table.use(MODEL)
    trained = load_embedder(MODEL)[0]
    spaces: dict[str, Space] = {"": space_of(trained, [], gallery)}
    spaces |= {new.name: space_of(trained, [new], gallery) for new in new_classes(MODEL)}

    def answer(name: str, embedder: Embedder, text: np.ndarray) -> list[int]:
        return _nearest(spaces[name], text)

    first = max(wall for name, _, wall, _ in _ask(asked, answer) if name)
    print(f"table: an added class's first answer within {first * 1e3:.0f} ms")
    found = _ask(asked, answer)  # whatever can be kept has been
    _tell("table", found, before)
    print(f"table: {'' if limited else 'not '}limited to {LIMIT >> 20} MiB, page cache included")


def in_memory(size: int) -> None:
    """Ask the same gallery in memory."""
    pictures, _ = source(size)
    asked = [one for one in questions(MODEL) if not one[0]]
    before = memory()
    features = np.concatenate([rows for _, rows in pictures.blocks()])
    gallery = Gallery("drawn", ("",) * size, (), (), {"image": features}, "")
    space = Space(asked[0][1], gallery)
    space.prepare()
    found = _ask(asked, lambda name, embedder, text: _nearest(space, text))
    _tell("exact, in memory", found, before)


def with_faiss(size: int) -> None:
    """Ask faiss, with the full vectors in memory, at the recall of the table or above."""
    import faiss

    pictures, _ = source(size)
    asked = [one for one in questions(MODEL) if not one[0]]
    embedder = asked[0][1]
    dimensions = embed(embedder, next(pictures.blocks())[1][:1], "image").shape[1]
    before, start = memory(), time.perf_counter()
    vectors = np.empty((size, -(-dimensions // 8) * 8), np.float32)
    place = 0
    for _, rows in pictures.blocks():
        vectors[place : place + len(rows), :dimensions] = embed(embedder, rows, "image")
        vectors[place : place + len(rows), dimensions:] = 0
        place += len(rows)
    codes, metric = vectors.shape[1] // 4, faiss.METRIC_INNER_PRODUCT
    lists = max(1, size // 2048)
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFPQ(coarse, vectors.shape[1], lists, codes, 8, metric)
    index.train(vectors[:: max(1, size // (64 * lists))])
    for first in range(0, size, 2**16):
        index.add(vectors[first : first + 2**16])
    print(f"faiss: built in {time.perf_counter() - start:.0f} s", flush=True)

    def ask(name: str, embedder: Embedder, text: np.ndarray) -> list[int]:
        query = query_of(embedder, text[None], "model", "text")
        query = np.pad(query, [(0, 0), (0, vectors.shape[1] - query.shape[1])])
        rows = np.sort(index.search(query, 500)[1][0])
        rows = rows[rows >= 0]
        best = np.argsort(-(vectors[rows] @ query[0]), kind="stable")[:K]
        return rows[best].tolist()

    goal = json.loads((WORK / "recall.json").read_text())
    for probes in (4, 8, 16, 32, 64, 128):
        index.nprobe = min(probes, lists)
        found = _ask(asked, ask)
        if _recall(found) >= goal - 0.002:
            break
    _tell(f"faiss, {index.nprobe} partitions", found, before)


_Found = list[tuple[str, list[int], float, float]]


def _nearest(space: Space, text: np.ndarray) -> list[int]:
    rows, _ = space.nearest(text[None], "text", system="model", found="image", k=K)
    return rows.tolist()


def _ask(asked: list[Asked], answer: Callable[[str, Embedder, np.ndarray], list[int]]) -> _Found:
    """Whose class each is, the answers, seconds, and seconds of CPU."""
    found = []
    for name, embedder, text in asked:
        start, cpu = time.perf_counter(), time.process_time()
        rows = answer(name, embedder, text)
        found.append((name, rows, time.perf_counter() - start, time.process_time() - cpu))
    return found


def _recall(found: _Found, added: bool = False) -> float:
    exact = json.loads(ANSWERS.read_text())
    shares = [
        len({*rows} & {*best}) / K
        for (name, rows, _, _), best in zip(found, exact, strict=False)
        if bool(name) == added
    ]
    return float(np.mean(shares))


def _tell(what: str, found: _Found, before: int) -> None:
    if what == "table":
        (WORK / "recall.json").write_text(json.dumps(_recall(found)))
    for added in sorted({bool(name) for name, *_ in found}):
        own = [one for one in found if bool(one[0]) == added]
        wall, cpu = (np.median([one[place] for one in own]) * 1e3 for place in (2, 3))
        slow = np.percentile([one[2] for one in own], 95) * 1e3
        kind = "texts of an added class" if added else "texts"
        print(
            f"{what}, {kind}: median {wall:.1f} ms ({cpu:.1f} ms of CPU), "
            f"95% within {slow:.1f} ms; recall@{K} {_recall(found, added):.3f}"
        )
    print(f"{what}: {peak(before)}", flush=True)


PARTS: dict[str, Callable[[int], Any]] = {
    one.__name__: one for one in (build, exact, search, in_memory, with_faiss)
}

if __name__ == "__main__":
    limit_threads(os.cpu_count() or 1)
    if sys.argv[1:] and sys.argv[1] in PARTS:
        if sys.argv[1] != "build":
            limit_threads(1)  # of one query: a second costs more in hand-overs than it computes
        PARTS[sys.argv[1]](int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 200_000)
