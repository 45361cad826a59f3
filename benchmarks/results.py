"""What all benchmarks measured: results.json, and the table of README.md made from it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import Row

BENCHMARKS = (
    "encoding",
    "nothing_new",
    "map",
    "intervals",
    "vaegan",
    "projector",
    "dag",
    "sweep",
    "cold_search",
    "suggest",
)

_HERE = Path(__file__).parent
_RESULTS, _README = _HERE / "results.json", _HERE / "README.md"

_HEAD = """\
| work | peer | peer, s | XShot, s | ratio (worst to best round) | target | equal |
|---|---|---|---|---|---|---|
"""


def run_benchmark(name: str) -> list[Row]:
    """The rows of `bench_<name>`."""
    return list(import_module(f"benchmarks.bench_{name}").rows())


def record(name: str, rows: Sequence[Row]) -> None:
    """Put the rows of a benchmark in the place of its earlier ones, in both files."""
    results = json.loads(_RESULTS.read_text(encoding="utf-8")) if _RESULTS.exists() else {}
    results[name] = [{key: _rounded(value) for key, value in asdict(row).items()} for row in rows]
    results = {known: results[known] for known in BENCHMARKS if known in results}
    _RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    table = _HEAD + "".join(_line(Row(**row)) for known in results.values() for row in known)
    _put("table", table)


def record_gpu(results: dict[str, Any]) -> None:
    """Keep what `benchmarks.gpu` found as gpu.json, and show it in README.md.

    Raises:
        ValueError: it was found at toy size, on a CPU.
    """
    if "card" not in results.get("machine", {}):
        raise ValueError("these figures are of no CUDA device")
    (_HERE / "gpu.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    lines = [
        f"Measured on one {results['machine']['card']}.\n\n",
        "| part | what | found |\n|---|---|---|\n",
    ]
    for part, found in results.items():
        lines += [f"| {part} | {name} | {value} |\n" for name, value in _leaves(found)]
    _put("gpu", "".join(lines))


def _leaves(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}, ")
        else:
            yield f"{path}{name}", _rounded(value)


def _put(mark: str, section: str) -> None:
    """Put text between the marks of README.md."""
    text, count = re.subn(
        rf"(?<=<!-- {mark} -->\n).*(?=<!-- /{mark} -->)",
        lambda _: section,
        _README.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    assert count == 1, mark
    _README.write_text(text, encoding="utf-8")


def _line(row: Row) -> str:
    cells = (
        row.name,
        row.peer,
        f"{row.peer_seconds:.3g}",
        f"{row.xshot_seconds:.3g}",
        f"**{row.ratio_median:.2f}** ({row.ratio_min:.2f} to {row.ratio_max:.2f})",
        "-" if row.target is None else f"{row.target:g}",
        "yes" if row.equal else "NO",
    )
    return f"| {' | '.join(cells)} |\n"


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
