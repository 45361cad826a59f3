"""Classes that were added on the page, as pictures and rows of a manifest.

    FOLDER/manifest.csv             image,text,label; rows are added to one that is there
    FOLDER/added/<class>/<hash>.png the uploaded examples, as they were decoded

With FOLDER for `data.root` and `data.name: manifest`, the next `dvc repro` learns from them.
"""

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from xshot.errors import UserError
from xshot.reading import explain, read_file
from xshot.search.examples import open_picture
from xshot.store.atomic import atomic_path

_REQUIRED = ("image", "text", "label")
_OTHERS = ("manifest.jsonl", "manifest.parquet")


@dataclass(frozen=True)
class Example:
    """A picture of a class: an upload, or a file of the gallery.

    Attributes:
        picture: the file's bytes, or where it lies.
        text: what is said of it; "" if nothing is.
    """

    picture: bytes | Path
    text: str = ""


class Saving:
    """The folder that added classes are written to, for one server.

    Args:
        folder: made with the first class, if it is not there.

    Raises:
        UserError: its manifest is no CSV, cannot be read or lacks a column.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = folder / "manifest.csv"
        self._written: dict[str, tuple[bytes, list[Path]]] = {}
        other = next((name for name in _OTHERS if (folder / name).exists()), None)
        if other is not None:
            raise UserError(
                f"--save {folder}: it holds {other}, and rows are added to a manifest.csv only; "
                "name another folder"
            )
        self._columns(self._content())

    def add(self, name: str, examples: Sequence[Example]) -> None:
        """Write a class's pictures, and a row for each; without examples there is nothing to write.

        Raises:
            UserError: an example cannot be read, or the disk is full.
        """
        made: list[Path] = []
        try:
            if rows := self._add(name, examples, made):
                self._written[name] = (rows, made)
        except BaseException:
            _remove(made)
            raise

    def _add(self, name: str, examples: Sequence[Example], made: list[Path]) -> bytes:
        """The rows that were written; what pictures were made, whatever happens."""
        content = self._content()
        columns = self._columns(content)
        text = StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        if not content:
            writer.writeheader()
            header, text = text.getvalue().encode(), StringIO()
            writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        else:
            header = b"" if content.endswith(b"\n") else b"\n"
        for example in examples:
            image, new = self._image(name, example)
            made += [new] if new else []
            row = {"image": image, "text": example.text or name, "label": name, "split": "train"}
            row["id"] = f"added/{name}/{len(made)}/{image}"
            writer.writerow({column: row[column] for column in columns if column in row})
        rows = text.getvalue().encode()
        if rows:
            self._write(content + header + rows)
        return rows

    def remove(self, name: str) -> None:
        """Take back what this server has written for a class.

        Raises:
            UserError: the manifest cannot be written.
        """
        rows, made = self._written.pop(name, (b"", []))
        if rows:
            self._write(self._content().replace(rows, b"", 1))
        _remove(made)

    def _content(self) -> bytes:
        try:
            return read_file(self._manifest)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise UserError(f"{self._manifest}: {explain(error, 'mend its access')}") from None

    def _columns(self, content: bytes) -> list[str]:
        if not content:
            return [*_REQUIRED]
        first = content.decode("utf-8-sig", errors="replace").splitlines()[:1]
        try:
            columns = [column.strip() for column in next(csv.reader(first), [])]
        except csv.Error:
            columns = []
        missing = [column for column in _REQUIRED if column not in columns]
        if missing:
            raise UserError(
                f"{self._manifest}: no column {missing[0]}; its first line must name the columns "
                f"{','.join(_REQUIRED)}, separated by commas"
            )
        return columns

    def _image(self, name: str, example: Example) -> tuple[str, Path | None]:
        """A picture's path in the manifest, and the file if it had to be made."""
        if isinstance(example.picture, Path):
            try:
                inside = example.picture.resolve().relative_to(self.folder.resolve())
                return inside.as_posix(), None
            except ValueError:
                pass
        picture = open_picture(example.picture)
        digest = hashlib.sha256(picture.tobytes()).hexdigest()[:16]
        words = re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")
        # Of names that agree in these words each has a folder of its own.
        of_name = f"{words}-{hashlib.sha256(name.encode()).hexdigest()[:6]}".lstrip("-")
        path = self.folder / "added" / of_name / f"{digest}.png"
        new = None if path.exists() else path
        with atomic_path(path) as temporary:
            picture.save(temporary, "PNG")
        return path.relative_to(self.folder).as_posix(), new

    def _write(self, content: bytes) -> None:
        with atomic_path(self._manifest) as temporary:
            temporary.write_bytes(content)


def _remove(made: Sequence[Path]) -> None:
    for path in made:
        path.unlink(missing_ok=True)
