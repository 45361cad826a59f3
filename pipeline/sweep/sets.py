"""Name the data set that params.yaml describes, so that sets keep cells and tables of their own.

`python -m pipeline.sweep.sets` writes pipeline/sweep/set.yaml, which the sweep's dvc.yaml reads.
"""

import re
from io import StringIO
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from xshot.datasets.params import DataParams, DatasetName
from xshot.episode.params import EpisodeParams, Support
from xshot.errors import UserError, one_line_errors
from xshot.params import load_params, read_checked
from xshot.store.atomic import write_text

FILE = Path("pipeline/sweep/set.yaml")
EMBEDDED = "openmoji"


class SweptSet(BaseModel):
    """pipeline/sweep/set.yaml.

    Attributes:
        set: the name.
        results: the folder of its tables: results/ of the embedded set, results/<set>/ of others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str
    results: str


def main() -> None:
    """Write the file, if it names another set."""
    swept = _described()
    if FILE.exists() and read_checked(FILE, SweptSet) == swept:
        return
    yaml, text = YAML(), StringIO()
    tree = yaml.load(FILE) if FILE.exists() else {}
    tree.update(swept.model_dump())  # in place, which keeps the comment
    yaml.dump(tree, text)
    write_text(FILE, text.getvalue())


def describe(data: DataParams, support: Support = "drawn") -> SweptSet:
    """A published set has its own name; files of one's own have that of their folder.

    With suggested shots it is another set.
    """
    name: str = data.name
    if data.name in ("manifest", "imported"):
        folder = re.sub(r"[^a-z0-9]+", "-", Path(data.root).resolve().name.lower()).strip("-")
        taken = set(get_args(DatasetName)) - {data.name}
        name = f"{data.name}-{folder}" if folder in taken else folder or data.name
    if support != "drawn":
        name = f"{name}-{support}"
    return SweptSet(set=name, results="results" if name == EMBEDDED else f"results/{name}")


def read_set(name: str) -> SweptSet:
    """The set of that name, which params.yaml must describe.

    Raises:
        UserError: params.yaml describes another one.
    """
    described = _described()
    if described.set != name:
        raise UserError(
            f"params.yaml describes the data set {described.set!r}, not {name!r}; run `make sweep`"
        )
    return described


def _described() -> SweptSet:
    params = load_params()
    return describe(params.section(DataParams), params.section(EpisodeParams).support)


if __name__ == "__main__":
    with one_line_errors():
        main()
