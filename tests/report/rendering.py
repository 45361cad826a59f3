"""The report page of a small outcome, and a parser of it."""

from html.parser import HTMLParser

import numpy as np

from tests.report.outcomes import DIMENSIONS, unit
from xshot.report.generation import Generation
from xshot.report.outcome import MODALITIES
from xshot.report.page import RunFacts, render_page
from xshot.report.series import make_series
from xshot.vaegan.quality import Quality

MAPS = {"target": 0.5, "source": 0.4, "generalized": 0.3, "generalized_source": 0.2}
FACTS = RunFacts(
    dataset="animals",
    encoder="small-clip",
    variant="xshot",
    k_shot=3,
    seed=42,
    chosen="projection of 100 steps",
    notes=("only 4 source classes",),
    tried=({"words": "raw CLIP", "maps": MAPS, "behind": 0.125, "error": 0.02, "chosen": False},),
)
VOID = {"meta", "img", "br", "link", "path", "use", "image", "rect", "line", "stop"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of every element."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if not {"style", "svg"} & set(self.open):
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def generation(rng):
    real, pseudo = (
        {m: unit(rng.normal(size=(rows, DIMENSIONS))) for m in MODALITIES} for rows in (20, 30)
    )
    scores = Quality(0.25, (0.375, 0.625), 0.8, 0.7, 0.6, 1.5, 0.375)
    return Generation(real, pseudo, {modality: {"trained": scores} for modality in MODALITIES})


def curves():
    steps = np.arange(10.0)
    return {
        "train_vaegan": {"step": steps, "kl": 1 / (steps + 1)},
        "train_projector": {"step": steps, "contrast": 2 / (steps + 1)},
    }


def render(outcome, pairs, **changes):
    arguments = {
        "facts": FACTS,
        "outcome": outcome,
        "series": make_series(outcome),
        "curves": curves(),
        "generation": generation(np.random.default_rng(2)),
        "pairs": pairs,
    }
    return render_page(**{**arguments, **changes})
