"""`digest init` and `status`: the house is set up, and looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from digest.cli.actor import at_the_shell
from digest.cli.company import set_up_engine
from digest.cli.console import Config, Json, Now, answer, counted, note, parse_now, run, say, table
from digest.cli.doors import new_store_at, store_of
from digest.cli.statuses import FAILED_IN_PART
from digest.core.overdue import late_words
from digest.flows.overview import Overview, ReturnedMail, overview
from digest.flows.seed import FIRST_NEWSLETTER, seed
from digest.flows.shown import state_words
from digest.ingest.taxonomy import default_topics
from digest.settings_file import load_settings, secret_keys
from digest.store import schema
from digest.store.places import shown

#: A slot that has come so long ago, and has no issue, is worth a line.
_LATE: Final = timedelta(minutes=15)


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("init")(init)
    app.command("status")(status)


def init(
    sender: Annotated[
        str | None,
        typer.Option("--sender", metavar="'NAME <ADDRESS>'", help="Whom the mails of daily are from."),
    ] = None,
    smtp: Annotated[
        str | None, typer.Option("--smtp", metavar="URL", help="The mail server, as smtp_url in settings.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Where readers reach the web pages.")
    ] = None,
    no_questions: Annotated[
        bool, typer.Option("--no-questions", help="Ask nothing, on a terminal either.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write over what was said before without asking.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Make or migrate the store, with the default topics and a first newsletter; safe to repeat.

    On a terminal it asks for what nobody has said yet: sender, mail server, address of the pages. What it is
    told goes into digest.toml, whose other lines stay, and into the newsletter.
    """
    # imported here: `status` shares this file, and what prints newsletters takes long to load
    from digest.cli.first_run import Asked, first_run, may_ask, told
    from digest.flows.newsletters import edit_newsletter

    settings = load_settings(config)
    asks = may_ask() and not (no_questions or json)
    said = first_run(Asked(sender, smtp, base_url), settings, config, asks=asks, yes=yes)

    async def work() -> dict[str, Any]:
        secret_keys(settings)
        async with new_store_at(settings) as store:
            await seed(store, default_topics())
            await set_up_engine(store)
            if said is not None and said.sender is not None:
                fields = {"sender_address": said.sender.address, "sender_name": said.sender.name or None}
                slug, now = FIRST_NEWSLETTER.slug, parse_now(None)
                await edit_newsletter(slug, fields, store=store, now=now, by=at_the_shell())
            return {
                "store": shown(store.url),
                "version": schema.NEWEST,
                "newsletter": FIRST_NEWSLETTER.slug,
            }

    document = run(work())
    if said is not None:
        said.write_settings()
    if json:
        answer(document if said is None else document | said.document)
    else:
        say(f"the store {document['store']} is ready")
        if said is not None:
            told(said)
        if asks:
            note("next: digest ingest FILE takes news in, digest subscribers add EMAIL a reader")
    if said is not None and not said.is_well:
        raise typer.Exit(FAILED_IN_PART)


def status(now: Now = None, json: Json = False, config: Config = None) -> None:
    """Show what is due, under way and stuck."""
    instant = parse_now(now)

    async def work() -> Overview:
        async with store_of(config) as store:
            return await overview(store=store, now=instant)

    found = run(work())
    if json:
        return answer(found)
    return _tell(found, instant)


def _tell(found: Overview, now: datetime) -> None:
    readers = ", ".join(f"{count} {standing}" for standing, count in sorted(found.subscriptions.items()))
    published = counted(found.newest_number, "briefing")
    say(f"{now:%Y-%m-%d %H:%M} UTC: {published} published; readers: {readers or 'none'}")
    for one in found.overdue:
        say(f"late, as admins were told: {late_words(one)} (see digest doctor)")
    waiting = [one for one in found.due if now - one.due_at > _LATE and not found.overdue]
    if waiting:
        how_long = _in_hours(now - waiting[0].due_at)
        say(
            f"late: {counted(len(waiting), 'slot')} without an issue for {how_long}: "
            "see that digest serve runs, or that cron calls digest run"
        )
    if found.due:
        rows = [(f"{one.due_at:%Y-%m-%d %H:%M}", one.newsletter, one.cadence) for one in found.due]
        table("due now", ("since (UTC)", "newsletter", "cadence"), rows)
    if found.upcoming:
        coming = [
            (
                f"{one.due_at:%Y-%m-%d %H:%M}",
                one.newsletter,
                one.cadence,
                ", ".join(f"{quiet.name} ({quiet.day})" for quiet in one.passed_over),
            )
            for one in found.upcoming
        ]
        table("next", ("at (UTC)", "newsletter", "cadence", "not on"), coming)
    if found.under_way:
        copies = [
            (
                one.issue,
                one.slot_words,
                state_words(one.status, one.goes_out_at),
                ", ".join(f"{count} {word}" for word, count in sorted(one.copies.items())),
            )
            for one in found.under_way
        ]
        table("under way", ("issue", "slot", "status", "copies"), copies)
    if found.paused:
        resting = [(one.family, f"{one.until:%Y-%m-%d %H:%M}", one.because) for one in found.paused]
        table("paused (see digest families list)", ("family", "until (UTC)", "because"), resting)
    if found.uncertain:
        say(f"uncertain: {counted(found.uncertain, 'copy')} (see digest deliveries list --status uncertain)")
    if found.machines:
        together = [
            (
                one.name,
                one.kind,
                f"silent for {one.silent_seconds:.0f} s" if one.is_late else one.state,
                one.issue or "",
                one.connections or "",
                one.copies or "",
                f"{one.per_second:.0f}" if one.per_second else "",
            )
            for one in found.machines
        ]
        columns = ("machine", "is", "state", "issue", "connections", "copies", "a second")
        table("at work together", columns, together)
    _tell_returned(found.returned)


def _in_hours(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _tell_returned(found: ReturnedMail) -> None:
    if found.waiting:
        say(f"returned: {counted(found.waiting, 'mail')} to look at (see digest bounces list --waiting)")
    if found.unkept.mails:
        say(f"returned: {counted(found.unkept.mails, 'mail')} found no room and left a line at most")
    if found.mailboxes:
        boxes = [
            (
                one.name,
                f"{one.read_at:%Y-%m-%d %H:%M}" if one.read_at else "never",
                one.mails,
                one.aside,
                one.trouble,
            )
            for one in found.mailboxes
        ]
        columns = ("mailbox", "read (UTC)", "mails", "not understood", "trouble")
        table("returned mail comes from", columns, boxes)
