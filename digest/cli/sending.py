"""`digest run` and `digest send`: what is due goes out, or what an editor sends by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec.structs import asdict, replace

from digest.cli.actor import at_the_shell
from digest.cli.allocator import share_one_heap
from digest.cli.company import on_the_roll
from digest.cli.console import (
    Config,
    Json,
    Now,
    answer,
    confirmed,
    counted,
    note,
    parse_day,
    parse_line,
    parse_now,
    parse_text,
    run,
    say,
    table,
    tell,
    whole,
)
from digest.cli.dispatch import jobs_for, polling, stopping
from digest.cli.doors import store_of, store_to_act_on
from digest.cli.lookouts import watching
from digest.cli.meters import watched
from digest.cli.statuses import DONE, FAILED_IN_PART, INTERRUPTED
from digest.config import Settings
from digest.core.model import RunTotals
from digest.errors import InputError
from digest.flows.addressed import Addressed, addressed_by
from digest.flows.by_hand import OneOff, Plan, plan_by_hand, rehearse
from digest.flows.readers import topic_names
from digest.jobs.local import RunReport, totals_of
from digest.mail.servers import FileOutbox, parse_servers
from digest.settings_file import load_settings
from digest.store import topics
from digest.store.database import Database
from digest.store.workers import Kind
from digest.wiring import event_loop_for
from subscribers.wishes import parse_address, parse_topics

#: Addresses named in a line of a rehearsal; the document has them all.
_NAMED: Final = 3
#: What may become of a notice that is not well.
_FAILED: Final = ("refused", "expired", "uncertain")


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("run")(run_once)
    app.command("send")(send)


def run_once(now: Now = None, json: Json = False, config: Config = None) -> None:
    """Take news in, plan and send all that is due, then end: what cron calls."""
    instant = parse_now(now)
    settings = load_settings(config)

    async def work() -> tuple[RunReport, bool, str]:
        async with (
            store_to_act_on(settings) as store,
            stopping() as stop,
            watched(json) as progress,
            polling(settings, store) as poller,
            on_the_roll(settings, store, Kind.SENDER) as roll,
        ):
            jobs = await jobs_for(settings, store, progress, poller=poller, watches=True, roll=roll)
            at = jobs.wall() if now is None else instant
            await jobs.poll(at, stop)
            looked = await jobs.look_patiently(at, stop)
            # before anything is sent: whose mail came back gets no more
            await jobs.read_mailbox(stop)
            async with watching(settings, store, jobs, stop, as_if=now is not None) as ended:
                report = await jobs.run(at, stop)
                ended.trouble = report.trouble
            await jobs.hand_over_all(stop)
            await jobs.record_leavings(jobs.wall())
            return report, stop.interrupted, looked.trouble

    share_one_heap()
    report, interrupted, trouble = run(work(), event_loop_for(settings))
    _end(report, interrupted, json, settings, not_taken_in=trouble)


def send(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    more: Annotated[list[str] | None, typer.Argument(metavar="EMAIL", help="More, after --to.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="To all its active readers.")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="EMAIL", help="To these readers.")] = None,
    topic_list: Annotated[str | None, typer.Option("--topics", help="To readers who follow these.")] = None,
    briefing: Annotated[
        list[int] | None,
        typer.Option("--briefing", metavar="ID", parser=whole(), help="These briefings, to all addressed."),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Published since.")] = None,
    subject: Annotated[str | None, typer.Option("--subject")] = None,
    intro: Annotated[str | None, typer.Option("--intro", help="A few words above the briefings.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would get what.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ignore_bookmarks: Annotated[
        bool, typer.Option("--ignore-bookmarks", help="Also send what readers have had.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Send a one-off issue by hand; readers get only what is new to them, and not again later."""
    wish = OneOff(
        newsletter=newsletter,
        to=_addressed(everybody, to or [], more or [], topic_list),
        briefing_ids=tuple(briefing or ()),
        since=None if since is None else datetime.combine(parse_day(since, "since"), time(), UTC),
        subject=None if subject is None else parse_line(subject, "subject"),
        intro=None if intro is None else parse_text(intro, "intro"),
        ignore_bookmarks=ignore_bookmarks,
    )
    wish, plan, copies = run(_rehearsed(wish, topic_list, config))
    # asked while no store is open and no signal is kept from ending the command
    if dry_run or (plan.counts.copies and not yes and not confirmed(_question(plan))):
        return _tell_plan(plan, copies, json)
    settings = load_settings(config)
    share_one_heap()
    return _end(*run(_sent(wish, settings, json), event_loop_for(settings)), json, settings)


