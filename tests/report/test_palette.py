import pytest

from xshot.report.palette import BACKGROUNDS, DARK, LIGHT, custom_properties, stand_in, themed


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2.2, relative luminance and contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_and_white_is_the_standards_own():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_reads_on_both_backgrounds(theme, background):
    for name in set(theme) - {*BACKGROUNDS, "grid"}:
        assert contrast(theme[name], theme[background]) >= 4.5, name


def test_the_themes_have_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    assert len({stand_in(name) for name in LIGHT}) == len(LIGHT)


def test_stand_ins_become_the_custom_properties_that_the_themes_declare():
    drawing = " ".join(stand_in(name) for name in LIGHT)
    assert themed(drawing) == " ".join(f"var(--{name})" for name in LIGHT)
    for name, colour in DARK.items():
        assert f"--{name}: {colour};" in custom_properties(DARK)
