"""Miniatures of the datasets' official trees."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

Tree = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture(scope="session")
def jpg() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (2, 2), "red").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def jpgs(jpg: bytes) -> Callable[..., dict[str, bytes]]:
    """Pictures of these names, of which no two are the same bytes."""

    def make(*names: str) -> dict[str, bytes]:
        return {name: jpg + name.encode() for name in names}

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Write files (path -> content) below a new folder and return it."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "root"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write
