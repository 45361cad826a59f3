from pathlib import Path

import pytest

from pipeline.sources.emoji import Concept, read_concepts


@pytest.fixture(scope="session")
def concepts() -> list[Concept]:
    return read_concepts()


@pytest.fixture(scope="session")
def towers():
    from pipeline.sources.pairs import read_towers

    return read_towers()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is not the repository's root."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
