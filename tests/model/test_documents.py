"""What docs/library.md and README show of the library is what it does."""

import re
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import xshot
from tests.model.conftest import SMALL
from tests.support.closure import ROOT
from xshot.model.fitting import fit

EXAMPLE = ROOT / "docs/examples/few_shot.py"
LIBRARY = (ROOT / "docs/library.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+\.\d+|\d+(?=%)")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_example_says_what_the_page_shows(tmp_path):
    """Figures may differ a little on another processor."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (shown,) = blocks(LIBRARY, "text")
    assert NUMBER.sub("#", done.stdout) == NUMBER.sub("#", shown)
    found, expected = (
        np.array([float(number) for number in NUMBER.findall(text)])
        for text in (done.stdout, shown)
    )
    percent = expected > 1
    np.testing.assert_allclose(found[~percent], expected[~percent], atol=0.011)
    np.testing.assert_allclose(found[percent], expected[percent], atol=3)
    assert (tmp_path / "rare-drawings/model.safetensors").is_file()


@pytest.fixture
def names():
    """Variables that the documents' code takes for granted, with two rare animals among them."""
    with np.load(ROOT / "docs/examples/drawings.npz") as data:
        renamed = {"flower": "okapi", "insect": "axolotl"}
        labels = [renamed.get(name, name) for name in data["labels"].tolist()]
        train = data["split"] == "train"
        images, texts = data["image"], data["text"]
        return {
            "images": images[train],
            "texts": texts[train],
            "labels": [name for name, own in zip(labels, train, strict=True) if own],
            "test_images": images[~train],
            "test_texts": texts[~train],
            "test_labels": [name for name, own in zip(labels, train, strict=True) if not own],
            "prompts": data["class_features"],
            "names": [renamed.get(name, name) for name in data["class_names"].tolist()],
            "queries": images[~train],
            "gallery": texts[~train],
            "paths": None,
            "query": texts[0],
        }


@pytest.fixture
def _small(monkeypatch):
    """The defaults take a minute; what they find is no matter here."""
    monkeypatch.setattr(xshot, "fit", partial(xshot.fit, **SMALL), raising=False)


@pytest.mark.usefixtures("_small")
def test_the_code_of_readme_runs(names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(README, "python")
    exec(code, names)
    assert sorted(names["model"].target_classes_) == ["axolotl", "okapi"]
    assert xshot.load("model").facts == names["model"].facts


@pytest.mark.usefixtures("_small")
def test_the_code_of_the_page_runs(names, capsys):
    first, settings, search = blocks(LIBRARY, "python")
    rows = {key: names[key] for key in ("images", "texts", "labels")}
    exec(first, names)
    assert names["scores"].shape == (len(names["queries"]), len(names["gallery"]))
    classes = {"class_features": names["prompts"], "class_names": names["names"]}
    given = rows | classes | {"target": ["okapi"]}
    # As called there, without the small settings, of which one would be there twice.
    exec(settings.replace("...", "**given"), {"given": given, "xshot": SimpleNamespace(fit=fit)})
    exec(search, names | {"labels": None})
    assert len(capsys.readouterr().out.splitlines()) == 5
