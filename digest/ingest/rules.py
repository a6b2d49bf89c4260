"""The rules of topics as people type them, such as `gallium:4, export controls:3`."""

from __future__ import annotations

import re
from typing import Final

from digest.errors import InputError

#: The weight of a keyword that is given without one.
DEFAULT_WEIGHT: Final = 2
#: From 0, a phrase that says nothing where one of its words alone would, to 9, decisive in itself.
WEIGHTS: Final = range(10)
_SEPARATOR: Final = re.compile(r"[,，、\n]")
_COLON: Final = re.compile(r"[:：]")


def parse_rules(text: str) -> dict[str, int]:
    """Keywords and phrases with weights, separated by commas or line ends; the weight is 2 when not given.

    Raises InputError for a keyword without a letter or digit, one given twice, and a weight that is none.
    """
    rules: dict[str, int] = {}
    seen: set[str] = set()
    for part in filter(None, map(str.strip, _SEPARATOR.split(text))):
        keyword, weight = _parse_rule(part)
        if keyword.casefold() in seen:
            raise InputError(f"keyword {keyword!r} is given twice: keep one of them")
        seen.add(keyword.casefold())
        rules[keyword] = weight
    return rules


def _parse_rule(text: str) -> tuple[str, int]:
    words, *weights = _COLON.split(text)
    keyword = " ".join(words.split())
    if not any(character.isalnum() for character in keyword):
        raise InputError(f"rule {text!r} holds no keyword: write it as gallium, or gallium:4")
    if not weights:
        return keyword, DEFAULT_WEIGHT
    weight = weights[0].strip()
    if len(weights) > 1 or not re.fullmatch("[0-9]", weight):
        raise InputError(
            f"weight {':'.join(weights).strip()!r} of keyword {keyword!r} is not a whole number from "
            f"{WEIGHTS[0]} to {WEIGHTS[-1]}: write it as {keyword}:{DEFAULT_WEIGHT}"
        )
    return keyword, int(weight)
