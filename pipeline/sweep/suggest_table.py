"""What annotators were asked and what came of it: `python -m pipeline.sweep.suggest_table SET`.

results/suggest.csv alone says what suggest.md and suggest.svg are made of.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.sweep.rows import Asked, asked_path, read_asked, read_sweep_params, write_rows
from pipeline.sweep.sets import read_set
from xshot.errors import UserError, one_line_errors
from xshot.report.questions import Line, draw_map_by_questions
from xshot.retrieval.significance import holm, sign_flip_p, t_interval
from xshot.store.atomic import write_text

OURS, RANDOM, CEILING = "suggested", "drawn", "covering"


@dataclass(frozen=True)
class Study:
    """What the annotators' rows hold.

    Attributes:
        seeds: ascending.
        shots: ascending.
        arms: in the order that they were run.
        values: by variant, shot, arm and gallery: mAP of each seed.
        questions: by shot and arm: questions per class, of each seed.
    """

    seeds: tuple[int, ...]
    shots: tuple[int, ...]
    arms: tuple[str, ...]
    values: dict[tuple[str, int, str, str], list[float]]
    questions: dict[tuple[int, str], list[float]]

    def gains(self, variant: str, k_shot: int, other: str) -> NDArray[np.float64]:
        """Target mAP of suggested pictures minus that of others, by seed."""
        values = self.values
        ours, theirs = (values[variant, k_shot, arm, "target"] for arm in (OURS, other))
        return np.subtract(ours, theirs)


def main(name: str) -> None:
    """Write suggest.csv, suggest.md and suggest.svg of the data set `name`."""
    chosen, results = read_sweep_params().suggest, Path(read_set(name).results)
    if len(chosen.seeds) < 2:
        raise UserError("pipeline/sweep/params.yaml: intervals need at least two seeds")
    rows = [row for seed in chosen.seeds for row in read_asked(asked_path(name, seed))]
    write_rows(results / "suggest.csv", rows)
    write_text(results / "suggest.md", table(rows))
    write_text(results / "suggest.svg", picture(rows))


def collect(rows: Sequence[Asked], variant: str) -> Study:
    """The rows of one variant."""
    own = sorted((row for row in rows if row.variant == variant), key=lambda row: row.seed)
    values, questions = defaultdict(list), defaultdict(list)
    for row in own:
        values[variant, row.k_shot, row.arm, row.gallery].append(row.value)
        if row.gallery == "target":
            questions[row.k_shot, row.arm].append(row.questions)
    return Study(
        seeds=tuple(sorted({row.seed for row in own})),
        shots=tuple(sorted({row.k_shot for row in own})),
        arms=tuple(dict.fromkeys(row.arm for row in own)),
        values=dict(values),
        questions=dict(questions),
    )


def table(rows: Sequence[Asked]) -> str:
    """Markdown: for each variant mAP, questions and paired differences."""
    lines = [
        "An annotator says yes or no about one picture after the other until each target class "
        "has K confirmed ones. `suggested`: asked about what XShot suggests. `name`: about the "
        "pictures closest to the class's name. `name, same questions`: likewise, until as many "
        "questions are spent on the class as suggestions took for K. `drawn`: K confirmed "
        "pictures drawn at random, with the questions that asking at random takes on average. "
        "`covering`: facility location by someone who knows the members, a ceiling. ± is the "
        "half-width of the 95% t-interval over seeds; differences are paired by seed, *p* is the "
        "exact sign-flip test, Holm-adjusted within a column."
    ]
    for variant in dict.fromkeys(row.variant for row in rows):
        study = collect(rows, variant)
        lines += ["", f"## `{variant}`, seeds {study.seeds[0]} to {study.seeds[-1]}", ""]
        lines += _section(study, variant)
    return "\n".join(lines) + "\n"


def picture(rows: Sequence[Asked]) -> str:
    """The SVG: a panel for each variant."""
    panels = {}
    for variant in dict.fromkeys(row.variant for row in rows):
        study = collect(rows, variant)
        panels[variant] = [
            Line(
                arm,
                [float(np.mean(study.questions[k, arm])) for k in study.shots],
                [float(np.mean(study.values[variant, k, arm, "target"])) for k in study.shots],
            )
            for arm in study.arms
        ]
    return draw_map_by_questions(panels)


def _section(study: Study, variant: str) -> Iterator[str]:
    for title, gallery in (("Target mAP", "target"), ("Generalized mAP", "generalized")):
        yield from _header(study, title)
        for arm in study.arms:
            intervals = (
                t_interval(study.values[variant, k_shot, arm, gallery]) for k_shot in study.shots
            )
            yield _line(arm, (f"{mean:.3f} ± {half:.3f}" for mean, half in intervals))
        yield ""
    yield from _header(study, "Questions per picture")
    for arm in study.arms:
        means = (np.mean(study.questions[k_shot, arm]) / k_shot for k_shot in study.shots)
        yield _line(arm, (f"{mean:.2f}" for mean in means))
    yield ""
    yield from _header(study, "Target mAP: `suggested` minus each")
    yield from _differences(study, variant)
    if {RANDOM, CEILING} <= set(study.arms):
        shares = (_share(study, variant, k_shot) for k_shot in study.shots)
        yield _line("share of the ceiling's gain over `drawn`", shares)


def _differences(study: Study, variant: str) -> Iterator[str]:
    others = [arm for arm in study.arms if arm != OURS]
    columns = []
    for k_shot in study.shots:
        gains = [study.gains(variant, k_shot, arm) for arm in others]
        adjusted = holm([sign_flip_p(gain) for gain in gains])
        columns.append(
            [
                "{:+.3f} ± {:.3f} (p {:.3f})".format(*t_interval(gain), p)
                for gain, p in zip(gains, adjusted, strict=True)
            ]
        )
    for arm, cells in zip(others, zip(*columns, strict=True), strict=True):
        yield _line(arm, cells)


def _share(study: Study, variant: str, k_shot: int) -> str:
    """Of the mean gain over drawn pictures that full knowledge brings, the part reached.

    A dash where that gain is within its interval of nothing.
    """
    ours = study.gains(variant, k_shot, RANDOM)
    most, half = t_interval(ours - study.gains(variant, k_shot, CEILING))
    return f"{ours.mean() / most:.0%}" if most > half else "–"


def _header(study: Study, title: str) -> list[str]:
    shots = " | ".join(f"K = {k_shot}" for k_shot in study.shots)
    return [f"| {title} | {shots} |", "|---" * (1 + len(study.shots)) + "|"]


def _line(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    with one_line_errors():
        if len(sys.argv) != 2:
            raise UserError("one word is needed: the data set's name; or run `make suggest`")
        main(sys.argv[1])
