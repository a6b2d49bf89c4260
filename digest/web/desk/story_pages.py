"""The story of a briefing at the desk: its tellings side by side, joined, split, and put in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.differences import Piece, differences
from digest.core.model import Briefing
from digest.core.seeking import wanted
from digest.errors import InputError, NotFoundError
from digest.flows import stories
from digest.flows.stories import Alike, Story, traits
from digest.store import briefings, editing, searching
from digest.store.database import Database
from digest.store.editing import Filter
from digest.store.stories import Join
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other

#: Of what was searched for, the newest.
_FOUND: Final = 10


class Side(NamedTuple):
    """One telling beside others, with what it alone says marked."""

    briefing: Briefing
    title: tuple[Piece, ...]
    paragraphs: tuple[tuple[Piece, ...], ...]
    #: how it came into the story; None for what is not in it
    join: Join | None


class StoryPages:
    """`/admin/briefings/…/story`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/briefings/{id:int}/story"
        return [
            gate.page(one, Power.SEE, self._show),
            gate.act(f"{one}/join", Power.EDIT, self._join),
            gate.act(f"{one}/split", Power.EDIT, self._split),
            gate.act(f"{one}/front", Power.EDIT, self._front),
        ]

    async def _show(self, visit: Visit) -> Response:
        asked, beside = visit.asked("q"), visit.asked_number("beside")
        async with self._store.read() as connection:
            one = await briefings.by_id(connection, visit.number("id"))
            if one is None:
                raise NotFoundError("there is no such briefing")
            story = await stories.story_of(connection, one)
            near = await stories.alike(connection, one, visit.now)
            found: Sequence[Briefing] = ()
            if asked:
                words = wanted(asked, await searching.stemmers_in_use(connection))
                found = await editing.page(connection, Filter(words=words), limit=_FOUND)
            other = None if beside is None else await briefings.by_id(connection, beside)
        members = (one,) if story is None else story.members
        known = {member.id for member in members}
        compared = [*members, *([other] if other is not None and other.id not in known else [])]
        return sheet(
            visit,
            "briefing_story",
            briefing=one,
            story=story,
            in_front=None if story is None else story.in_front,
            sides=_sides(compared, story, visit),
            known=known,
            near=[each for each in near if each.briefing.id not in known],
            asked=asked,
            found=[each for each in found if each.id not in known],
            likeness=_by_id(near),
        )

    async def _join(self, visit: Visit) -> Response:
        with_ = visit.form.one("with")
        if not (with_.isascii() and with_.isdigit() and len(with_) < 10):
            raise InputError("choose the briefing that tells of the same event")
        await stories.join([visit.number("id"), int(with_)], **self._by(visit))
        return see_other("../story?done=joined")

    async def _split(self, visit: Visit) -> Response:
        await stories.split(self._member(visit), **self._by(visit))
        return see_other("../story?done=split")

    async def _front(self, visit: Visit) -> Response:
        await stories.put_in_front(self._member(visit), **self._by(visit))
        return see_other("../story?done=front")

    def _member(self, visit: Visit) -> int:
        word = visit.form.one("member")
        return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else visit.number("id")

    def _by(self, visit: Visit) -> Any:
        return {"store": self._store, "now": visit.now, "by": visit.actor}


def _by_id(near: Sequence[Alike]) -> dict[int, Alike]:
    return {each.briefing.id: each for each in near}


def _sides(compared: Sequence[Briefing], story: Story | None, visit: Visit) -> list[Side]:
    own = {one.id: traits(one, visit.now) for one in compared}
    sides = []
    for one in compared:
        others = [its for id_, its in own.items() if id_ != one.id]
        sides.append(
            Side(
                briefing=one,
                title=differences(one.title, own[one.id], others),
                paragraphs=tuple(differences(text, own[one.id], others) for text in one.paragraphs),
                join=None if story is None else story.joins.get(one.id),
            )
        )
    return sides
