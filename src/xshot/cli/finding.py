"""What a check found: one line each."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from xshot.errors import UserError
from xshot.terminal import one_line

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One line of a report.

    Attributes:
        mark: `absent` is what has yet to be made, `note` what one should know; only `wrong` is
            to be mended.
        text: the file or param, what is true of it and, unless it is fine, what to do.
    """

    mark: Literal["ok", "note", "absent", "wrong"]
    text: str

    def __str__(self) -> str:
        return f"{self.mark:<8}{one_line(self.text)}"


def attempt(read: Callable[[], T]) -> Generator[Finding, None, T | None]:
    """What `read` returns; where it raises a `UserError`, that as a finding and None."""
    try:
        return read()
    except UserError as error:
        yield Finding("wrong", str(error))
        return None


def opened(path: Path, stage: str, read: Callable[[Path], T]) -> Generator[Finding, None, T | None]:
    """An artefact as `read` finds it; where it is absent or damaged, that as a finding and None."""
    if not path.exists():
        yield Finding("absent", f"{path}: `dvc repro {stage}` makes it")
        return None
    return (yield from attempt(lambda: read(path)))


def verdict(path: Path, stage: str, fine: str, problems: Iterable[str]) -> Iterator[Finding]:
    """Whether an artefact that can be read fits what it was made from.

    Args:
        path: the artefact.
        stage: makes it.
        fine: what to say of it if there is no problem.
        problems: what is wrong with it; the first is told, since one re-run mends them all.
    """
    problem = next(iter(problems), None)
    if problem:
        yield Finding("wrong", f"{path}: {problem}; run `dvc repro {stage}`")
    else:
        yield Finding("ok", f"{path}: {fine}")
