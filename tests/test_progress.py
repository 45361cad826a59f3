"""Progress passes items on untouched and tells how far they are."""

import io
import itertools
import logging
import sys

import pytest

from xshot import progress as module
from xshot.progress import progress, showing


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves two seconds each time it is read."""
    ticks = itertools.count(step=2.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(ticks)))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(count):
    return list(progress(iter(range(count)), total=count, unit="img", label="images"))


@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_items_pass_in_order(monkeypatch, stream, count):
    monkeypatch.setattr(sys, "stderr", stream())
    assert run(count) == list(range(count))


def test_lines_off_a_terminal_have_rate_and_time_left(clock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO):
        run(9)
    # The clock starts with the first item, at 0; a line at 6 and 12 seconds.
    assert caplog.messages == [
        "images: 4 of 9, 0.5 img/s, 0:10 left",
        "images: 7 of 9, 0.5 img/s, 0:04 left",
        "images: all 9 done in 0:18",
    ]


def test_what_takes_no_time_says_nothing(caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO):
        run(100)
    assert caplog.messages == []


def test_of_loops_inside_each_other_both_tell_how_far_they_are(clock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO):
        for _ in progress(range(3), total=3, unit="trial", label="outer"):
            run(9)
    assert {message.split(":")[0] for message in caplog.messages} == {"outer", "images"}


def test_a_quick_loop_draws_no_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run(100)
    assert terminal.getvalue() == ""


def test_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(module, "_SECONDS_BEFORE_BAR", 0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run(7)
    assert "images: 100%" in terminal.getvalue()
    assert "img/s" in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3725, "1:02:05")]
)
def test_durations(seconds, shown):
    assert module._clock(seconds) == shown


def test_stops_when_the_loop_does():
    closed = []

    def items():
        try:
            yield from range(10)
        finally:
            closed.append(True)

    for _ in progress(items(), total=10, unit="img", label="images"):
        break
    assert closed == [True]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
@pytest.mark.parametrize("shown", [True, False])
def test_bars_can_be_asked_for_or_not_wherever_that_is(clock, caplog, monkeypatch, shown, stream):
    monkeypatch.setattr(module, "_SECONDS_BEFORE_BAR", 0.0)
    monkeypatch.setattr(sys, "stderr", stream())
    with caplog.at_level(logging.INFO):
        with showing(shown):
            assert run(9) == list(range(9))
        assert bool(sys.stderr.getvalue()) == shown
        assert caplog.text == ""
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        run(9)
    assert "images: all 9 done" in caplog.text
