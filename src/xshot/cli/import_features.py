"""Make a dataset of ready-made features (.npz, .mat, .h5), for those who have no pictures.

Arrays are known by their names, as the field writes them: I_tr, T_tr, L_tr, I_te ...; train_img,
train_txt, train_img_lab ...; image, text, labels. I_db or I_retrieval is a train part, I_query a
test part; I_val is not used. All are whole or all in a train and a test part. Several files are
read as one. With several texts a picture, `image_of_text` says which picture each text is of, or
`image_ids` beside repeated image rows are equal. The features of the classes' prompts come from an
array `class_features` or from --encode-names.
"""

import re
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from xshot.errors import UserError
from xshot.terminal import one_line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from xshot.encoder.params import ClipParams
    from xshot.imports.arrays import Arrays


def command(
    files: Annotated[list[Path], typer.Argument(help="files to read the arrays from")],
    to: Annotated[Path, typer.Option(help="folder for the dataset")] = Path("data/imported"),
    rename: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW: take array OLD as if it were called NEW, such as train_image"),
    ] = None,
    encode_names: Annotated[
        bool,
        typer.Option(
            "--encode-names",
            help="make the class features from the names; clip.weights must be the encoder that "
            "made the others",
        ),
    ] = False,
) -> None:
    """Write the folder and say what to set."""
    from xshot.datasets.templates import choose_templates, doubt_templates
    from xshot.encoder.params import ClipParams
    from xshot.imports.dataset import make_dataset
    from xshot.imports.folder import write_folder
    from xshot.imports.roles import assign
    from xshot.params import load_params

    clip = load_params().section(ClipParams)
    templates = choose_templates(clip.templates, "imported")
    roles, unused = assign(_read(files, rename or []))
    if unused:
        say(one_line(f"note: not used: {_some(sorted(unused), ', ')}"))

    def encode(names: list[str]) -> "NDArray[np.float32]":
        return _encode(names, templates, clip)

    imported = make_dataset(roles, encode if encode_names else None)
    write_folder(to, imported, templates if encode_names else ())
    for role, array in sorted(roles.items()):
        say(f"{' '.join(filter(None, role[::-1])):<20}{'x'.join(map(str, array.shape))}")
    doubt = doubt_templates(templates, "imported") if encode_names else None
    for notice in (*imported.notices, *filter(None, [doubt])):
        say(one_line(f"note: {notice}"))
    # By its whole path: `dvc exp run --queue` and `--temp` run in a copy that lacks the folder.
    where = _value(to.absolute())
    root, weights = (quote(f"{key}={where}") for key in ("data.root", "clip.weights"))
    say(
        f"{one_line(to)}: {len(imported.rows)} pairs of {len(imported.classes.names)} classes; run "
        f"`dvc exp run -S data.name=imported -S {root} -S {weights}` "
        "(to search with words, clip.weights must name the encoder that made the features)"
    )


_TOLD = 12
"""Names that are told of many."""

# What needs no quotes, and the words among it that are no strings.
_MEANT = re.compile(r"(true|false|null|nan|inf)", re.IGNORECASE)
_PLAIN = re.compile(r"(?=[A-Za-z]|.*/)[\w./-]+( [\w./-]+)*", re.ASCII)


def _value(path: Path) -> str:
    """A path as DVC's `-S` takes it, in Hydra's grammar: in quotes if it needs them."""
    text = str(path)
    if _PLAIN.fullmatch(text) and not _MEANT.fullmatch(text):
        return text
    # Backslashes count as escapes only before what would have to be escaped.
    text = re.sub(r"(\\*)(\"|\$\{|\Z)", _escaped, text)
    return f'"{text}"'


def _escaped(match: re.Match[str]) -> str:
    slashes, special = match.groups()
    return slashes * 2 + (f"\\{special}" if special else "")


def _read(files: list[Path], rename: list[str]) -> "Arrays":
    from xshot.imports.arrays import read_arrays

    arrays: Arrays = {}
    left_out: list[str] = []
    for file in files:
        names: list[str] = []
        for name, array in read_arrays(file, names).items():
            if name in arrays:
                raise UserError(f"{file}: another file has an array {name!r}, too; import one")
            arrays[name] = array
        left_out += [f"{name} of {file}" for name in names]
    if left_out:
        say(one_line(f"note: not used: {_some(left_out, '; ')}"))
    for change in rename:
        old, _, new = change.partition("=")
        if old not in arrays or not new:
            raise UserError(f"--rename {change}: give OLD=NEW; arrays: {', '.join(arrays)}")
        arrays[new] = arrays.pop(old)
    return arrays


def _some(names: "Sequence[str]", separator: str) -> str:
    """All of a few names; of many, as where each picture is an array, the first."""
    more = f"{separator}and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return separator.join(names[:_TOLD]) + more


def _encode(
    names: list[str], templates: tuple[str, ...], clip: "ClipParams"
) -> "NDArray[np.float32]":
    """(C, D): mean features of the prompts of each name."""
    from xshot.encoder.checkpoint import read_encoder_files
    from xshot.encoder.loading import load_encoder

    encoder = load_encoder(
        read_encoder_files(Path(clip.weights), clip.architecture),
        precision="float32",
        device="cpu",
        batch_size=clip.batch_size,
        images=False,
    )
    prompts = [template.replace("{}", name) for name in names for template in templates]
    features = encoder.encode_texts(prompts)
    means: NDArray[np.float32] = features.reshape(len(names), len(templates), -1).mean(axis=1)
    return means
