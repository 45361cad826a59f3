"""The long tables of sweep and generators: one value per row."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from xshot.errors import UserError
from xshot.params import read_checked
from xshot.store.atomic import write_text
from xshot.variants import known_variant

PARAMS = Path("pipeline/sweep/params.yaml")


def _known(name: str) -> str:
    known_variant(name.removesuffix("/random"))
    return name


VariantName = Annotated[str, AfterValidator(_known)]
"""A row of `xshot.variants`; with `/random` behind it, trained with vaegan.init: random."""


class Row(NamedTuple):
    """One mAP; the names are the columns of sweep.csv."""

    seed: int
    k_shot: int
    variant: str
    gallery: str
    direction: str
    value: float


class Measure(NamedTuple):
    """One value; the names are the columns of results/generators.csv."""

    seed: int
    k_shot: int
    draw: int
    generator: str
    modality: str
    measure: str
    value: float


class Asked(NamedTuple):
    """One value; the names are the columns of results/suggest.csv."""

    seed: int
    k_shot: int
    variant: str
    arm: str
    questions: float
    gallery: str
    value: float


class GeneratorParams(BaseModel):
    """Episodes on whose pseudo-episodes generators are compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: tuple[int, ...]
    shots: tuple[int, ...]


class SuggestParams(BaseModel):
    """Episodes on which ways to find the pictures to label are compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: tuple[int, ...]
    shots: tuple[Annotated[int, Field(gt=0)], ...]
    variants: tuple[VariantName, ...]


class SweepParams(BaseModel):
    """pipeline/sweep/params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: tuple[int, ...]
    shots: tuple[int, ...]
    variants: tuple[VariantName, ...]
    generators: GeneratorParams
    suggest: SuggestParams


def read_sweep_params(path: Path = PARAMS) -> SweepParams:
    """Which seeds, shots and variants.

    Raises:
        UserError: a key is unknown, missing or of the wrong type.
    """
    return read_checked(path, SweepParams)


def cell_path(name: str, seed: int, k_shot: int) -> Path:
    """Where the rows of one episode of the data set `name` lie; "" = of a cell run by hand."""
    return Path("data/sweep", name, f"{seed}-{k_shot}.csv")


def asked_path(name: str, seed: int) -> Path:
    """Where the rows of one seed's annotators lie, of the data set `name`."""
    return Path("data/suggest", name, f"{seed}.csv")


def write_rows(path: Path, rows: Iterable[Row | Asked]) -> None:
    """Write a CSV with a header, atomically."""
    header, *_ = kept = list(rows)
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(header._fields)
    writer.writerows(kept)
    write_text(path, table.getvalue())


def read_asked(path: Path) -> list[Asked]:
    """Read what `write_rows` wrote of annotators.

    Raises:
        UserError: absent.
    """
    if not path.exists():
        raise UserError(f"{path}: not found; run `make suggest`")
    kinds = Asked.__annotations__
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Asked(**{name: kinds[name](value) for name, value in row.items()})
            for row in csv.DictReader(file)
        ]


def read_rows(path: Path) -> list[Row]:
    """Read what `write_rows` wrote.

    Raises:
        UserError: absent.
    """
    if not path.exists():
        raise UserError(f"{path}: not found; run `make sweep`")
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Row(
                seed=int(row["seed"]),
                k_shot=int(row["k_shot"]),
                variant=row["variant"],
                gallery=row["gallery"],
                direction=row["direction"],
                value=float(row["value"]),
            )
            for row in csv.DictReader(file)
        ]
