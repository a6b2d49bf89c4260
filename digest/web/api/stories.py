"""Which briefings tell of the same event, through the API: looked at, joined, split."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from digest.core.access import Power
from digest.core.model import BriefingStatus
from digest.errors import NotFoundError
from digest.flows import stories
from digest.flows.shown import story_shown
from digest.store import briefings
from digest.web.api.answered import BriefingInAList
from digest.web.api.asked import Asked
from digest.web.api.calls import Call, Made
from digest.web.api.paths import LARGEST, Document, Id, Paths
from subscribers.model import Section

_MEMBER: Final[dict[str, Any]] = {
    "id": 17,
    "number": 12,
    "title": "Ports agree on a common queue",
    "section": Section.BRIEFING.value,
    "topics": ["economy"],
    "source": "Harbour Post",
    "source_date": date(2026, 11, 23).isoformat(),
    "published_at": "2026-11-24T06:00:00Z",
    "status": BriefingStatus.PUBLISHED.value,
}
_BY_RULE: Final[dict[str, Any]] = {"joined_by": "", "score": 0.78, "shared": ["Porthaven", "8"]}


class StoryMember(BriefingInAList):
    """A briefing of a story, and how it came into it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MEMBER | _BY_RULE]})

    joined_by: Annotated[str, Field(description="Who joined it; empty for the rule.")]
    score: Annotated[float | None, Field(description="How like it was to another one, from 0 to 1.")]
    shared: Annotated[list[str], Field(description="Names and figures in common.")]


class AlikeBriefing(BriefingInAList):
    """A published briefing that is like one and not in its story."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_MEMBER | {"score": 0.31, "shared": ["8"], "against": ["other names"]}]
        }
    )

    score: float
    shared: list[str]
    against: Annotated[list[str], Field(description="What speaks against it.")]


class StoryOfBriefing(BaseModel):
    """What tells of the same event as a briefing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"story": 3, "in_front": 17, "members": [_MEMBER | _BY_RULE], "alike": []}]
        }
    )

    story: Annotated[int | None, Field(description="Null for a briefing that stands alone.")]
    in_front: Annotated[int | None, Field(description="The briefing that an editor put in front.")]
    members: list[StoryMember]
    alike: list[AlikeBriefing]


class Joined(Asked):
    """Which briefings tell of the same event."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"briefings": [18, 21]}]}, extra="forbid")

    briefings: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], Field(min_length=1, max_length=50)]


def add_to(paths: Paths) -> None:
    """Add what is about stories."""
    one = "/briefings/{id}/story"
    paths.get(one, Power.SEE, show_story, StoryOfBriefing)
    paths.post(f"{one}/join", Power.EDIT, join_briefings, StoryOfBriefing)
    paths.act(f"{one}/split", Power.EDIT, split_briefing, StoryOfBriefing)
    paths.act(f"{one}/front", Power.EDIT, put_in_front, StoryOfBriefing)


async def show_story(call: Made, id: Id) -> Document:
    """Show what tells of the same event as a briefing, and what is like it"""
    return await _shown(call, id)


async def join_briefings(call: Made, id: Id, body: Joined) -> Document:
    """Say that other briefings tell of the same event

    A copy holds one of them and names the sources of the others. Stories that they are in become one.
    """
    await stories.join([id, *body.briefings], store=call.store, now=call.now, by=call.actor)
    return await _shown(call, id)


async def split_briefing(call: Made, id: Id) -> Document:
    """Take a briefing out of its story

    The rule does not join it with the others again.
    """
    await stories.split(id, store=call.store, now=call.now, by=call.actor)
    return await _shown(call, id)


async def put_in_front(call: Made, id: Id) -> Document:
    """Let copies that could hold several of a story hold this one."""
    await stories.put_in_front(id, store=call.store, now=call.now, by=call.actor)
    return await _shown(call, id)


async def _shown(call: Call, briefing_id: int) -> Document:
    async with call.store.read() as connection:
        found = await briefings.by_id(connection, briefing_id)
        if found is None:
            raise NotFoundError(f"briefing {briefing_id} does not exist")
        story = await stories.story_of(connection, found)
        return story_shown(story, await stories.alike(connection, found, call.now))
