"""What a person calls each class of the `openmoji` dataset.

The classes are Unicode's emoji subgroups with at least 12 members; their names become the class
prompts, which are all that a model knows of a target class at K = 0. The table was written from
the meaning of the members alone, before any score had been computed with it, and is frozen since:
a better-scoring wording is not a reason to change it.
"""

from collections.abc import Mapping
from types import MappingProxyType

CLASS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "animal-bird": "bird",
        "animal-bug": "insect",
        "animal-mammal": "mammal",
        "animal-marine": "sea animal",
        "arrow": "arrow",
        "av-symbol": "media player button",
        "body-parts": "body part",
        "book-paper": "book or paper",
        "clothing": "clothing",
        "computer": "computer equipment",
        "drink": "drink",
        "emotion": "comic emotion symbol",
        "event": "celebration",
        "face-concerned": "worried face",
        "face-neutral-skeptical": "skeptical face",
        "face-smiling": "smiling face",
        "face-unwell": "sick face",
        "food-asian": "Asian food",
        "food-fruit": "fruit",
        "food-prepared": "prepared food",
        "food-sweet": "dessert",
        "food-vegetable": "vegetable",
        "game": "game or toy",
        "geometric": "geometric shape",
        "heart": "heart",
        "household": "household item",
        "light-and-video": "light or video equipment",
        "mail": "mail",
        "musical-instrument": "musical instrument",
        "office": "office supplies",
        "other-symbol": "symbol",
        "person": "person",
        "person-activity": "person doing something",
        "person-fantasy": "fantasy character",
        "person-role": "person with a profession",
        "person-sport": "person doing sports",
        "place-building": "building",
        "place-other": "scenic place",
        "plant-flower": "flower",
        "plant-other": "plant",
        "religion": "religious symbol",
        "sky-and-weather": "sky and weather",
        "sport": "sports equipment",
        "time": "clock",
        "tool": "tool",
        "transport-air": "aircraft",
        "transport-ground": "land vehicle",
        "transport-sign": "public information sign",
        "warning": "warning sign",
        "zodiac": "zodiac sign",
    }
)
