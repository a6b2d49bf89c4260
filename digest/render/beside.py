"""What a mail names beside an item: who else reports the same, and what it follows up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from digest.core.model import Beside
from digest.render.characters import one_line, shortened, web_link
from digest.render.words import Words

#: So many are named; the others are counted.
_NAMED: Final = 4
_TITLE_COLUMNS: Final = 120


class Teller(Struct, frozen=True):
    """A source that reports the same."""

    source: str
    #: what it calls its report
    title: str
    #: empty when there is nothing to read there
    url: str
    #: under which it came out here
    number: int


class Former(Struct, frozen=True):
    """What readers may have had before, and since when."""

    title: str
    #: BCP 47 tag of its title
    language: str
    #: within a sentence
    day: str
    #: under which it came out here
    number: int


class NamedBeside(Struct, frozen=True):
    """All that is named beside an item."""

    tellers: tuple[Teller, ...] = ()
    #: 2 others; empty when all are named
    others: str = ""
    follows: Former | None = None
    #: all other tellings, by publication number
    numbers: frozenset[int] = frozenset()


#: What is named beside an item that is told alone.
NOTHING: Final = NamedBeside()


def named_beside(tellings: Sequence[Beside], source: str, *, zone: str, words: Words) -> NamedBeside:
    """Name the other sources of an item's story, each once, and the first telling of an issue before."""
    if not tellings:
        return NOTHING
    tellers: dict[str, Teller] = {}
    for one in tellings:
        name = one_line(one.source or "")
        if name and name.casefold() != source.casefold() and not one.is_earlier:
            teller = Teller(name, one_line(one.title), web_link(one.url), one.number)
            tellers.setdefault(name.casefold(), teller)
    found = tuple(tellers.values())
    # one more by name is as short as a count of one
    named = found if len(found) <= _NAMED + 1 else found[:_NAMED]
    left = len(found) - len(named)
    earlier = [one for one in tellings if one.is_earlier]
    return NamedBeside(
        tellers=named,
        others=words.counted("%(count)d other", "%(count)d others", left) if left else "",
        follows=_former(min(earlier, key=lambda one: one.number), zone, words) if earlier else None,
        numbers=frozenset(one.number for one in tellings),
    )


def _former(told: Beside, zone: str, words: Words) -> Former:
    day = told.published_at.astimezone(ZoneInfo(zone)).date()
    title = shortened(one_line(told.title), _TITLE_COLUMNS)
    return Former(title, one_line(told.language), words.short_day(day), told.number)