def _addressed(
    everybody: bool, to: Sequence[str], more: Sequence[str], topic_list: str | None
) -> tuple[str, ...]:
    """The addresses that were named; whom to send to is said in exactly one way."""
    if sum((everybody, bool(to), topic_list is not None)) != 1:
        raise InputError("say whom to send to: one of --all, --to EMAIL or --topics a,b")
    if more and not to:
        raise InputError(f"{more[0]!r} is one word too many: readers are named behind --to")
    return tuple(parse_address(address) for address in (*to, *more))


async def _rehearsed(
    wish: OneOff, topic_list: str | None, config: Path | None
) -> tuple[OneOff, Plan, list[Addressed]]:
    async with store_of(config) as store:
        chosen = replace(wish, topics=await _known_topics(store, topic_list))
        plan = await rehearse(chosen, store=store)
        return chosen, plan, await addressed_by(plan, store)


async def _sent(wish: OneOff, settings: Settings, json: bool) -> tuple[RunReport, bool]:
    async with (
        store_to_act_on(settings) as store,
        stopping() as stop,
        watched(json) as progress,
        on_the_roll(settings, store, Kind.SENDER) as roll,
    ):
        now = parse_now(None)
        jobs = await jobs_for(settings, store, progress, roll=roll)
        await jobs.gather_pictures(now, stop)
        planned = await plan_by_hand(wish, store=store, now=now, by=at_the_shell())
        tally = await jobs.send(planned.issue_id, now, stop)
        totals = totals_of([planned], [planned.issue_id], tally)
        return RunReport(totals, tally.whole_trouble, tally.waiting), stop.interrupted


async def _known_topics(store: Database, words: str | None) -> frozenset[str]:
    if words is None:
        return frozenset()
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
    return parse_topics(words, names) or frozenset(names.values())


def _question(plan: Plan) -> str:
    return f"Send {counted(plan.counts.copies, 'mail')} of {plan.newsletter.title}?"


def _tell_plan(plan: Plan, copies: Sequence[Addressed], json: bool) -> None:
    if json:
        document: list[dict[str, Any]] = [
            {
                "readers": len(one.addresses),
                "emails": one.addresses,
                "briefings": one.briefing_ids,
                "skip": one.skip,
            }
            for one in copies
        ]
        return answer({"planned": plan.counts.copies, "skipped": plan.counts.skipped, "copies": document})
    rows = [
        (
            len(one.addresses),
            _some(one.addresses),
            ", ".join(map(str, one.briefing_ids)) or f"nothing: {one.skip}",
        )
        for one in copies
    ]
    return table(
        f"{counted(plan.counts.copies, 'mail')} would be sent", ("readers", "who", "briefings"), rows
    )


def _some(emails: Sequence[str]) -> str:
    more = len(emails) - _NAMED
    return ", ".join(emails[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _end(
    report: RunReport, interrupted: bool, json: bool, settings: Settings, *, not_taken_in: str = ""
) -> None:
    """Tell the totals; the exit status says whether all went well."""
    totals = report.totals
    if json:
        # where nothing but issues was sent, the document is what it always was
        document = asdict(totals)
        answer(document if totals.notices else {k: v for k, v in document.items() if k != "notices"})
    else:
        say(_in_words(totals))
        target = parse_servers(settings.smtp_url.get_secret_value())
        if isinstance(target, FileOutbox) and (totals.sent or totals.notices):
            tell(
                f"the mails lie in the folder {target.folder}: no mail server is named (smtp_url); "
                "digest outbox list shows them"
            )
    if report.trouble:
        note(f"stopped: {report.trouble}; what was not tried stays planned and no attempt is counted")
        note("digest doctor says what is wrong, and digest run sends the rest")
    if interrupted:
        note("what was not sent stays planned: digest run sends the rest")
    if report.waiting:
        note(f"left for later: {report.waiting}")
    if not_taken_in:
        note(f"nothing was taken in from {settings.ingest_dir}: {not_taken_in}")
    failed = report.trouble or not_taken_in or totals.refused or totals.expired or totals.uncertain
    failed = failed or any(totals.notices.get(status) for status in _FAILED)
    raise typer.Exit(INTERRUPTED if interrupted else FAILED_IN_PART if failed else DONE)


def _in_words(totals: RunTotals) -> str:
    """The totals as one line."""
    counts = {name: value for name, value in asdict(totals).items() if isinstance(value, int) and value}
    words = [f"{value} {name}" for name, value in counts.items()]
    words += [f"{count} skipped ({reason})" for reason, count in sorted(totals.skipped.items())]
    notices = ", ".join(f"{count} {status}" for status, count in totals.notices.items())
    if not (words or totals.issues):
        return f"notices: {notices}" if notices else "nothing is due (digest status says what comes next)"
    issues = f"{counted(len(totals.issues), 'issue')}: {', '.join(words) or 'nothing to do'}"
    return f"{issues}; notices: {notices}" if notices else issues
