import csv

import numpy as np
import pytest

from tests.report.outcomes import CLASSES, make_outcome
from tests.retrieval.oracles import average_precision, relevance_in_order
from xshot.errors import UserError
from xshot.report.series import make_series, read_columns, write_series


@pytest.mark.parametrize("several_labels", [False, True])
def test_class_ap_is_the_mean_over_the_classs_queries_in_both_directions(several_labels):
    outcome = make_outcome(several_labels=several_labels)
    table = make_series(outcome).class_ap
    assert sorted(row.name for row in table) == list(CLASSES)
    for row in table:
        column = CLASSES.index(row.name)
        assert row.kind == ("target" if outcome.is_target[column] else "source")
        gallery = outcome.evaluation.galleries[row.kind]
        for system, value in (("clip", row.clip), ("model", row.model)):
            means = []
            for direction in ("i2t", "t2i"):
                task = gallery.task(outcome.systems[system], direction)
                queries = np.flatnonzero(task.query_labels[:, column])
                ranked = [relevance_in_order(task, query) for query in queries]
                means.append(np.mean([average_precision(hits) for hits in ranked if any(hits)]))
            assert value == pytest.approx(np.mean(means), abs=1e-9)


def test_class_ap_is_sorted_by_gain(outcome):
    gains = [row.gain for row in make_series(outcome).class_ap]
    assert gains == sorted(gains, reverse=True)
    assert len(set(gains)) > 1


def test_precision_recall_starts_at_the_best_precision_and_never_rises(outcome):
    curves = make_series(outcome).precision_recall
    np.testing.assert_array_equal(curves["recall"], np.arange(101) / 100)
    for system in ("clip", "model"):
        for direction in ("i2t", "t2i"):
            curve = curves[f"{system}_{direction}"]
            assert (np.diff(curve) <= 1e-12).all()
            task = outcome.evaluation.galleries["target"].task(outcome.systems[system], direction)
            # At full recall: the precision where the last relevant item stands.
            ranked = [relevance_in_order(task, query) for query in range(len(task.queries))]
            last = [sum(hits) / (len(hits) - hits[::-1].index(True)) for hits in ranked]
            assert curve[-1] == pytest.approx(np.mean(last))


def test_gate_shares_count_every_row_of_a_kind_once(outcome):
    gates = make_series(outcome).gates
    width = gates["gate"][1] - gates["gate"][0]
    for kind, wanted in (("target", outcome.is_target), ("source", ~outcome.is_target)):
        rows = (outcome.labels & wanted).any(axis=1)
        for modality, values in outcome.gates.items():
            shares = gates[f"{kind}_{modality}"]
            assert shares.sum() == pytest.approx(1)
            inside = np.abs(values[rows][:, None] - gates["gate"]) < width / 2
            np.testing.assert_allclose(shares, inside.mean(axis=0), atol=1e-9)


def test_gates_at_the_ends_of_their_range_are_counted():
    outcome = make_outcome()
    outcome.gates["image"][:] = 1
    outcome.gates["text"][:] = 0
    gates = make_series(outcome).gates
    assert gates["target_image"][-1] == 1
    assert gates["target_text"][0] == 1


def test_a_variant_without_gate_has_a_header_and_no_rows(tmp_path):
    write_series(tmp_path, make_series(make_outcome(gates=False)))
    text = (tmp_path / "gates.csv").read_text()
    assert text == "gate,target_image,source_image,target_text,source_text\n"
    columns = read_columns(tmp_path / "gates.csv")
    assert list(columns) == text.strip().split(",")
    assert all(len(column) == 0 for column in columns.values())


def test_files_hold_the_series_rounded_and_the_same_bytes_every_time(outcome, tmp_path):
    series = make_series(outcome)
    write_series(tmp_path / "one", series)
    write_series(tmp_path / "two", make_series(make_outcome()))
    names = ["class_ap.csv", "gates.csv", "precision_recall.csv"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    for name in ("gates", "precision_recall"):
        stored = read_columns(tmp_path / "one" / f"{name}.csv")
        expected = getattr(series, name)
        assert list(stored) == list(expected)
        for column in expected:
            np.testing.assert_allclose(stored[column], expected[column], atol=6e-6)
    with (tmp_path / "one" / "class_ap.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["class", "kind", "clip", "model", "gain"]
    assert [row["class"] for row in rows] == [row.name for row in series.class_ap]
    assert float(rows[0]["gain"]) == pytest.approx(series.class_ap[0].gain, abs=6e-6)


def test_empty_cells_of_a_training_curve_are_gaps(tmp_path):
    (tmp_path / "curves.csv").write_text("step,critic,kl\n0,1.5,\n1,,2e-3\n")
    columns = read_columns(tmp_path / "curves.csv")
    np.testing.assert_array_equal(columns["step"], [0, 1])
    np.testing.assert_array_equal(columns["critic"], [1.5, np.nan])
    np.testing.assert_array_equal(columns["kl"], [np.nan, 0.002])


@pytest.mark.parametrize("text", [None, "", "step,kl\n0,many\n", "step,kl\n0\n", "step\n\x00\n"])
def test_a_damaged_training_curve_is_one_line_that_names_it(tmp_path, text):
    if text is not None:
        (tmp_path / "curves.csv").write_text(text)
    with pytest.raises(UserError, match=r"curves\.csv: cannot be read .*re-run"):
        read_columns(tmp_path / "curves.csv")
