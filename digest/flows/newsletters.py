"""Newsletters are added and changed: what people say of one becomes its settings, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec.structs import asdict, replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.beginnings import parse_first_wishes, require_topics
from digest.core.brand import (
    parse_archive,
    parse_colour,
    parse_item_text,
    parse_links,
    parse_logo,
    parse_logo_alt,
    parse_pictures,
)
from digest.core.lines import parse_line, parse_slug, parse_text
from digest.core.model import Newsletter
from digest.core.quiet import parse_quiet_days
from digest.errors import InputError, missing
from digest.flows.seed import FIRST_NEWSLETTER
from digest.mail.heading import check_sender
from digest.render.environment import mail_environment, style_of
from digest.store import newsletters as shelf
from digest.store import topics
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers.model import Section
from subscribers.wishes import parse_address, parse_max_items, parse_sections

#: Longer than any of these would be a slip: ten years of news, a year of trying.
MOST_DAYS: Final = 3660
MOST_MINUTES: Final = 366 * 24 * 60

#: An issue planned half a day ahead is of its own day still, wherever its readers live.
MOST_LEAD: Final = 12 * 60

#: What somebody says of a newsletter, by the names of its fields; what is left out stays as it is.
Said = Mapping[str, Any]


@done_again
async def add_newsletter(
    slug: str,
    said: Said,
    *,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
    own_themes: Path | None = None,
) -> Newsletter:
    """Add a newsletter; what is not said is as in the first one."""
    wishes = settings_from(said, own_themes)
    new = replace(FIRST_NEWSLETTER, **{"slug": parse_slug(slug), "title": slug} | wishes)
    async with store.write() as connection:
        if await shelf.by_slug(connection, slug) is not None:
            raise InputError(
                f"newsletter {slug!r} exists already", at_shell="change it with digest newsletters edit"
            )
        await _require_topics(connection, new)
        made = replace(new, id=await shelf.add(connection, new))
        await note_change(connection, by, "newsletter.add", slug, now, after=shown_newsletter(made))
    return made


@done_again
async def edit_newsletter(
    slug: str,
    said: Said,
    *,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
    own_themes: Path | None = None,
) -> Newsletter:
    """Change a newsletter; issues that are planned already keep what was decided for them."""
    wishes = settings_from(said, own_themes)
    async with store.write() as connection:
        before = await newsletter_named(connection, slug)
        after = replace(before, **wishes)
        if "first_wishes" in wishes:
            await _require_topics(connection, after)
        if after != before:
            await shelf.save(connection, after)
            words = {"before": shown_newsletter(before), "after": shown_newsletter(after)}
            await note_change(connection, by, "newsletter.edit", slug, now, **words)
    return after


async def newsletter_named(connection: AsyncConnection, slug: str) -> Newsletter:
    """The newsletter of this slug; raises NotFoundError."""
    found = await shelf.by_slug(connection, slug)
    if found is None:
        raise missing(f"newsletter {slug!r}", "newsletters list")
    return found


def shown_newsletter(newsletter: Newsletter) -> dict[str, Any]:
    """A newsletter as programs see it."""
    return asdict(newsletter) | {
        "sections": [section for section in Section if section in newsletter.sections],
        "links": [asdict(link) for link in newsletter.links],
        "quiet_days": [{"day": one.day.isoformat(), "name": one.name} for one in newsletter.quiet_days],
        "first_wishes": dict(newsletter.first_wishes),
    }


def settings_from(said: Said, own_themes: Path | None = None) -> dict[str, Any]:
    """The fields and values of what was said: text as it is typed, numbers, yes and no, links as a list.

    None leaves a field as it is. Raises InputError, WishError or SettingsError for the first that cannot be.
    """
    given = {name: value for name, value in said.items() if value is not None}
    readers: dict[str, Callable[[Any], Any]] = {**_READERS, "theme": partial(_theme, own_themes)}
    unknown = given.keys() - readers.keys()
    if unknown:
        raise InputError(f"{sorted(unknown)[0]!r} is no setting of a newsletter: say {', '.join(readers)}")
    return {name: readers[name](given[name]) for name in readers if name in given}


async def _require_topics(connection: AsyncConnection, newsletter: Newsletter) -> None:
    """What new readers begin with must be there."""
    require_topics(newsletter.first_wishes, [topic.slug for topic in await topics.every(connection)])


def _sender(text: str) -> str:
    address = parse_address(text)
    check_sender(address)
    return address


def _theme(own_themes: Path | None, text: str) -> str:
    theme = parse_line(text, "theme")
    # refuses a theme of which there are no templates, and one whose colours nobody can make out
    style_of(mail_environment(theme, own_themes=own_themes))
    return theme


def _sections(text: str) -> frozenset[Section]:
    return parse_sections(parse_line(text.strip(" ,"), "sections")) or frozenset(Section)


def _whole(least: int, most: int, what: str, value: str | int) -> int:
    word = str(value).strip()
    if not re.fullmatch("[0-9]{1,9}", word) or not least <= int(word) <= most:
        raise InputError(f"{what} {word!r} is not known: say {least} to {most}")
    return int(word)


def _latest_start(value: str | int | None) -> int | None:
    word = str(value).strip().lower()
    if word == "none":
        return None
    if re.fullmatch("[0-9]{1,9}", word) and 0 < int(word) <= MOST_MINUTES:
        return int(word)
    raise InputError(f"latest-start {word!r} is not known: say 1 to {MOST_MINUTES} minutes, or none")


def _links(texts: Sequence[str]) -> Any:
    return parse_links(texts)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": partial(parse_line, what="title"),
    "sender_name": partial(parse_line, what="sender-name"),
    "description": partial(parse_text, what="description"),
    "postal_address": partial(parse_text, what="postal-address"),
    "sender_address": _sender,
    "theme": str,
    "sections": _sections,
    "max_items": lambda value: parse_max_items(str(value)),
    "reach_back_days": partial(_whole, 0, MOST_DAYS, "reach-back"),
    "give_up_minutes": partial(_whole, 1, MOST_MINUTES, "give-up"),
    "latest_start_minutes": _latest_start,
    "item_text": parse_item_text,
    "pictures": parse_pictures,
    "logo_url": parse_logo,
    "logo_alt": parse_logo_alt,
    "accent": partial(parse_colour, what="accent"),
    "ground": partial(parse_colour, what="ground"),
    "links": _links,
    "welcome": bool,
    "goodbye": bool,
    "sign_up": bool,
    "archive": parse_archive,
    "feedback": bool,
    "clicks": bool,
    "approval": bool,
    "approval_lead_minutes": partial(_whole, 0, MOST_LEAD, "approval-lead"),
    "quiet_days": parse_quiet_days,
    "first_wishes": parse_first_wishes,
}
