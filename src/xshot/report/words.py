"""Sentences that say what the numbers of this run show."""

from typing import Any

from xshot.report.outcome import KINDS, MODALITIES, Outcome
from xshot.report.series import ClassAp


def verdict(metrics: dict[str, Any], kind: str) -> str:
    """What the model changes on the classes of one kind, as far as the interval allows to say."""
    clip, model = (metrics[system][kind]["avg"]["map"] for system in ("clip", "model"))
    gain, half = metrics["gain"][kind]["map"], metrics["gain"][kind].get("ci95")
    amount = f"{gain:+.3f}" if half is None else f"{gain:+.3f} ± {half:.3f}"
    if gain == 0:
        change = "no difference"
    elif half is not None and abs(gain) <= half:
        change = f"no clear difference ({amount})"
    else:
        change = f"a {'gain' if gain > 0 else 'loss'} of {amount}"
    return (
        f"{kind.capitalize()} classes: raw CLIP reaches an mAP of {clip:.3f}, "
        f"the model {model:.3f}; {change}."
    )


def class_words(rows: tuple[ClassAp, ...]) -> str:
    """On how many classes of each kind the model is ahead."""
    parts = []
    for kind in KINDS:
        gains = [row.gain for row in rows if row.kind == kind]
        parts.append(f"{sum(gain > 0 for gain in gains)} of {len(gains)} {kind} classes")
    return f"The model is ahead of raw CLIP on {parts[0]} and on {parts[1]}."


def gate_words(outcome: Outcome) -> str:
    """The mean gate of each modality and kind of class."""
    rows_of_kind = outcome.rows_of_kind
    means = [
        ", ".join(
            f"{outcome.gates[modality][rows_of_kind[kind, modality]].mean():.2f} for {kind} classes"
            for kind in KINDS
        )
        for modality in MODALITIES
    ]
    return (
        f"0 keeps CLIP, 1 takes the projection. On average, images: {means[0]}; texts: {means[1]}. "
        "Where target classes stand left of source classes, the gate protects what it was not "
        "trained on."
    )
