"""What reading a text gives: the items that can be taken, and those that cannot with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.core.model import DraftBriefing, Rejected
from digest.ingest.headings import ForeignTable


@dataclass(frozen=True, slots=True)
class Gathered:
    """The harvest of one text; every item of it is in one of the two lists, in the order of the text."""

    drafts: tuple[DraftBriefing, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    #: the name of what was read, for messages
    source: str = field(default="", compare=False)
    #: what feeds say their entries are about, by line; those that name a topic give it, others mean nothing
    categories: Mapping[int, tuple[str, ...]] = field(default_factory=dict, compare=False)
    #: of a table in an archive that was refused since its headings say nothing to us
    foreign: ForeignTable | None = field(default=None, compare=False)
