"""What a cohort was mailed, printed once more for whoever opens it in a browser."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Copy, TopicGroup
from digest.core.telling_once import Pin
from digest.flows.editions import edition_of
from digest.render.page import Personal
from digest.render.phrases import page_note
from digest.render.printer import Printer
from digest.render.words import words_for
from digest.store import beside, issues, numbered, pictures
from digest.store.database import Database
from subscribers.model import Format

#: Rounds of issues of which the printed parts are kept: who opens one is seldom alone on that day.
_PRINTERS_KEPT: Final = 8
#: A page is one part; this never stands in it.
_NO_PARTING: Final = "=_page_="


class Reprints:
    """Prints copies anew from the revisions that are pinned: what editors changed since does not show.

    A press of its own would do, but its parts are those of the issue that is being sent, and stay so.
    """

    def __init__(self, *, store: Database, own_themes: Path | None = None) -> None:
        """Take the parts."""
        self._store: Final = store
        self._own_themes: Final = own_themes
        #: by issue, round, and what is named beside its items
        self._printers: Final[OrderedDict[tuple[int, int, tuple[Pin, ...]], Printer]] = OrderedDict()
        self._one_prints: Final = asyncio.Lock()

    async def page(self, cohort_id: int, *, view_url: str) -> str | None:
        """The HTML that a cohort was mailed, made out to nobody; None when no copy is on record.

        `view_url` is the link to it that the mail has: it is not shown, but room was made for it there.
        Readers of plain text see the same items in HTML. What was retracted since is left out, its title
        too, and the page says that something was; and that a text which it shows was corrected.
        """
        async with self._store.read() as connection:
            found = await issues.copies_of(connection, [cohort_id])
            shown = [number for copy in found for number in _numbers(copy)]
            gone = await numbered.retracted_among(connection, shown)
            pins = await _still_named(connection, found)
            old = await _texts_of_before(connection, found, set(shown) - gone)
        if not shown:
            return None
        note = page_note(len(gone), len(old), words_for(found[0].profile.language))
        return await self._printed(found[0], pins, gone, note, view_url)

    async def _printed(
        self, copy: Copy, pins: tuple[Pin, ...], gone: Collection[int], note: str, view_url: str
    ) -> str | None:
        rich = replace(without(copy, gone), profile=replace(copy.profile, format=Format.HTML))
        printer = await self._printer_for(rich, pins)
        nobody = Personal(name="", preferences_url="", unsubscribe_url="", note=note)
        return printer.rendition(rich, _NO_PARTING, view_url).html_page(nobody)

    async def _printer_for(self, copy: Copy, pins: tuple[Pin, ...]) -> Printer:
        """The printer of the copy's round, with the parts that the copy needs."""
        # what was taken back is not named any more, so the same round may be printed in several ways
        key = copy.issue.id, copy.round, pins
        wish = copy.profile.language, copy.profile.format
        # one at a time: a link that is passed around is opened by many at once
        async with self._one_prints:
            printer = self._printers.get(key)
            if printer is None:
                async with self._store.read() as connection:
                    revisions = await issues.pinned_revisions(connection, *key[:2])
                    digests = await pictures.pinned(connection, *key[:2])
                    edition = await edition_of(
                        *(connection, copy.issue, revisions, pins),
                        digests=digests,
                        own_themes=self._own_themes,
                    )
                    printer = edition.printer
            if printer.lacks(*wish):
                await asyncio.to_thread(printer.prepare, *wish)
            self._printers[key] = printer
            self._printers.move_to_end(key)
            while len(self._printers) > _PRINTERS_KEPT:
                self._printers.popitem(last=False)
        return printer


async def _still_named(connection: AsyncConnection, copies: Sequence[Copy]) -> tuple[Pin, ...]:
    """What stood beside the items of a copy and was not taken back since."""
    pins = [one for copy in copies for one in await beside.pinned(connection, copy.issue.id, copy.round)]
    gone = await numbered.retracted_among(connection, {one.beside for one in pins})
    return tuple(one for one in pins if one.beside not in gone)


async def _texts_of_before(
    connection: AsyncConnection, copies: Sequence[Copy], shown: Collection[int]
) -> set[int]:
    """Those of the items shown that were corrected since."""
    found: set[int] = set()
    for copy in copies:
        pinned = await issues.pinned_revisions(connection, copy.issue.id, copy.round)
        its = {number: pinned[number] for number in _numbers(copy) if number in shown and number in pinned}
        found |= await numbered.corrected_since(connection, its)
    return found


def without(copy: Copy, gone: Collection[int]) -> Copy:
    """The copy without the briefings of these numbers, and without topics under which nothing is left."""
    groups = [TopicGroup(group.topic, _others(group.numbers, gone)) for group in copy.groups]
    return replace(
        copy,
        groups=tuple(group for group in groups if group.numbers),
        deferred=_others(copy.deferred, gone),
    )


def _others(numbers: tuple[int, ...], gone: Collection[int]) -> tuple[int, ...]:
    return tuple(number for number in numbers if number not in gone)


def _numbers(copy: Copy) -> list[int]:
    return [*(number for group in copy.groups for number in group.numbers), *copy.deferred]
