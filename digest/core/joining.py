"""Into which stories new briefings come: decided for many at once, from what each of them is like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from digest.core.likeness import Likeness, Traits, likeness


class Near(NamedTuple):
    """A public briefing that a new one may be joined with."""

    id: int
    likeness: Likeness


class Joined(NamedTuple):
    """A briefing that comes into a story, and by what likeness."""

    id: int
    #: a story that there is; those that begin now are -1, -2 and so on
    story: int
    likeness: Likeness


class Stories:
    """The stories that new briefings may come into, each with its members, as they grow."""

    def __init__(
        self,
        members_by_story: Mapping[int, Collection[int]],
        traits: Mapping[int, Traits],
        apart: Mapping[int, Collection[int]],
    ) -> None:
        """`traits` are those of all new ones, all that are near them, and all members; by briefing ids.

        `apart` names for a briefing those from which an editor has split it.
        """
        self._members = {story: list(its) for story, its in members_by_story.items()}
        self._story_of = {id_: story for story, its in self._members.items() for id_ in its}
        self._traits = traits
        self._apart = apart

    def take_in(self, id_: int, near: Sequence[Near]) -> tuple[Joined, ...]:
        """Join one new briefing with the likest that it fits; the briefings that come into a story by it.

        One that came into a story meanwhile, by another new one, stays where it is.
        """
        if id_ in self._story_of:
            return ()
        for other, its in near:
            story = self._story_of.get(other)
            members = [other] if story is None else self._members[story]
            if not its.is_same or not self._fits(id_, members):
                continue
            coming = (id_,) if story is not None else (other, id_)
            if story is None:
                story = -1 - sum(known < 0 for known in self._members)
            self._members.setdefault(story, []).extend(coming)
            self._story_of.update((one, story) for one in coming)
            return tuple(Joined(one, story, its) for one in coming)
        return ()

    def _fits(self, id_: int, members: Sequence[int]) -> bool:
        """True when a briefing is like half of a story at least: or one leads to the next, and all join."""
        if not set(self._apart.get(id_, ())).isdisjoint(members):
            return False
        mine = self._traits[id_]
        same = sum(likeness(mine, self._traits[member]).is_same for member in members)
        return 2 * same >= len(members)
