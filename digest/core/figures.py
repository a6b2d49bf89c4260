"""The figures that a text names: amounts, shares and days, which agree with their rounder forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a figure counts."""

    #: percent
    SHARE = "%"
    #: money, people, kilograms, anything
    AMOUNT = "#"
    #: month * 100 + day
    DAY = "day"
    #: the quarter of a year, 1 to 4
    QUARTER = "quarter"
    #: 1 is Monday
    WEEKDAY = "weekday"


class Figure(NamedTuple):
    """One figure: 4.8 billion is an amount of 4800000000 that was told to two digits."""

    kind: Kind
    value: Decimal
    #: digits that were said, without zeros at the end
    digits: int

    def agrees_with(self, other: Figure) -> bool:
        """True when one is the other, or the other in a rounder form: 1.2 billion and 1.18 billion."""
        if self.kind is not other.kind:
            return False
        if self.value == other.value:
            return True
        digits = min(self.digits, other.digits)
        # rounded to one digit nearly everything agrees
        if digits < 2 or self.kind not in {Kind.SHARE, Kind.AMOUNT}:
            return False
        return _rounded(self.value, digits) == _rounded(other.value, digits)

    @property
    def tells(self) -> bool:
        """True when texts that have it in common may well be about the same: not a 3, not a Tuesday."""
        return self.kind is Kind.DAY or (self.kind in {Kind.SHARE, Kind.AMOUNT} and self.value > 12)

    def rounded(self) -> str:
        """In two digits, which most of the figures that agree have in common."""
        value = self.value if self.kind is Kind.DAY else _rounded(self.value, 2)
        return f"{self.kind} {value:f}"

    def said(self) -> str:
        """As a person reads it."""
        value = int(self.value) if self.value == int(self.value) else self.value
        match self.kind:
            case Kind.SHARE:
                return f"{value}%"
            case Kind.DAY:
                return f"{int(value) // 100}/{int(value) % 100}"
            case Kind.QUARTER:
                return f"Q{value}"
            case Kind.WEEKDAY:
                return f"weekday {value}"
            case Kind.AMOUNT:
                return f"{value:,}"


_SCALES: Final = {
    **dict.fromkeys(("thousand", "k", "千"), Decimal(1000)),
    **dict.fromkeys(("万",), Decimal(10_000)),
    **dict.fromkeys(("million", "mn", "m", "百万"), Decimal(10**6)),
    **dict.fromkeys(("亿",), Decimal(10**8)),
    **dict.fromkeys(("billion", "bn", "b"), Decimal(10**9)),
    **dict.fromkeys(("trillion", "tn", "万亿"), Decimal(10**12)),
}
_FROM_THREE: Final = """
    three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_IN_WORDS: Final = {word: value for value, word in enumerate(_FROM_THREE.split(), 3)}
_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul"),
            *("august aug", "september sept sep", "october oct", "november nov", "december dec"),
        ),
        1,
    )
    for name in names.split()
}
_QUARTERS: Final = {
    **{word: place for place, word in enumerate(("first", "second", "third", "fourth"), 1)},
    **{word: place for place, word in enumerate("一二三四", 1)},
}
_WEEKDAYS: Final = {
    **{
        word: day
        for day, word in enumerate(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1
        )
    },
    **{word: day for day, word in enumerate("一二三四五六日", 1)},
}
_WEEKDAY: Final = "|".join(word for word in _WEEKDAYS if word.isascii())
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NUMBER: Final = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE: Final = r"(?:thousand|million|billion|trillion|mn|bn|tn|[kmb](?![a-z])|万亿|百万|[千万亿])"
_FIGURE: Final = re.compile(
    rf"""
    # nowhere else does any of these begin, and looking here first spares trying them one by one
    (?=[\d第周星百一二三四]|\b[a-z])(?:
      (?P<month>\b(?:{_MONTH}))\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?![,.]?\d)
    | \b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<month2>{_MONTH})\b
    | (?P<month3>\d{{1,2}})月(?P<day3>\d{{1,2}})[日号]
    | \d{{1,2}}月(?:份)?
    | (?P<quarter>first|second|third|fourth)[\s-]quarter
    | \bq(?P<quarter2>[1-4])\b
    | 第?(?P<quarter3>[一二三四1-4])季度
    | \b(?P<weekday>{_WEEKDAY})\b
    | (?:周|星期)(?P<weekday2>[一二三四五六日])
    | (?<![\d.,])(?:19|20)\d\d(?:年|(?![\d,.]*\d|\s?{_SCALE}|\s?%|[万亿千百元吨人名辆台]))
    | 百分之(?P<share>{_NUMBER})
    | (?P<number>{_NUMBER})(?:[\s-]?(?P<scale>{_SCALE}))?(?P<percent>\s?(?:%|percent|per\scent|pct|个百分点))?
    | \b(?P<word>{"|".join(_IN_WORDS)})\b(?:\s(?P<scale2>million|billion|thousand))?
    )""",
    re.VERBOSE,
)


def figures_in(text: str) -> Iterator[tuple[Figure, int, int]]:
    """Every figure of a text that was folded to lower case, and where it stands.

    Years name no amount and are passed over, and so are the smallest numbers in words.
    """
    for match in _FIGURE.finditer(text):
        figure = _figure_of(match)
        if figure is not None:
            yield figure, match.start(), match.end()


def _figure_of(match: re.Match[str]) -> Figure | None:
    said = match.groupdict()
    for month, day in (("month", "day"), ("month2", "day2")):
        if said[month]:
            return _day(_MONTHS[said[month]], int(said[day]))
    if said["month3"]:
        return _day(int(said["month3"]), int(said["day3"]))
    quarter = said["quarter"] or said["quarter2"] or said["quarter3"]
    if quarter:
        place = _QUARTERS.get(quarter) or int(quarter)
        return Figure(Kind.QUARTER, Decimal(place), 1)
    weekday = said["weekday"] or said["weekday2"]
    if weekday:
        return Figure(Kind.WEEKDAY, Decimal(_WEEKDAYS[weekday]), 1)
    if said["share"]:
        return _amount(Kind.SHARE, said["share"], None)
    if said["number"]:
        return _amount(Kind.SHARE if said["percent"] else Kind.AMOUNT, said["number"], said["scale"])
    if said["word"]:
        return _amount(Kind.AMOUNT, str(_IN_WORDS[said["word"]]), said["scale2"])
    return None


def _day(month: int, day: int) -> Figure:
    return Figure(Kind.DAY, Decimal(month * 100 + day), 4)


def _amount(kind: Kind, number: str, scale: str | None) -> Figure:
    plain = Decimal(number.replace(",", ""))
    digits = len(str(plain).replace(".", "").lstrip("0").rstrip("0")) or 1
    return Figure(kind, (plain * _SCALES.get(scale or "", Decimal(1))).normalize(), digits)


# the same figures are compared with those of many other items
@lru_cache(maxsize=4096)
def _rounded(value: Decimal, digits: int) -> Decimal:
    if not value:
        return value
    return round(value, digits - value.adjusted() - 1).normalize()
