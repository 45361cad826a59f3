"""A gallery on disk beside exact search and beside faiss's IVF-PQ: time, memory, recall, bytes.

`python -m benchmarks.bench_store [pictures]`, 200,000 by default, in a checkout in which the
pipeline has run. Pictures and texts are drawn (`benchmarks.drawn`). The model lacks three of its
classes; each is then added by its name and five pictures, and asked for by texts of it. Every part
runs in a process of its own; memory is what that one has grown to at the most, and how much that
is beyond what it took before it opened or built anything. faiss has the full vectors in memory for
re-ranking, and as many partitions looked at as it needs for our recall. More than 2,000,000
pictures go without faiss and without a gallery in memory.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drawn import FEATURES, source, without
from benchmarks.scratch import ROOT, environment
from xshot.compute import limit_threads
from xshot.curves import Curves
from xshot.projector.embedder import Embedder
from xshot.projector.file import load_embedder, save_embedder
from xshot.search.classes import NewClass, add_classes
from xshot.search.gallery import Gallery
from xshot.search.space import Space, embed, query_of
from xshot.search.two_stages import space_of
from xshot.store.features import read_class_features, read_features
from xshot.store.manifest import read_manifest

WORK = Path(".cache/bench_store")
TABLE, MODEL, ANSWERS = WORK / "drawn.lance", WORK / "model", WORK / "answers.json"
QUERIES, OF_ADDED, HELD_OUT, EXAMPLES, K = 100, 30, 3, 5, 10
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
    _first_answer()
    shutil.rmtree(WORK)


def _save_model() -> None:
    """The checkout's model without some classes."""
    embedder, provenance = load_embedder(Path("models/projector"))
    held_out = _held_out(np.flatnonzero(provenance.is_target))
    kept = [name for place, name in enumerate(provenance.classes) if place not in held_out]
    target = tuple(name for name in kept if name in provenance.target)
    provenance = replace(provenance, classes=tuple(kept), target=target)
    save_embedder(MODEL, without(embedder, held_out), provenance, None, Curves("bench", remedy=""))


def _held_out(targets: np.ndarray) -> list[int]:
    return targets[:: len(targets) // HELD_OUT][:HELD_OUT].tolist()


def build(size: int) -> None:
    """Write the table."""
    from xshot.lance_store.writing import write_store

    pictures, _ = source(size)
    embedder, _ = load_embedder(MODEL)
    before, start, cpu = _memory(), time.perf_counter(), time.process_time()
    write_store(TABLE, pictures, embedder, MODEL)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    index = _bytes(TABLE / "_indices")
    print(f"{size} pictures: built in {wall:.0f} s, {cpu:.0f} s of CPU; {_peak(before)}")
    print(f"{_bytes(TABLE) / size:.0f} bytes a picture, {index / size:.0f} of them indexes")


def exact(size: int) -> None:
    """The exact answers, from one pass through the rows."""
    pictures, _ = source(size)
    asked = _questions()
    best: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0), np.empty(0, int))] * len(asked)
    queries = [query_of(embedder, text[None], "model", "text")[0] for _, embedder, text in asked]
    place = 0
    for _, rows in pictures.blocks():
        embedded: dict[int, np.ndarray] = {}
        for number, (_, embedder, _) in enumerate(asked):
            if id(embedder) not in embedded:
                embedded[id(embedder)] = embed(embedder, rows, "image")
            scores = embedded[id(embedder)] @ queries[number]
            top = np.argpartition(-scores, K)[:K]
            scores = np.concatenate([best[number][0], scores[top]])
            places = np.concatenate([best[number][1], top + place])
            order = np.argsort(-scores, kind="stable")[:K]
            best[number] = scores[order], places[order]
        place += len(rows)
    ANSWERS.write_text(json.dumps([places.tolist() for _, places in best]))


