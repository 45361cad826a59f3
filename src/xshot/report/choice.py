"""What `select` chose and what else it tried, in words and as the rows of a table."""

from typing import Any

from xshot.projector.choice import Choice, Selection
from xshot.variants import Variant


def member_words(choice: Choice, variant: Variant) -> str:
    """A member of the variant's family in a few words."""
    parts = choice.parts_of(variant)
    words = [_features_words(choice, parts)]
    if choice.joined and parts.coordinates != "none":
        words.append("Tip-Adapter's posterior" if parts.coordinates == "tip" else "class posterior")
    return " + ".join(words)


def member_rows(selection: Selection, variant: Variant) -> list[dict[str, Any]]:
    """One row per member that was tried, best first."""
    chosen = member_words(selection.choice, variant)
    rows = [
        {
            "words": member_words(trial.choice, variant),
            "maps": trial.maps,
            "behind": trial.behind,
            "error": trial.error,
        }
        for trial in sorted(selection.trials, key=lambda trial: trial.behind)
    ]
    return [row | {"chosen": row["words"] == chosen} for row in rows]


def _features_words(choice: Choice, parts: Variant) -> str:
    if not parts.projector:
        if not parts.centring or choice.centring == 0:
            return "raw CLIP"
        return "centred" if choice.centring == 1 else f"{choice.centring:g} centred"
    words = f"projection of {choice.steps} steps"
    if parts.gate and choice.gate != 1:
        words += f", gate × {choice.gate:g}"
    return words + (", generation" if parts.generation else "")
