"""The report's colours, by what they stand for, in a light and a dark theme.

Every colour reads on both of its theme's backgrounds (`page` and `panel`) at WCAG's 4.5 : 1, for
words and lines alike. `grid` only decorates.
"""

LIGHT = {
    "page": "#ffffff",
    "panel": "#f4f6f8",
    "grid": "#cfd6dd",
    "ink": "#1a1f25",
    "muted": "#55606b",
    "clip": "#626b75",
    "model": "#0a55bf",
    "target": "#944300",
    "source": "#00665c",
    "right": "#0f6a39",
    "wrong": "#b3231b",
}

DARK = {
    "page": "#11151a",
    "panel": "#1b2129",
    "grid": "#3a444f",
    "ink": "#e7ebef",
    "muted": "#a8b2bd",
    "clip": "#b3bcc6",
    "model": "#7ab1ff",
    "target": "#ffb070",
    "source": "#62d2c3",
    "right": "#68d395",
    "wrong": "#ff9d95",
}

BACKGROUNDS = ("page", "panel")

# Figures are drawn in these stand-ins, which occur in no drawing otherwise.
_STAND_INS = {name: f"#fe01{place:02x}" for place, name in enumerate(LIGHT)}


def stand_in(name: str) -> str:
    """What to draw with so that the finished figure has the colour `name` of either theme."""
    return _STAND_INS[name]


def themed(svg: str) -> str:
    """Replace the stand-ins of a drawing by the page's custom properties."""
    for name, colour in _STAND_INS.items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg


def custom_properties(theme: dict[str, str]) -> str:
    """The theme as CSS declarations."""
    return " ".join(f"--{name}: {colour};" for name, colour in theme.items())