def search(size: int) -> None:
    """Ask the table."""
    from xshot.lance_store.gallery import open_store

    asked = _questions()
    _forget(TABLE)
    limited = _limit(LIMIT)
    before = _memory()
    gallery = open_store(TABLE)
    assert gallery.table is not None
    gallery.table.use(MODEL)
    trained = load_embedder(MODEL)[0]
    spaces: dict[str, Space] = {"": space_of(trained, [], gallery)}
    spaces |= {new.name: space_of(trained, [new], gallery) for new in _new_classes()}
    for _ in range(2):  # the second time whatever can be kept has been
        found = _ask(asked, lambda name, embedder, text: _nearest(spaces[name], text))
    _tell("table", found, before)
    print(f"table: {'' if limited else 'not '}limited to {LIMIT >> 20} MiB, page cache included")


def in_memory(size: int) -> None:
    """Ask the same gallery in memory."""
    pictures, _ = source(size)
    asked = [one for one in _questions() if not one[0]]
    before = _memory()
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
    asked = [one for one in _questions() if not one[0]]
    embedder = asked[0][1]
    dimensions = embed(embedder, next(pictures.blocks())[1][:1], "image").shape[1]
    before, start = _memory(), time.perf_counter()
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


_Asked = tuple[str, Embedder, np.ndarray]
_Found = list[tuple[str, list[int], float, float]]


def _questions() -> list[_Asked]:
    """Texts, each with the model that answers and the name of the class that was added to it."""
    _, text = source(0)
    rng = np.random.default_rng(2)
    trained = load_embedder(MODEL)[0]
    known = [text.names.index(name) for name in load_embedder(MODEL)[1].classes]
    asked = [("", trained, row) for row in text.draw(rng.choice(known, QUERIES), rng)]
    for new in _new_classes():
        grown = add_classes(trained, [new])
        rows = text.draw(np.full(OF_ADDED, text.names.index(new.name)), rng)
        asked += [(new.name, grown, row) for row in rows]
    return asked


def _new_classes() -> list[NewClass]:
    """The classes that the model lacks, by name and some pictures of the data set."""
    features, manifest = read_features(FEATURES), read_manifest(Path("data/manifest.parquet"))
    labels = dict(zip(manifest.ids, manifest.labels, strict=True))
    prompts = read_class_features(FEATURES)
    known = load_embedder(MODEL)[1].classes
    added = []
    for name, prompt in zip(prompts.names, prompts.features, strict=True):
        if name not in known:
            rows = [row for row, one in enumerate(features.ids) if name in labels[one]][:EXAMPLES]
            added.append(NewClass(name, prompt, features.image[rows], features.text[:0]))
    return added


def _nearest(space: Space, text: np.ndarray) -> list[int]:
    rows, _ = space.nearest(text[None], "text", system="model", found="image", k=K)
    return rows.tolist()


def _ask(asked: list[_Asked], answer: Callable[[str, Embedder, np.ndarray], list[int]]) -> _Found:
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
    print(f"{what}: {_peak(before)}", flush=True)


def _first_answer() -> None:
    """From the command line, beside what it may take."""
    command = ["search", "a red bird", "--json", "--index", str(TABLE), "--model", str(MODEL)]
    for arguments in (["-c", "import open_clip"], ["-m", "xshot.cli.main", *command]):
        times = []
        for _ in range(4):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, *arguments],
                check=True, cwd=ROOT, env=environment(ROOT), capture_output=True,
            )  # fmt: skip
            times.append(time.perf_counter() - start)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"{arguments[1]}: {np.median(times[1:]):.2f} s; at most {used // 1024} MiB")


def _forget(folder: Path) -> None:
    """Take files out of the page cache."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _limit(size: int) -> bool:
    """Whether this process, page cache included, is held to so many bytes: root can do that."""
    group = Path("/sys/fs/cgroup/memory/xshot_bench_store")
    try:
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(str(size))
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True


def _memory() -> int:
    """MiB that this process takes now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def _peak(before: int) -> str:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"memory at most {most} MiB, {most - before} more than before"


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


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
