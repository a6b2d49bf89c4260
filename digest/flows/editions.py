"""What the copies of an issue have in common: the edition, what heads them, and the printed cohorts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, Issue, Newsletter, Pictures
from digest.core.picturing import Embedded
from digest.core.telling_once import Pin
from digest.flows.beside import with_beside
from digest.mail.dkim import CohortBody
from digest.mail.heading import CopyHeaders
from digest.mail.identifiers import DeliveryNames, OneName
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.render.rendition import Rendition
from digest.render.tailoring import Tailoring
from digest.store import clicks, newsletters, numbered, pictures, topics


class Edition(Struct, frozen=True):
    """All that the copies of a round of an issue have in common; rounds that carry the same share it."""

    newsletter: Newsletter
    printer: Printer
    #: what heads copies, by issue and subject; nearly all cohorts have one of a few
    headings: dict[tuple[Issue, str], Heading] = field(default_factory=dict)


class Heading(Struct, frozen=True):
    """What heads the copies of many cohorts."""

    headers: CopyHeaders
    names: DeliveryNames


class Fitting(Struct, frozen=True):
    """The body of a cohort's copies for readers who gave a name, or for those who gave none."""

    tailoring: Tailoring
    #: what a signature needs to know of the body; None where nothing is signed
    hashing: CohortBody | None
    #: letters of one shape have the same header fields, hence signatures of one length
    shape: tuple[int, bool]


class Printed(Struct, frozen=True):
    """A cohort, ready for its readers: body with slots, headers with gaps."""

    rendition: Rendition[Personal]
    headers: CopyHeaders
    issue: Issue
    names: DeliveryNames | OneName
    #: by whether the reader has a name; made when the first such reader comes
    fittings: dict[bool, Fitting] = field(default_factory=dict)


async def edition_of(
    connection: AsyncConnection,
    issue: Issue,
    revisions: Mapping[int, int],
    pins: Sequence[Pin] = (),
    *,
    digests: Mapping[int, str] | None = None,
    own_themes: Path | None,
    counted: Callable[[int], str] | None = None,
) -> Edition:
    """An edition from the store, with these revisions of briefings by number, and what stands beside them.

    `digests` name the pictures that its mails bring along, by number; without them it brings what is here
    now, by the rule of its newsletter. `counted` gives the address under which a counted link is followed;
    without it items link straight on.
    """
    shown = await with_beside(connection, await numbered.by_numbers(connection, revisions), pins)
    topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
    newsletter = await newsletters.by_id(connection, issue.newsletter_id)
    links: Mapping[int, str] = {}
    if counted is not None and newsletter.clicks:
        ids = await clicks.of_issue(connection, issue.id)
        links = {number: counted(link) for number, link in ids.items()}
    printer = Printer(
        *(issue, newsletter, shown, topic_by_slug),
        own_themes=own_themes,
        links=links,
        pictures=await pictures_for(connection, newsletter, shown, digests),
    )
    return Edition(newsletter, printer)


async def pictures_for(
    connection: AsyncConnection,
    newsletter: Newsletter,
    shown: Mapping[int, Briefing],
    digests: Mapping[int, str] | None = None,
) -> dict[int, Embedded]:
    """The pictures that mails with these items bring along, by number: those named, or those here now."""
    if newsletter.pictures is not Pictures.EMBEDDED:
        return {}
    if digests is None:
        digests = await pictures.here_now(connection, {n: one.picture for n, one in shown.items()})
    found = await pictures.by_digest(connection, digests.values())
    return {number: found[digest] for number, digest in digests.items() if digest in found}
