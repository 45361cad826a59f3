import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from pydantic import BaseModel
from ruamel.yaml import YAML

from tests.support.shipped import write_shipped
from xshot.datasets.params import DataParams
from xshot.episode.params import EpisodeParams
from xshot.errors import UserError
from xshot.params import (
    Params,
    RunParams,
    Section,
    load_params,
    read_checked,
)
from xshot.projector.params import ProjectorParams
from xshot.variants import ModelParams

ROOT = Path(__file__).parents[1]
EPISODE = {
    "target": "drawn",
    "few": 3,
    "support": "drawn",
    "train_on": "train",
    "target_fraction": 0.5,
    "min_per_class": 0,
    "pseudo_draws": 2,
    "pseudo_fraction": 0.5,
}


def episode_section(**changes):
    return Params({"episode": {**EPISODE, **changes}}, Path("params.yaml")).section(EpisodeParams)


class TestSection:
    def test_values_are_typed(self):
        section = episode_section(target_fraction=0.3)
        assert section == EpisodeParams(**{**EPISODE, "target_fraction": 0.3})

    def test_a_whole_number_may_stand_for_a_float(self):
        params = Params({"gap": {"width": 1}}, Path("params.yaml"))
        width = params.section(_Gap).width
        assert (width, type(width)) == (1.0, float)

    @pytest.mark.parametrize(
        ("changes", "complaint"),
        [
            ({"fraction": 1}, "'episode.fraction' is not a known parameter; remove it or mend"),
            (
                {"target_fraction": "0.5"},
                "'episode.target_fraction' = '0.5': Input should be a val",
            ),
            ({"target_fraction": 1.5}, "'episode.target_fraction' = 1.5: Input should be less th"),
            ({"target_fraction": None}, "'episode.target_fraction' = None"),
            ({"min_per_class": -1}, "'episode.min_per_class' = -1: Input should be greater than"),
            (
                {"target": "poor"},
                "'episode.target' = 'poor': Input should be 'drawn', 'few' or 'every_second' or "
                "a valid array$",
            ),
            ({"min_per_class": 1.5}, "'episode.min_per_class' = 1.5"),
            ({"min_per_class": True}, "'episode.min_per_class' = True"),
            ({"pseudo_draws": [2]}, r"'episode.pseudo_draws' = \[2\]"),
            ({"pseudo_fraction": float("nan")}, "pseudo_fraction"),
            ({"target_fraction": date(2025, 1, 1)}, "'episode.target_fraction' = '2025-01-01'"),
        ],
    )
    def test_a_wrong_value_names_file_key_and_reason(self, changes, complaint):
        with pytest.raises(UserError, match=f"^params.yaml: .*{complaint}"):
            episode_section(**changes)

    def test_a_missing_key(self):
        params = Params({"episode": {}}, Path("params.yaml"))
        with pytest.raises(UserError, match=r"^params\.yaml: 'episode\.target' is missing$"):
            params.section(EpisodeParams)

    def test_a_slip_in_a_name(self):
        params = Params({"episode": {"tagret": "few"}}, Path("params.yaml"))
        with pytest.raises(UserError, match=r"target' is missing; mend the name of 'tagret'$"):
            params.section(EpisodeParams)

    @pytest.mark.parametrize("tree", [{}, {"episode": 3}, {"episode": None}, {"episode": []}])
    def test_a_missing_section(self, tree):
        with pytest.raises(UserError, match="section 'episode' is missing or not a mapping"):
            Params(tree, Path("params.yaml")).section(EpisodeParams)

    def test_an_unknown_section_counts_as_an_unknown_key(self):
        tree = {"seed": 0, "threads": 2, "device": "auto", "episodes": EPISODE}
        with pytest.raises(UserError, match="'episodes' is not a known parameter"):
            Params(tree, Path("params.yaml")).section(RunParams)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("seed", -1), ("seed", 2**32), ("threads", 0), ("device", "gpu"), ("device", "cuda:")],
    )
    def test_keys_outside_sections(self, key, value):
        tree = {"seed": 0, "threads": 2, "device": "cuda:1"}
        Params(tree, Path("params.yaml")).section(RunParams)
        with pytest.raises(UserError, match=f"params.yaml: '{key}' = "):
            Params({**tree, key: value}, Path("params.yaml")).section(RunParams)

    def test_sections_do_not_change(self):
        with pytest.raises(ValueError, match="frozen"):
            episode_section().target_fraction = 0.1


