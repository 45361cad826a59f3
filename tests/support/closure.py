"""Which parts of the repository a stage's script imports, read off the syntax trees."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAGES = (
    "prepare",
    "extract",
    "episode",
    "select",
    "fit_gmm",
    "train_vaegan",
    "synthesize",
    "train_projector",
    "evaluate",
)


def import_closure(script: Path) -> set[str]:
    """Repository-relative units that `script` needs: itself, packages, and single modules.

    Imports inside functions count too. A file inside `src/xshot/<package>/` counts as the package.
    """
    seen: set[Path] = set()
    todo = [script]
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        todo.extend(_imported_files(file))
    return {_unit(file) for file in seen}


def _imported_files(file: Path) -> list[Path]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found += [path for name in names if (path := _file(name)) is not None]
    return found


def _file(module: str) -> Path | None:
    base = {"xshot": ROOT / "src", "pipeline": ROOT}.get(module.split(".")[0])
    if base is None:
        return None
    path = base.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def _unit(file: Path) -> str:
    relative = file.relative_to(ROOT)
    if relative.parts[:2] == ("src", "xshot") and len(relative.parts) > 3:
        return Path(*relative.parts[:3]).as_posix()
    return relative.as_posix()
