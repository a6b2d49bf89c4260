"""`digest newsletters`: the standing publications."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Annotated, Any, Final

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    answer,
    parse_line,
    parse_slug,
    parse_text,
    part,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_of
from digest.config import load_settings
from digest.core.brand import (
    parse_archive,
    parse_colour,
    parse_item_text,
    parse_links,
    parse_logo,
    parse_logo_alt,
)
from digest.core.model import Newsletter
from digest.errors import InputError, NotFoundError
from digest.flows.seed import FIRST_NEWSLETTER
from digest.mail.heading import check_sender
from digest.render.environment import mail_environment, style_of
from digest.store import newsletters as shelf
from subscribers.model import Section
from subscribers.wishes import parse_address, parse_max_items, parse_sections

newsletters = typer.Typer(help="List, show, add and edit newsletters.")

#: Longer than any of these would be a slip: ten years of news, a year of trying.
_MOST_DAYS: Final = 3660
_MOST_MINUTES: Final = 366 * 24 * 60

Title = Annotated[str | None, typer.Option("--title")]
Description = Annotated[str | None, typer.Option("--description", help="One line about it.")]
SenderName = Annotated[str | None, typer.Option("--sender-name", help="Whom the mails are from.")]
Sender = Annotated[str | None, typer.Option("--sender", metavar="ADDRESS", help="Where they are from.")]
Theme = Annotated[str | None, typer.Option("--theme", help="How the mails look.")]
Sections = Annotated[str | None, typer.Option("--sections", help="Kinds of item it carries, or all.")]
MaxItems = Annotated[str | None, typer.Option("--max-items", help="Cap on every mail, or none.")]
Postal = Annotated[str | None, typer.Option("--postal-address", help="Printed in the footer.")]
Reach = Annotated[
    int | None,
    typer.Option(
        "--reach-back", metavar="DAYS", parser=whole(0, _MOST_DAYS), help="What a first issue reaches back."
    ),
]
GiveUp = Annotated[
    int | None,
    typer.Option(
        "--give-up", metavar="MINUTES", parser=whole(1, _MOST_MINUTES), help="Stop retrying a copy after."
    ),
]
Latest = Annotated[
    str | None,
    typer.Option("--latest-start", metavar="MINUTES", help="A later issue waits for the next slot; or none."),
]
Texts = Annotated[
    str | None, typer.Option("--texts", metavar="full|excerpt", help="How much of an item mails print.")
]
Logo = Annotated[
    str | None, typer.Option("--logo", metavar="URL", help="Picture at the head of mails; '' for none.")
]
LogoAlt = Annotated[
    str | None, typer.Option("--logo-alt", help="The logo in words; '' for the title of the newsletter.")
]
Accent = Annotated[
    str | None,
    typer.Option("--accent", metavar="COLOUR", help="Of links and marks, as #1a5276; '' for the theme's."),
]
Ground = Annotated[
    str | None,
    typer.Option("--ground", metavar="COLOUR", help="Behind the mail, as #f4f1ea; '' for the theme's."),
]
Links = Annotated[
    list[str] | None,
    typer.Option("--link", metavar="NAME=URL", help="Links in the footer instead of today's; '' for none."),
]
Welcome = Annotated[bool | None, typer.Option("--welcome/--no-welcome", help="A mail to who confirms.")]
Goodbye = Annotated[bool | None, typer.Option("--goodbye/--no-goodbye", help="A mail to who leaves.")]
SignUp = Annotated[
    bool | None, typer.Option("--sign-up/--no-sign-up", help="Anybody may subscribe on the web.")
]
InArchive = Annotated[
    str | None,
    typer.Option("--archive", metavar="none|titles|full", help="What anybody may read on the web."),
]
Feedback = Annotated[
    bool | None, typer.Option("--feedback/--no-feedback", help="Readers may say what was of use.")
]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(newsletters, name="newsletters")


@newsletters.command("list")
def list_newsletters(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List newsletters by id."""

    async def work() -> list[Newsletter]:
        async with store_of(config) as store, store.read() as connection:
            return [one for one in await shelf.every(connection) if one.id > after]

    shown, following = part(run(work()), limit, everything)
    if json:
        return answer({"items": [_shown(one) for one in shown], "next": following})
    rows = [(one.slug, one.title, f"{one.sender_name} <{one.sender_address}>", one.theme) for one in shown]
    return table("", ("slug", "title", "sender", "theme"), rows, following=following)


