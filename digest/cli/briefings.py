"""`digest ingest` and `digest briefings`: what comes in, and what editors do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.cli import drafts, stories
from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    Page,
    answer,
    listing,
    note,
    pairs,
    parse_choice,
    parse_line,
    parse_now,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_of
from digest.cli.files import bytes_of
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.corrections import Telling
from digest.core.lines import MOST_TITLE
from digest.core.model import Briefing, BriefingStatus
from digest.core.weblinks import is_web_link
from digest.errors import InputError, missing
from digest.flows.collect import Collected, collect
from digest.flows.correcting import Word
from digest.flows.edit_briefing import NOTHING, Edit, Nothing, edit, publish, retract
from digest.flows.find_feed import fetched
from digest.flows.shown import (
    briefing_in_a_list,
    briefing_in_full,
    corrections_shown,
    picture_shown,
    picture_told,
)
from digest.ingest.formats import FORMATS
from digest.ingest.gathered import Gathered
from digest.ingest.headings import HeadingsError
from digest.ingest.packed import read_all
from digest.ingest.pictures import parse_picture, parse_picture_alt
from digest.ingest.plaintext import clean, decoded, paragraphs
from digest.ingest.topics import TopicRules
from digest.settings_file import load_settings
from digest.store import briefings as shelf
from digest.store import corrections, pictures, topics
from digest.store.opinions import tally
from digest.wiring import reach_of, set_up_telemetry
from subscribers.wishes import parse_section

BriefingId = Annotated[int, typer.Argument(metavar="ID", parser=whole())]

Tell = Annotated[
    str,
    typer.Option(
        "--tell",
        metavar="WHEN",
        help="Whether who has had the text is told: when-it-matters (the default), always or never.",
    ),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What they are told of it, in your words.")]

briefings = typer.Typer(help="List, show, edit, publish, retract and discard briefings.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("ingest")(ingest)
    stories.add_to(briefings)
    drafts.add_to(briefings)
    app.add_typer(briefings, name="briefings")


def ingest(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Files, addresses of the web, or -.")
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format", help=f"{' or '.join(FORMATS)}, or that of a plugin; recognised when not given."
        ),
    ] = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", metavar="SLUG", help="Give the items this topic.")
    ] = None,
    section: Annotated[str, typer.Option("--section", help="What kind of items they are.")] = "briefing",
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="HEADING=KEY", help="What a column of a table holds; without KEY, nothing."
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep new items unpublished.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Take briefings in and publish them; what is known already is left alone or revised."""
    kind = parse_section(section)
    # formats that cannot be used are told there, and never among the answers
    set_up_telemetry(load_settings(config))
    reading = partial(
        _read, format=format, section=kind, topics=tuple(topic or ()), columns=_columns(column or ())
    )
    named = {one: "standard input" if one == "-" else one for one in sources}
    gathered = [part for one in sources for part in reading(_given(one, config), source=named[one])]
    collected = run(_collect(gathered, topic or (), config, not draft))
    whole = Collected(
        added=tuple(id_ for one in collected for id_ in one.added),
        updated=tuple(id_ for one in collected for id_ in one.updated),
        unchanged=sum(one.unchanged for one in collected),
        rejected=tuple(refusal for one in collected for refusal in one.rejected),
    )
    if json:
        answer({name: getattr(whole, name) for name in ("added", "updated", "unchanged", "rejected")})
    else:
        say(f"{len(whole.added)} added, {len(whole.updated)} updated, {whole.unchanged} unchanged")
    for one in gathered:
        if not (one.drafts or one.rejected):
            note(f"{one.source} holds no item")
    for id_ in dict.fromkeys(id_ for one in collected for id_ in one.discarded):
        note(f"briefing {id_} was discarded, and stays so: digest briefings restore {id_}")
    for refusal in whole.rejected:
        note(f"refused {refusal.source}, line {refusal.line}: {refusal.reason}")
    raise typer.Exit(FAILED_IN_PART if whole.rejected else DONE)


