"""The base of the typed schema of params.yaml; each package holds the schema of its own section.

A schema says of each key what it means, what is allowed and what it is by default: params.yaml as
it is shipped holds the defaults, and `xshot.fit` starts from them.

A stage asks for the sections that it uses: `load_params().section(ClipParams)`. The whole file is
checked first, so that a slip in the last stage's section stops the first stage already. The other
sections' schemas are imported by name and only to check: they cannot influence a stage's output,
which is why they are not among its dependencies.
"""

import json
import re
from difflib import get_close_matches
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from xshot.errors import UserError
from xshot.reading import explain as explain_file
from xshot.reading import read_file


class Section(BaseModel):
    """One section of params.yaml: frozen, strictly typed, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )

    key: ClassVar[str]


S = TypeVar("S", bound=Section)
M = TypeVar("M", bound=BaseModel)


class RunParams(Section):
    """The keys of params.yaml that stand outside any section."""

    key: ClassVar[str] = ""

    seed: int = Field(
        default=0, ge=0, lt=2**32, description="draws the episode and starts all training"
    )
    threads: int = Field(
        default=2,
        ge=1,
        le=1024,
        description="CPU threads of encoding and ranking; pseudo-episodes trained at a time",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="auto = CUDA's GPU if there is one, else CPU; Apple's mps is not supported",
    )


SECTIONS: dict[str, str] = {
    "model": "xshot.variants:ModelParams",
    "data": "xshot.datasets.params:DataParams",
    "clip": "xshot.encoder.params:ClipParams",
    "episode": "xshot.episode.params:EpisodeParams",
    "select": "xshot.selection.params:SelectParams",
    "gmm": "xshot.mixture.params:GmmParams",
    "vaegan": "xshot.vaegan.params:VaeganParams",
    "synthesize": "xshot.vaegan.params:SynthesizeParams",
    "projector": "xshot.projector.params:ProjectorParams",
    "evaluate": "xshot.retrieval.params:EvaluateParams",
}


class Params:
    """A checked params.yaml, or the same tree from elsewhere, which `path` then names."""

    def __init__(self, tree: dict[str, Any], path: Path | str) -> None:
        self._tree = tree
        self._path = path

    def section(self, schema: type[S]) -> S:
        """The section that `schema` describes.

        Raises:
            UserError: naming the file, the key and what is allowed.
        """
        if schema.key:
            values = self._tree.get(schema.key)
        else:
            values = {k: v for k, v in self._tree.items() if k not in SECTIONS}
        if not isinstance(values, dict):
            raise UserError(f"{self._path}: section '{schema.key}' is missing or not a mapping")
        for name in schema.model_fields:
            if name not in values:  # its default would be none of DVC's business
                told = f"{self._path}: '{_key(schema.key, name)}' is missing"
                odd = map(str, values.keys() - schema.model_fields.keys())
                near = get_close_matches(name, odd, n=1)
                raise UserError(f"{told}; mend the name of {near[0]!r}" if near else told)
        try:
            # Through JSON: strict about scalars, while YAML's lists may fill tuples.
            return schema.model_validate_json(_as_json(values))
        except (ValidationError, TypeError, ValueError) as error:
            raise UserError(f"{self._path}: {explain(schema.key, error)}") from None

    def check(self) -> None:
        """Check every section, whether the caller needs it or not."""
        self.section(RunParams)
        for reference in SECTIONS.values():
            self.section(section_schema(reference))
        if (self._tree["model"]["k_shot"], self._tree["evaluate"]["gallery"]) == ("all", "train"):
            raise UserError(
                f"{self._path}: 'evaluate.gallery' = 'train' ranks the target classes' training "
                "rows beyond the support, of which 'model.k_shot' = 'all' leaves none; set a "
                "number of shots, or evaluate.gallery: test"
            )


def section_schema(reference: str) -> type[Section]:
    """The schema class behind a value of `SECTIONS`, such as `xshot.variants:ModelParams`."""
    module, _, name = reference.partition(":")
    schema: type[Section] = getattr(import_module(module), name)
    return schema


def default_params() -> dict[str, Any]:
    """The tree of params.yaml as shipped, to change: every key's default."""
    tree = _defaults(RunParams)
    tree |= {key: _defaults(section_schema(reference)) for key, reference in SECTIONS.items()}
    copy: dict[str, Any] = json.loads(_as_json(tree))
    return copy


def _defaults(schema: type[Section]) -> dict[str, Any]:
    return {name: field.default for name, field in schema.model_fields.items()}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml.

    Raises:
        UserError: the file is absent, is not YAML, or a key is unknown, missing or out of range.
    """
    params = Params(read_yaml(path), path)
    params.check()
    return params


def read_checked(path: Path, schema: type[M]) -> M:
    """Read a YAML file that one schema describes, such as the sweep's own params.

    Raises:
        UserError: the file is absent, is not YAML, or a key is unknown, missing or out of range.
    """
    try:
        return schema.model_validate_json(_as_json(read_yaml(path)))
    except (ValidationError, TypeError, ValueError) as error:
        raise UserError(f"{path}: {explain('', error)}") from None


def read_yaml(path: Path, remedy: str = "") -> dict[str, Any]:
    """A mapping, by YAML 1.2's rules (so `1e-05` is a number).

    Args:
        path: the file.
        remedy: what to do about a damaged one, unless that is to mend what the message says.

    Raises:
        UserError: the file is absent, cannot be read or is no YAML that holds a mapping.
    """
    then = f"; {remedy}" if remedy else ""
    try:
        text = read_file(path).decode("utf-8-sig")
    except OSError as error:
        told = explain_file(error, remedy or "run from the repository's root")
        raise UserError(f"{path}: {told}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text; {remedy or 'save it as UTF-8'}") from None
    try:
        tree = YAML(typ="safe", pure=True).load(StringIO(text))
    # What YAML knows beyond JSON fails in its own ways: dates, tags, numbers too long.
    except (YAMLError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UserError(f"{path}: not valid YAML: {error}{then}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: expected a mapping of sections{then}")
    return tree


def _as_json(values: dict[str, Any]) -> str:
    """What else YAML knows, such as dates, becomes text, which its key's schema then judges."""
    return json.dumps(values, default=str)


_TYPE = re.compile(r"(constrained|function)-.*|int|str|float|.*\[.*\]")


def explain(section: str, error: Exception) -> str:
    """The first thing that a schema found wrong, as `'section.key' = value: what is allowed`."""
    if not isinstance(error, ValidationError):
        return f"section '{section}': {error}" if section else str(error)
    errors = error.errors()
    first, key = errors[0], _place(section, errors[0])
    if first["type"] == "extra_forbidden":
        return f"'{key}' is not a known parameter; remove it or mend its name"
    if first["type"] == "missing":
        return f"'{key}' is missing"
    # Where a key takes values of several types, each of them says what it expects.
    others = [
        one["msg"].removeprefix("Input should be ")
        for one in errors[1:]
        if _place(section, one) == key and one["input"] == first["input"]
    ]
    return f"'{key}' = {first['input']!r}: {' or '.join([first['msg'], *others])}"


def _place(section: str, error: ErrorDetails) -> str:
    """The key that an error is about, without the type that pydantic tried and names, too."""
    first, *others = (str(part) for part in error["loc"])
    return _key(section, first, *(part for part in others if not _TYPE.fullmatch(part)))


def _key(*parts: str) -> str:
    return ".".join(filter(None, parts))
