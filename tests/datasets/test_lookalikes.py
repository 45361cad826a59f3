import pytest

from xshot.datasets.lookalikes import lookalikes


@pytest.mark.parametrize(
    "names",
    [
        ("Cat", "cat"),
        ("traffic light", "traffic  light"),
        ("traffic light", "traffic\u00a0light"),
        ("cat", " cat"),
        ("caf\u00e9", "cafe\u0301"),
        ("cat", "\uff43\uff41\uff54"),
        ("cat", "ca\u200bt"),
        ("cat", "\ufeffcat"),
        ("stra\u00dfe", "STRASSE"),
        ("7", "7.0", "07", "7,0", "+7", "7e0"),
        ("100000", "1e5", "1E+05"),
        ("0.5", "5e-1"),
    ],
)
def test_names_that_look_the_same(names):
    assert lookalikes([*names, "dog"]) == [sorted(names)]


def test_names_that_a_reader_tells_apart():
    assert (
        lookalikes(
            [
                "cat",
                "cats",
                "c at",
                "café",
                "cafe",
                "5",
                "５ a",
                "50",
                "5.5",
                "-5",
                "5.5.",
                "5e9999",
            ]
        )
        == []
    )