@briefings.command("list")
def list_briefings(
    status: Annotated[
        str | None, typer.Option("--status", help="draft, published, retracted or discarded.")
    ] = None,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List briefings by id."""
    wanted = parse_choice(status, BriefingStatus)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            return await listing(
                lambda start, count: shelf.page(connection, after=start, limit=count, status=wanted),
                Page(limit, after, everything),
                lambda briefing: briefing.id,
                briefing_in_a_list,
            )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "number", "status", "section", "topics", "source", "title")
    rows = [
        [", ".join(item["topics"]) if name == "topics" else item[name] for name in columns]
        for item in document["items"]
    ]
    return table("", columns, rows, following=document["next"])


@briefings.command("show")
def show(briefing_id: BriefingId, json: Json = False, config: Config = None) -> None:
    """Show one briefing with the reasons of its topics."""

    async def work() -> tuple[Briefing, dict[str, Any]]:
        async with store_of(config) as store, store.read() as connection:
            found = _found(await shelf.by_id(connection, briefing_id), briefing_id)
            return found, await _known_of(connection, found)

    briefing, known = run(work())
    if json:
        return answer(briefing_in_full(briefing) | known)
    say(briefing.title + "\n")
    say("\n\n".join(briefing.paragraphs) + "\n")
    pairs(briefing_in_a_list(briefing), without=("title", "topics"))
    for mark in briefing.topics:
        say(f"{'topic':13} {mark.slug}: {mark.reason}")
    if briefing.picture:
        shown = filter(None, (briefing.picture, picture_told(known["picture_in_mails"])))
        say(f"{'picture':13} {'; '.join(shown)}")
    for change in known["corrections"]:
        told = f"{change['kind']} {change['at']:%Y-%m-%d %H:%M} UTC, told to {change['readers']}"
        say(f"{'number ' + str(change['number']):13} {told}{': ' * bool(change['note'])}{change['note']}")
    say(f"{'readers':13} useful to {known['useful']}, not useful to {known['not_useful']}")
    return None


@briefings.command("edit")
def edit_briefing(
    briefing_id: BriefingId,
    title: Annotated[str | None, typer.Option("--title")] = None,
    body: Annotated[
        Path | None, typer.Option("--body", metavar="FILE", help="Text whose paragraphs replace the body.")
    ] = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", metavar="SLUG", help="Topics instead of today's.")
    ] = None,
    section: Annotated[str | None, typer.Option("--section")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where readers read on.")] = None,
    picture: Annotated[
        str | None, typer.Option("--picture", metavar="URL", help="Where its picture lies, https.")
    ] = None,
    picture_alt: Annotated[
        str | None, typer.Option("--picture-alt", metavar="TEXT", help="The picture in words.")
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Take the picture away.")] = False,
    lead: Annotated[bool | None, typer.Option("--lead/--no-lead", help="Stands first in a mail.")] = None,
    weight: Annotated[
        int | None,
        typer.Option(
            "--weight",
            metavar="N",
            parser=whole(-999, 999),
            help="Heavier items come first: -999 to 999.",
        ),
    ] = None,
    must_not_miss: Annotated[
        bool | None, typer.Option("--must-not-miss/--no-must-not-miss", help="No cap puts it off.")
    ] = None,
    publish_at: Annotated[
        str | None,
        typer.Option(
            "--publish-at",
            metavar="TIME",
            help="When a draft comes out: ISO 8601 (UTC without offset), +36h, or never.",
        ),
    ] = None,
    tell: Tell = Telling.WHEN_IT_MATTERS.value,
    note: Note = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a briefing; a changed title, body, link or picture is a new revision of the same briefing.

    Readers who have had the old text are told in their next issue, when it says something else than before.
    """
    wish = Edit(
        title=None if title is None else parse_line(title, "title", MOST_TITLE),
        paragraphs=None if body is None else _paragraphs(body),
        topics=None if topic is None else tuple(topic),
        section=None if section is None else parse_section(section),
        url=None if url is None else _link(url),
        picture=_picture(picture, no_picture),
        picture_alt=None if picture_alt is None else parse_picture_alt(picture_alt),
        lead=lead,
        weight=weight,
        must_not_miss=must_not_miss,
        publish_at=_appointed(publish_at),
        word=_word(tell, note),
    )
    _act(lambda store: edit(briefing_id, wish, store=store, **_by()), json, config)


@briefings.command("publish")
def publish_briefing(briefing_id: BriefingId, json: Json = False, config: Config = None) -> None:
    """Publish a draft, or a retracted briefing again: whose copies left it out gets it in the next issue."""
    _act(lambda store: publish(briefing_id, store=store, **_by()), json, config)


@briefings.command("retract")
def retract_briefing(
    briefing_id: BriefingId,
    tell: Tell = Telling.WHEN_IT_MATTERS.value,
    note: Note = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Take a briefing back: no copy that has not begun to be sent carries it, and who had it is told."""
    word = _word(tell, note)
    _act(lambda store: retract(briefing_id, word, store=store, **_by()), json, config)


def _by() -> dict[str, Any]:
    """When it is done, and by whom."""
    return {"now": parse_now(None), "by": at_the_shell()}


def _word(tell: str, note: str) -> Word:
    return Word(parse_choice(tell, Telling, "tell") or Telling.WHEN_IT_MATTERS, note)


def _appointed(text: str | None) -> datetime | Nothing | None:
    if text is not None and text.strip().lower() == "never":
        return NOTHING
    return None if text is None else parse_now(text)


def _act(work: Any, json: bool, config: Path | None) -> None:
    """Do one thing with a briefing and show what it is afterwards."""

    async def whole() -> tuple[Briefing, dict[str, Any]]:
        async with store_of(config) as store:
            briefing: Briefing = await work(store)
            async with store.read() as connection:
                return briefing, await _known_of(connection, briefing)

    briefing, known = run(whole())
    if json:
        return answer(briefing_in_full(briefing) | known)
    return say(f"briefing {briefing.id} is {briefing.status}, revision {briefing.revision}")


async def _known_of(connection: AsyncConnection, briefing: Briefing) -> dict[str, Any]:
    """What became of a briefing among its readers: what they said of it, and are told of it."""
    said = await tally(connection, briefing.number or 0)
    history = await corrections.of_briefing(connection, briefing.id)
    record = await pictures.record_of(connection, briefing.picture)
    told = {"corrections": corrections_shown(history), "picture_in_mails": picture_shown(record)}
    return {**said._asdict(), **told}


async def _collect(
    gathered: Sequence[Gathered], names: Sequence[str], config: Path | None, publish_new: bool
) -> list[Collected]:
    async with store_of(config) as store:
        async with store.read() as connection:
            rules = TopicRules(await topics.every(connection))
        for name in names:
            # a wrong one is the fault of the call, not of each item
            rules.slug_of(name)
        return [await collect(one, store=store, publish=publish_new, **_by()) for one in gathered]


def _read(data: bytes, **how: Any) -> tuple[Gathered, ...]:
    try:
        return read_all(data, **how)
    except HeadingsError as error:
        heading = error.table.headings[0]
        raise InputError(f"{error}, as in --column {heading!r}=title or --column {heading!r}=") from None


def _columns(told: Sequence[str]) -> dict[str, str]:
    """Keys by the headings of a table."""
    for one in told:
        if "=" not in one:
            raise InputError(f"--column {one!r}: write it as HEADING=KEY, as in --column Headline=title")
    # a heading may hold the sign, a key never does
    return {heading: key.strip() for heading, _sign, key in (one.rpartition("=") for one in told)}


def _given(source: str, config: Path | None) -> bytes:
    """What a file, an address of the web or standard input holds."""
    # whatever its scheme: who cannot be asked says so
    if "://" not in source:
        return bytes_of(Path(source))

    async def work() -> bytes:
        async with reach_of(load_settings(config)) as reach:
            return await fetched(source, reach=reach)

    return run(work())


def _paragraphs(path: Path) -> tuple[str, ...]:
    found = paragraphs(clean(decoded(bytes_of(path), source=str(path))))
    if not found:
        raise InputError(f"body {str(path)!r} is empty: write at least one paragraph")
    return found


def _link(text: str) -> str:
    """An address that a reader can follow; empty takes the link away."""
    if text and not (text.isprintable() and is_web_link(text)):
        raise InputError(f"url {text!r} is not an absolute http or https address: say https://HOST/PATH")
    return text


def _picture(text: str | None, no_picture: bool) -> str | None:
    """Where the picture lies; empty takes it away."""
    if no_picture:
        if text is not None:
            raise InputError("--picture and --no-picture are both given: say one of them")
        return ""
    return None if text is None else parse_picture(text) or ""


def _found(briefing: Briefing | None, briefing_id: int) -> Briefing:
    if briefing is None:
        raise missing(f"briefing {briefing_id}", "briefings list")
    return briefing
