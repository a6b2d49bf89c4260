"""A newsletter and its settings: whom its mails are from, what they carry, how they show whose they are."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from digest.core.beginnings import FirstWishes, beginning_of
from digest.core.quiet import QuietDay, dates_of
from subscribers.model import Cadence, Profile, Section


class ItemText(StrEnum):
    """How much of an item its mails print."""

    FULL = "full"
    EXCERPT = "excerpt"


class Pictures(StrEnum):
    """What its mails show of the pictures of items."""

    NONE = "none"
    #: mail programs load them from where they lie, when their readers let them
    LINKED = "linked"
    #: mails bring them along
    EMBEDDED = "embedded"


class Archive(StrEnum):
    """How much of what a newsletter carries anybody may read on the web."""

    NONE = "none"
    #: what there was, and where it came from
    TITLES = "titles"
    FULL = "full"


class BrandLink(Struct, frozen=True):
    """A place of the newsletter elsewhere on the web, such as its page in a social network."""

    name: str
    #: absolute, http or https
    url: str


class Newsletter(Struct, frozen=True):
    """A standing publication."""

    id: int
    slug: str
    title: str
    description: str
    sender_name: str
    sender_address: str
    theme: str
    sections: frozenset[Section]
    #: used when a reader names no cap; None means none
    max_items: int | None
    postal_address: str
    #: a new reader's first issue reaches this many days back
    reach_back_days: int
    #: give up retrying a copy this many minutes after its issue was due
    give_up_minutes: int
    #: an issue later than this waits for the next slot; None means never
    latest_start_minutes: int | None
    item_text: ItemText = ItemText.FULL
    #: absolute, http or https; None shows the title in its place
    logo_url: str | None = None
    #: what the logo says to those who do not see it; empty lets the title stand in
    logo_alt: str = ""
    #: colours as `#rrggbb` in lower case; None leaves the theme's own
    accent: str | None = None
    ground: str | None = None
    #: in the order in which mails show them, no name twice
    links: tuple[BrandLink, ...] = ()
    #: who confirms gets a welcome; who leaves gets a goodbye
    welcome: bool = True
    goodbye: bool = False
    #: anybody may subscribe on the web
    sign_up: bool = True
    archive: Archive = Archive.FULL
    #: readers may say which items were of use to them
    feedback: bool = False
    #: how often an item's link is followed is counted, and its mails say so
    clicks: bool = False
    #: a person approves each scheduled issue before it is sent
    approval: bool = False
    #: for that, it is planned so many minutes before its time
    approval_lead_minutes: int = 0
    #: the days on which it does not come, in their order
    quiet_days: tuple[QuietDay, ...] = ()
    #: what new readers begin with who say nothing else: words by option
    first_wishes: FirstWishes = ()
    pictures: Pictures = Pictures.NONE

    @property
    def planned_ahead(self) -> timedelta:
        """How long before its time an issue of days and times is planned."""
        return timedelta(minutes=self.approval_lead_minutes if self.approval else 0)

    @property
    def quiet(self) -> Set[date]:
        """Those days, as the timetable asks for them."""
        return dates_of(self.quiet_days)

    @property
    def beginning(self) -> tuple[Cadence, Profile]:
        """When and what a new reader gets who says nothing."""
        return beginning_of(self.first_wishes)
