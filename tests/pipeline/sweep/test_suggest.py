"""The study of annotators: by hand, and run for real on a small data set."""

from collections import Counter

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy import stats

from pipeline.sweep.annotators import Hidden, by_covering, by_name, by_suggestion
from pipeline.sweep.rows import Asked, asked_path, read_asked, write_rows
from pipeline.sweep.suggest import kept_out
from pipeline.sweep.suggest_table import picture, table
from xshot.episode.episode import Rows
from xshot.episode.training_set import Centring
from xshot.suggestion.names import Names
from xshot.suggestion.suggest import Pool

DRAWN, OURS, CEILING = (0.40, 0.44, 0.42), (0.43, 0.46, 0.44), (0.46, 0.47, 0.46)


def made_up(ceiling=CEILING) -> list[Asked]:
    return [
        Asked(seed, 1, "posterior", arm, questions, gallery, value)
        for arm, questions, values in (
            ("drawn", 30.0, DRAWN),
            ("suggested", 1.5, OURS),
            ("covering", 1.0, ceiling),
        )
        for gallery in ("target", "generalized")
        for seed, value in enumerate(values)
    ]


def test_the_table_by_hand():
    made = table(made_up())
    gains = np.subtract(OURS, DRAWN)
    half = stats.t.ppf(0.975, 2) * stats.sem(gains)
    assert f"| drawn | {gains.mean():+.3f} ± {half:.3f} (p 0.500) |" in made
    share = gains.mean() / np.subtract(CEILING, DRAWN).mean()
    assert f"gain over `drawn` | {share:.0%} |" in made
    assert "| suggested | 1.50 |" in made


def test_no_share_of_a_gain_that_may_be_none():
    assert "gain over `drawn` | – |" in table(made_up(ceiling=(0.39, 0.45, 0.42)))


def test_a_picture_is_drawn_the_same_every_time():
    first = picture(made_up())
    assert first == picture(made_up())
    assert "questions per target class" in first


def test_rows_are_read_as_written(tmp_path):
    write_rows(tmp_path / "rows.csv", made_up())
    assert read_asked(tmp_path / "rows.csv") == made_up()


def test_the_pool_takes_no_more_than_half_of_a_source_class():
    labels = tuple((f"c{row % 3}",) for row in range(30)) + (("c0", "c1"),) * 4
    rows = Rows(tuple(f"r{row:02d}" for row in range(34)), labels)
    counts = Counter(name for names in labels for name in names)
    out = kept_out(rows, 100, seed=0)
    taken = Counter(
        name for row, names in zip(rows.ids, labels, strict=True) for name in names if row in out
    )
    assert all(taken[name] <= counts[name] // 2 for name in counts)
    assert len(out) >= 14
    assert len(kept_out(rows, 6, seed=0)) == 6


@pytest.fixture
def hidden():
    rng = np.random.default_rng(0)
    prompts = np.eye(3, 8)
    labels = np.eye(3, dtype=bool)[rng.integers(0, 3, 40)]
    noisy = labels @ prompts + 0.5 * rng.normal(size=(2, 40, 8))
    image, text = (noisy / np.linalg.norm(noisy, axis=2, keepdims=True)).astype(np.float32)
    nothing = np.zeros(8, np.float32)
    pool = Pool({"image": image, "text": text}, Centring(nothing, nothing))
    names = Names(prompts.astype(np.float32), {"image": 8.0, "text": 8.0})
    return Hidden(pool, names, labels)


@pytest.mark.parametrize("method", [by_name, by_suggestion, by_covering])
def test_every_method_finds_all_members_and_counts_its_questions(hidden, method):
    found = list(method(hidden, 1))
    assert {each.row for each in found} == set(np.flatnonzero(hidden.members[:, 1]))
    questions = [each.questions for each in found]
    assert questions == sorted(set(questions))
    assert questions[-1] <= len(hidden.pool)


def test_the_ranking_by_name_is_by_the_sum_of_cosines(hidden):
    scores = sum(rows[:, 1] for rows in hidden.pool.features.values())
    order = [row for row in np.argsort(-scores) if hidden.members[row, 1]]
    assert [each.row for each in by_name(hidden, 1)] == order


def test_run_for_real(finished):
    params = finished.path / "pipeline/sweep/params.yaml"
    original = params.read_text()
    tree = YAML().load(original)
    tree["suggest"] = {"seeds": [0], "shots": [1, 2], "variants": ["posterior"]}
    with params.open("w") as file:
        YAML().dump(tree, file)
    try:
        finished.python("-m", "pipeline.sweep.suggest", "0", "raw")
        path = finished.path / asked_path("raw", 0)
        first = path.read_bytes()
        finished.python("-m", "pipeline.sweep.suggest", "0", "raw")
    finally:
        params.write_text(original)
    assert path.read_bytes() == first
    rows = read_asked(path)
    assert {row.arm for row in rows} == {
        "drawn", "name", "name, same questions", "suggested", "covering",
    }  # fmt: skip
    assert all(0 <= row.value <= 1 for row in rows)
    assert all(row.questions >= row.k_shot for row in rows)
