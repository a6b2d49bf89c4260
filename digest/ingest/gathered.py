"""What reading a text gives: the items that can be taken, and those that cannot with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.core.model import DraftBriefing, Rejected


@dataclass(frozen=True, slots=True)
class Gathered:
    """The harvest of one text; every item of it is in one of the two lists, in the order of the text."""

    drafts: tuple[DraftBriefing, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    #: the name of what was read, for messages
    source: str = field(default="", compare=False)
