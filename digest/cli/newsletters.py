"""`digest newsletters`: the standing publications."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    answer,
    counted,
    pairs,
    parse_now,
    part,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_at, store_of
from digest.core.model import Newsletter
from digest.flows import newsletters as flows
from digest.flows.holidays import FIRST_YEAR, LAST_YEAR, add_holidays
from digest.flows.newsletters import MOST_DAYS, MOST_LEAD, MOST_MINUTES, newsletter_named, shown_newsletter
from digest.settings_file import load_settings
from digest.store import newsletters as shelf

newsletters = typer.Typer(help="List, show, add and edit newsletters.")

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
        "--reach-back", metavar="DAYS", parser=whole(0, MOST_DAYS), help="What a first issue reaches back."
    ),
]
GiveUp = Annotated[
    int | None,
    typer.Option(
        "--give-up", metavar="MINUTES", parser=whole(1, MOST_MINUTES), help="Stop retrying a copy after."
    ),
]
Latest = Annotated[
    str | None,
    typer.Option("--latest-start", metavar="MINUTES", help="A later issue waits for the next slot; or none."),
]
Texts = Annotated[
    str | None, typer.Option("--texts", metavar="full|excerpt", help="How much of an item mails print.")
]
InMails = Annotated[
    str | None,
    typer.Option("--pictures", metavar="none|linked|embedded", help="What mails show of items' pictures."),
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


Approval = Annotated[
    bool | None, typer.Option("--approval/--no-approval", help="A person approves each scheduled issue.")
]
Clicks = Annotated[
    bool | None, typer.Option("--clicks/--no-clicks", help="Count how often items are opened, not by whom.")
]
ApprovalLead = Annotated[
    int | None,
    typer.Option(
        "--approval-lead",
        metavar="MINUTES",
        parser=whole(0, MOST_LEAD),
        help="For approval, an issue is planned so long before its time.",
    ),
]
QuietDays = Annotated[
    list[str] | None,
    typer.Option(
        "--quiet-day",
        metavar="DATE=NAME",
        help="Days on which it does not come, instead of today's; '' for none.",
    ),
]
First = Annotated[
    list[str] | None,
    typer.Option(
        "--first",
        metavar="OPTION=VALUE",
        help="What new readers begin with, by the options of digest subscribers add; '' for nothing.",
    ),
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
        return answer({"items": [shown_newsletter(one) for one in shown], "next": following})
    rows = [(one.slug, one.title, f"{one.sender_name} <{one.sender_address}>", one.theme) for one in shown]
    return table("", ("slug", "title", "sender", "theme"), rows, following=following)


@newsletters.command("show")
def show(slug: str, json: Json = False, config: Config = None) -> None:
    """Show one newsletter with all its settings."""

    async def work() -> Newsletter:
        async with store_of(config) as store, store.read() as connection:
            return await newsletter_named(connection, slug)

    newsletter = run(work())
    if json:
        return answer(shown_newsletter(newsletter))
    in_words = {
        "links": [f"{link.name} {link.url}" for link in newsletter.links],
        "quiet_days": [f"{one.day} {one.name}" for one in newsletter.quiet_days],
        "first_wishes": [f"{option} {word}" for option, word in newsletter.first_wishes],
    }
    pairs(shown_newsletter(newsletter) | in_words)
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
    pictures: InMails = None,
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
    clicks: Clicks = None,
    approval: Approval = None,
    approval_lead: ApprovalLead = None,
    quiet_day: QuietDays = None,
    first: First = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a newsletter."""
    said = _said(
        *(title, description, sender_name, sender, theme, sections, max_items, postal_address, reach_back),
        *(give_up, latest_start, texts, pictures, logo, logo_alt, accent, ground, link, welcome, goodbye),
        *(sign_up, archive, feedback, clicks, approval, approval_lead, quiet_day, first),
    )
    _tell(_write(flows.add_newsletter, slug, said, config), json)


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
    pictures: InMails = None,
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
    clicks: Clicks = None,
    approval: Approval = None,
    approval_lead: ApprovalLead = None,
    quiet_day: QuietDays = None,
    first: First = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a newsletter; issues that are planned already keep what was decided for them."""
    said = _said(
        *(title, description, sender_name, sender, theme, sections, max_items, postal_address, reach_back),
        *(give_up, latest_start, texts, pictures, logo, logo_alt, accent, ground, link, welcome, goodbye),
        *(sign_up, archive, feedback, clicks, approval, approval_lead, quiet_day, first),
    )
    _tell(_write(flows.edit_newsletter, slug, said, config), json)


#: The fields of a newsletter in the order of the options.
_FIELDS: Final = (
    *("title", "description", "sender_name", "sender_address", "theme", "sections", "max_items"),
    *("postal_address", "reach_back_days", "give_up_minutes", "latest_start_minutes", "item_text"),
    *(
        "pictures",
        "logo_url",
        "logo_alt",
        "accent",
        "ground",
        "links",
        "welcome",
        "goodbye",
        "sign_up",
        "archive",
    ),
    *("feedback", "clicks", "approval", "approval_lead_minutes", "quiet_days", "first_wishes"),
)


@newsletters.command("holidays")
def holidays(
    slug: str,
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="Its code: FR, or DE-BY for a part.")],
    year: Annotated[int, typer.Argument(metavar="YEAR", parser=whole(FIRST_YEAR, LAST_YEAR))],
    json: Json = False,
    config: Config = None,
) -> None:
    """Add the public holidays of a country to the days on which a newsletter does not come."""
    settings = load_settings(config)

    async def work() -> Newsletter:
        async with store_at(settings) as store:
            return await add_holidays(
                *(slug, country, year), store=store, now=parse_now(None), by=at_the_shell()
            )

    found = run(work())
    if json:
        return answer(shown_newsletter(found))
    return say(f"newsletter {found.slug}: {counted(len(found.quiet_days), 'quiet day')}")


def _said(*values: Any) -> dict[str, Any]:
    """What was said, by field."""
    return dict(zip(_FIELDS, values, strict=True))


def _write(act: Any, slug: str, said: dict[str, Any], config: Config) -> Newsletter:
    settings = load_settings(config)

    async def work() -> Newsletter:
        async with store_at(settings) as store:
            written: Newsletter = await act(
                *(slug, said),
                store=store,
                now=parse_now(None),
                by=at_the_shell(),
                own_themes=settings.themes_dir,
            )
            return written

    return run(work())


def _tell(newsletter: Newsletter, json: bool) -> None:
    if json:
        return answer(shown_newsletter(newsletter))
    return say(f"newsletter {newsletter.slug}: {newsletter.title}, from {newsletter.sender_address}")
