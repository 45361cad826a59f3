"""Texts to sentences, by rule: no model of any language, and no character lost but white space."""

import re

_END = re.compile(
    r"""[.!?…]+["'”’)\]]*\s+(?![a-z])  # what follows an abbreviation is often not capital
      | [。！？]+["”’」』]*\s*
      | \n\s*\n""",
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(.])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Rev|Gen|Col|Capt|Lt|Sgt|St|Mt|Jr|Sr|No|vs|ca|cf|"
    r"approx|Inc|Ltd|Co|Corp)\.\s+$"
)
_LONGEST_ABBREVIATION = 16


def split_sentences(text: str) -> list[str]:
    """The sentences of `text` in order, without the space around them; at least one."""
    sentences, start = [], 0
    for match in _END.finditer(text):
        end = match.end()
        if _ABBREVIATION.search(text, max(start, end - _LONGEST_ABBREVIATION), end):
            continue
        sentences.append(text[start:end].strip())
        start = end
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence] or [text]
