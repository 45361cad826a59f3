"""What the documents say of the code is so: links, names, variants and params."""

import ast
import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.closure import ROOT
from xshot.variants import VARIANTS, Variant

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
METHOD = ROOT / "docs" / "method.md"
METHOD_SECTIONS = ("gmm", "vaegan", "synthesize", "projector", "select")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def links(document: Path) -> list[tuple[str, Path]]:
    """Text and file of every relative link."""
    found = re.findall(
        r"\[([^\]\n]*)\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text(encoding="utf-8")
    )
    return [(text, document.parent / target) for text, target in found]


def defined_names(module: Path) -> set[str]:
    """Functions, classes, constants and, as Class.name, what is defined in classes."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return names


def params() -> set[str]:
    """Every `section.key` of params.yaml."""
    tree = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    sections = {name: keys for name, keys in tree.items() if isinstance(keys, dict)}
    return {f"{section}.{key}" for section, keys in sections.items() for key in keys}


def named_params(document: Path) -> set[str]:
    """Every `section.key` or `section.key: value` in backticks whose section exists."""
    sections = {param.split(".")[0] for param in params()}
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)\.(\w+)(?:[ :=][^`\n]*)?`", text)
    return {f"{section}.{key}" for section, key in named if section in sections}


def variant_rows() -> dict[str, list[str]]:
    """The cells behind each name in the table of variants, less the last one, which is prose."""
    table = METHOD.read_text(encoding="utf-8").split("\n## Variants\n")[1]
    rows = re.findall(r"^\| `?(\w+)`? \| (.*) \|$", table, re.MULTILINE)
    return {name: cells.split(" | ")[:-1] for name, cells in rows}


@each_document
def test_every_relative_link_leads_to_a_file(document):
    assert [str(target) for _, target in links(document) if not target.exists()] == []


@each_document
def test_every_name_that_is_linked_is_defined_in_the_linked_module(document):
    named = [(text.strip("`"), file) for text, file in links(document) if file.suffix == ".py"]
    missing = [
        f"{name} in {file.name}"
        for name, file in named
        if re.fullmatch(r"\w+(\.\w+)?", name)
        and name != file.name
        and name not in defined_names(file)
    ]
    assert missing == []


def test_the_method_links_to_names_only():
    texts = [text for text, _ in links(METHOD)]
    assert texts
    assert [text for text in texts if not re.fullmatch(r"`\w+(\.\w+)?`", text)] == []


@each_document
def test_every_param_in_backticks_is_in_params_yaml(document):
    assert sorted(named_params(document) - params()) == []


def test_the_method_says_where_every_param_of_it_enters():
    of_method = {param for param in params() if param.split(".")[0] in METHOD_SECTIONS}
    assert sorted(of_method - named_params(METHOD)) == []


def test_the_table_of_variants_is_that_of_the_code():
    words = {True: "yes", False: "–", "none": "–"}
    rows = variant_rows()
    assert rows.pop("variant") == [field.name for field in fields(Variant)]
    assert rows == {
        name: [words.get(value, value) for value in asdict(parts).values()]
        for name, parts in VARIANTS.items()
    }


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
