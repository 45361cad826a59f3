"""Names and texts that steer a terminal, or that a terminal cannot show."""

import os

NAMES = {
    "escape": "\x1b[31mred\x1b[0m",
    "bell": "a\x07b",
    "eight-bit escape": "\x9b2J",
    "deleted": "a\x7fb",
    "turned round": "gpj.\u202eexe",
    "isolated": "\u2066a\u2069",
    "separator": "a\u2028b",
    "mark": "\ufeffa",
    "invisible": "a\u2060b",
    "not UTF-8": os.fsdecode(b"caf\xe9"),
    "two lines": "a\nb",
    "family": "👨\u200d👩\u200d👧",
    "from the right": "שלום عالم",
    "marks": "e" + "\u0301" * 40,
}