@newsletters.command("show")
def show(slug: str, json: Json = False, config: Config = None) -> None:
    """Show one newsletter with all its settings."""

    async def work() -> Newsletter:
        async with store_of(config) as store, store.read() as connection:
            return await _found(connection, slug)

    newsletter = run(work())
    if json:
        return answer(_shown(newsletter))
    brand_links = [f"{link.name} {link.url}" for link in newsletter.links]
    for name, value in (_shown(newsletter) | {"links": brand_links}).items():
        lines = value if isinstance(value, list) else str("" if value is None else value).splitlines()
        say(f"{name:20} {', '.join(lines)}".rstrip())
    return None


@newsletters.command("add")
def add(
    slug: str,
    title: Title = None,
    description: Description = None,
    sender_name: SenderName = None,
    sender: Sender = None,
    theme: Theme = None,
    sections: Sections = None,
    max_items: MaxItems = None,
    postal_address: Postal = None,
    reach_back: Reach = None,
    give_up: GiveUp = None,
    latest_start: Latest = None,
    texts: Texts = None,
    logo: Logo = None,
    logo_alt: LogoAlt = None,
    accent: Accent = None,
    ground: Ground = None,
    link: Links = None,
    welcome: Welcome = None,
    goodbye: Goodbye = None,
    sign_up: SignUp = None,
    archive: InArchive = None,
    feedback: Feedback = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a newsletter."""
    wishes = (
        _wishes(title, description, sender_name, sender, sections, max_items, postal_address)
        | _theme(theme, config)
        | _limits(reach_back, give_up, latest_start, welcome, goodbye)
        | _brand(texts, logo, logo_alt, accent, ground, link)
        | _on_the_web(sign_up, archive, feedback)
    )
    new = replace(FIRST_NEWSLETTER, **{"slug": parse_slug(slug), "title": slug} | wishes)

    async def work() -> Newsletter:
        async with store_of(config) as store, store.write() as connection:
            if await shelf.by_slug(connection, slug) is not None:
                raise InputError(
                    f"newsletter {slug!r} exists already: change it with digest newsletters edit"
                )
            return replace(new, id=await shelf.add(connection, new))

    _tell(run(work()), json)


@newsletters.command("edit")
def edit(
    slug: str,
    title: Title = None,
    description: Description = None,
    sender_name: SenderName = None,
    sender: Sender = None,
    theme: Theme = None,
    sections: Sections = None,
    max_items: MaxItems = None,
    postal_address: Postal = None,
    reach_back: Reach = None,
    give_up: GiveUp = None,
    latest_start: Latest = None,
    texts: Texts = None,
    logo: Logo = None,
    logo_alt: LogoAlt = None,
    accent: Accent = None,
    ground: Ground = None,
    link: Links = None,
    welcome: Welcome = None,
    goodbye: Goodbye = None,
    sign_up: SignUp = None,
    archive: InArchive = None,
    feedback: Feedback = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a newsletter; issues that are planned already keep what was decided for them."""
    wishes = (
        _wishes(title, description, sender_name, sender, sections, max_items, postal_address)
        | _theme(theme, config)
        | _limits(reach_back, give_up, latest_start, welcome, goodbye)
        | _brand(texts, logo, logo_alt, accent, ground, link)
        | _on_the_web(sign_up, archive, feedback)
    )

    async def work() -> Newsletter:
        async with store_of(config) as store, store.write() as connection:
            changed = replace(await _found(connection, slug), **wishes)
            await shelf.save(connection, changed)
            return changed

    _tell(run(work()), json)


async def _found(connection: AsyncConnection, slug: str) -> Newsletter:
    newsletter = await shelf.by_slug(connection, slug)
    if newsletter is None:
        raise NotFoundError(f"newsletter {slug!r} does not exist: see digest newsletters list")
    return newsletter


def _wishes(
    title: str | None,
    description: str | None,
    sender_name: str | None,
    sender: str | None,
    sections: str | None,
    max_items: str | None,
    postal_address: str | None,
) -> dict[str, Any]:
    """Field names and values of what was said."""
    found: dict[str, Any] = {}
    for name, line in {"title": title, "sender_name": sender_name}.items():
        if line is not None:
            found[name] = parse_line(line, name.replace("_", "-"))
    for name, lines in {"description": description, "postal_address": postal_address}.items():
        if lines is not None:
            found[name] = parse_text(lines, name.replace("_", "-"))
    if sender is not None:
        found["sender_address"] = parse_address(sender)
        check_sender(found["sender_address"])
    if sections is not None:
        found["sections"] = parse_sections(parse_line(sections.strip(" ,"), "sections")) or frozenset(Section)
    if max_items is not None:
        found["max_items"] = parse_max_items(max_items)
    return found


def _theme(name: str | None, config: Config) -> dict[str, Any]:
    if name is None:
        return {}
    theme = parse_line(name, "theme")
    # refuses a theme of which there are no templates, and one whose colours nobody can make out
    style_of(mail_environment(theme, own_themes=load_settings(config).themes_dir))
    return {"theme": theme}


def _limits(
    reach_back: int | None,
    give_up: int | None,
    latest_start: str | None,
    welcome: bool | None,
    goodbye: bool | None,
) -> dict[str, Any]:
    given = {
        "reach_back_days": reach_back,
        "give_up_minutes": give_up,
        "welcome": welcome,
        "goodbye": goodbye,
    }
    found: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if latest_start is not None:
        found["latest_start_minutes"] = _minutes(latest_start)
    return found


def _brand(
    texts: str | None,
    logo: str | None,
    logo_alt: str | None,
    accent: str | None,
    ground: str | None,
    link: list[str] | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if texts is not None:
        found["item_text"] = parse_item_text(texts)
    if logo is not None:
        found["logo_url"] = parse_logo(logo)
    if logo_alt is not None:
        found["logo_alt"] = parse_logo_alt(logo_alt)
    for name, colour in {"accent": accent, "ground": ground}.items():
        if colour is not None:
            found[name] = parse_colour(colour, name)
    if link is not None:
        found["links"] = parse_links(link)
    return found


def _on_the_web(sign_up: bool | None, archive: str | None, feedback: bool | None) -> dict[str, Any]:
    given = {
        "sign_up": sign_up,
        "archive": None if archive is None else parse_archive(archive),
        "feedback": feedback,
    }
    return {name: value for name, value in given.items() if value is not None}


def _minutes(word: str) -> int | None:
    if word.strip().lower() == "none":
        return None
    if re.fullmatch("[0-9]{1,9}", word.strip()) and 0 < int(word) <= _MOST_MINUTES:
        return int(word)
    raise InputError(f"latest-start {word!r} is not known: say 1 to {_MOST_MINUTES} minutes, or none")


def _shown(newsletter: Newsletter) -> dict[str, Any]:
    return asdict(newsletter) | {
        "sections": [section for section in Section if section in newsletter.sections]
    }


def _tell(newsletter: Newsletter, json: bool) -> None:
    if json:
        return answer(_shown(newsletter))
    return say(f"newsletter {newsletter.slug}: {newsletter.title}, from {newsletter.sender_address}")
