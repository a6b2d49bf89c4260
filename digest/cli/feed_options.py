"""What may be said of a feed at the shell, whether it is added, changed or taken from a list."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.console import parse_line, whole
from digest.flows.edit_feeds import EVERY, SETTLE, TAKE, FeedWish
from subscribers.wishes import parse_section

Take = Annotated[
    int | None,
    typer.Option(
        "--take",
        metavar="N",
        parser=whole(TAKE.start, TAKE.stop - 1),
        help="Publish so many of the items that are there; the others count as seen.",
    ),
]
Every = Annotated[
    int | None,
    typer.Option(
        "--every", metavar="MINUTES", parser=whole(EVERY.start, EVERY.stop - 1), help="Pause between polls."
    ),
]
Settle = Annotated[
    int | None,
    typer.Option(
        "--settle",
        metavar="MINUTES",
        parser=whole(SETTLE.start, SETTLE.stop - 1),
        help="How long an item waits before it comes out; 0: not at all.",
    ),
]
Topic = Annotated[
    list[str] | None,
    typer.Option(
        "--topic", metavar="SLUG", help="Give each item this topic; without any, its categories do."
    ),
]
Section = Annotated[str | None, typer.Option("--section", help="What kind of items they are.")]


def wish_of(
    every: int | None,
    topic: list[str] | None,
    section: str | None,
    source: str | None,
    settle: int | None,
) -> FeedWish:
    """What was typed, as what a feed shall be."""
    return FeedWish(
        source=None if source is None else parse_line(source, "source") if source.strip() else "",
        section=None if section is None else parse_section(section),
        topics=None if topic is None else tuple(filter(None, (one.strip() for one in topic))),
        every_minutes=every,
        settle_minutes=settle,
    )