class _Gap(Section):
    key = "gap"

    width: float


@pytest.fixture
def params_file(tmp_path):
    """A function that writes the repository's params.yaml with some text replaced."""

    def write(old="", new=""):
        path = tmp_path / "params.yaml"
        write_shipped(path)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def set_key(path, section, key, value):
    yaml = YAML()
    tree = yaml.load(path)
    tree[section][key] = value
    yaml.dump(tree, path)


class TestFile:
    def test_the_defaults_pass(self, params_file):
        params = load_params(params_file())
        assert params.section(ModelParams).variant == "xshot"

    @pytest.mark.shipped
    def test_an_experiment_changes_its_own_line_and_no_more(self, tmp_path):
        path = tmp_path / "params.yaml"
        shutil.copy(ROOT / "params.yaml", path)
        before = path.read_text()
        apply_overrides(path, ["model.k_shot=1"])
        assert path.read_text() == before.replace("k_shot: 3  ", "k_shot: 1  ")
        apply_overrides(path, ["model.k_shot=3"])
        assert path.read_text() == before

    @pytest.mark.parametrize(
        "name", ["zoë", "照片", "a (1)", "it's", "a,b", "a#1=2", "~", "{a}&[b]"]
    )
    def test_readme_says_how_any_folder_is_named_after_s(self, tmp_path, name):
        path = shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml")
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        (form,) = re.findall(r"-S '(data\.root=.*?)'", readme)
        apply_overrides(path, [form.replace("/path/to/pictures", f"/home/{name}")])
        assert load_params(path).section(DataParams).root == f"/home/{name}"

    @pytest.mark.parametrize("number", ["1e-05", "1E-5", "0.00001", "1.0e-05"])
    def test_a_small_number_is_a_number_in_any_notation(self, params_file, number):
        path = params_file("projector:\n", "projector:\n  # a comment\n")
        text = path.read_text()
        before = f"lr: {YAML(typ='safe').load(text)['projector']['lr']}"
        head, tail = text.split("projector:\n", 1)
        path.write_text(f"{head}projector:\n{tail.replace(before, f'lr: {number}', 1)}")
        assert load_params(path).section(ProjectorParams).lr == 1e-5

    def test_a_slip_in_another_section_stops_every_stage(self, params_file):
        path = params_file()
        set_key(path, "evaluate", "bootstraps", 5)
        with pytest.raises(UserError, match=r"'evaluate\.bootstraps' is not a known parameter"):
            load_params(path)

    def test_an_absent_file(self, tmp_path):
        with pytest.raises(UserError, match=r"No such file.*run from the repository's root"):
            load_params(tmp_path / "params.yaml")

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("a: [1", "not valid YAML"),
            ("seed: 1\nseed: 2", "not valid YAML"),
            ("- 1\n- 2", "expected a mapping of sections"),
            ("", "expected a mapping of sections"),
            (b"\xff\xfe\x00", "not UTF-8 text"),
        ],
    )
    def test_a_file_of_something_else(self, tmp_path, content, complaint):
        path = tmp_path / "params.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(UserError, match=complaint):
            load_params(path)


class TestOtherFiles:
    """Files with a schema of their own, such as the sweep's params."""

    class Seeds(BaseModel):
        seeds: tuple[int, ...]

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("seeds: [2024-01-01]", "'seeds.0' = '2024-01-01': Input should be a valid integer"),
            ("seeds: [1.5]", "'seeds.0' = 1.5"),
            ("? [2]\n: 1", "keys must be str"),
            ("{}", "'seeds' is missing"),
        ],
    )
    def test_a_wrong_value_names_file_key_and_reason(self, tmp_path, content, complaint):
        path = tmp_path / "sweep.yaml"
        path.write_text(content)
        with pytest.raises(UserError, match=f"sweep.yaml: {complaint}"):
            read_checked(path, self.Seeds)
