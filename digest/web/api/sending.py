"""One-off issues through the API, a reader's next issue, and why: rows are written, nothing is sent."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response
from msgspec.structs import asdict

from digest.core.access import Power
from digest.core.lines import parse_line, parse_text
from digest.errors import InputError
from digest.flows.by_hand import OneOff, Plan, plan_by_hand, rehearse
from digest.flows.explain import explain
from digest.flows.overview import overview
from digest.flows.press import Press
from digest.flows.preview import preview
from digest.flows.readers import topic_names
from digest.flows.shown import explanation_shown, pause_shown
from digest.store import topics
from digest.store.database import Database
from digest.web.api.asked import ByHand
from digest.web.api.calls import Call, Made
from digest.web.api.paths import LARGEST, ROOT, Document, Paths
from digest.web.api.times import Instant, instant
from digest.web.api.told import Explained, PreviewShown, Rehearsed, SentByHand, StatusShown
from digest.web.preview_page import measures
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.wishes import parse_address, parse_topics

Reader = Annotated[str, Query(max_length=320, examples=["ada@example.org"])]
#: A time in the years that calendars and zones reach.
Now = Annotated[
    Instant | None,
    Query(description="Decide as if it were then; UTC without offset.", examples=["2026-11-25T06:30:00Z"]),
]


def add_to(paths: Paths, press: Press) -> None:
    """Add what is about sending."""
    paths.post("/send/rehearsal", Power.SEND, rehearse_send, Rehearsed)
    paths.post("/send", Power.SEND, send, SentByHand, status_code=201)
    paths.get("/why", Power.SEE_READERS, why, Explained)
    paths.get("/preview", Power.SEE_READERS, Previews(press).show_preview, PreviewShown)
    paths.get("/status", Power.SEE, show_status, StatusShown)


async def rehearse_send(call: Made, body: ByHand) -> Document:
    """Show who would get what of a one-off issue; nothing is changed."""
    plan = await rehearse(await wish_of(call, body), store=call.store)
    return {
        "planned": plan.counts.copies,
        "skipped": dict(plan.counts.skipped),
        "copies": await _copies(plan, call),
    }


async def send(call: Made, body: ByHand, answer: Response) -> Document:
    """Send a one-off issue by hand

    It is written down, and the scheduler, or `digest run`, sends it. Readers get only what is new to them,
    and not again later.
    """
    wish = await wish_of(call, body)
    planned = await plan_by_hand(wish, store=call.store, now=call.now, by=call.actor)
    answer.headers["Location"] = f"{ROOT}/issues/{planned.issue_id}"
    return {"issue": planned.issue_id, "planned": planned.copies, "skipped": dict(planned.skipped)}


async def why(
    call: Made,
    email: Reader,
    briefing: Annotated[int, Query(ge=1, le=LARGEST, examples=[1])],
    now: Now = None,
) -> Document:
    """Say why a reader got a briefing, will get it, or does not."""
    address = parse_address(email)
    found = await explain(
        address, briefing, store=call.store, now=(call.now if now is None else instant(now))
    )
    return {"email": address, "briefing": briefing, "items": [explanation_shown(one) for one in found]}


class Previews:
    """What prints a reader's next issue."""

    def __init__(self, press: Press) -> None:
        """It is printed by this press."""
        self._press: Final = press

    async def show_preview(
        self,
        call: Made,
        newsletter: Annotated[str, Query(max_length=60, examples=["daily"])],
        email: Reader,
        now: Now = None,
    ) -> Document:
        """Show a reader's next issue exactly as it would be sent; nothing is changed."""
        at = call.now if now is None else instant(now)
        found = await preview(parse_address(email), newsletter, store=call.store, press=self._press, now=at)
        letter = found.letter
        sizes = () if letter is None else measures(letter)
        return {
            "subject": found.subject or None,
            "due_at": found.slot.due_at,
            "skip": found.selection.skip,
            "html": found.html,
            "text": found.text or None,
            "message": None if letter is None else letter.content.decode("utf-8", "replace"),
            "sizes": [
                {"part": one.name, "octets": one.octets, "budget": one.budget, "fits": one.fits}
                for one in sizes
            ],
        }


async def show_status(call: Made, now: Now = None) -> Document:
    """Show what is due, under way and stuck."""
    found = await overview(store=call.store, now=(call.now if now is None else instant(now)))
    return {
        "newest_number": found.newest_number,
        "subscriptions": dict(found.subscriptions),
        "due": [_slots(one) for one in found.due],
        "upcoming": [_slots(one) for one in found.upcoming],
        "under_way": [
            {
                "issue": one.issue,
                "slot": one.slot,
                "slot_words": one.slot_words,
                "status": one.status,
                "goes_out_at": one.goes_out_at,
                "copies": dict(one.copies),
            }
            for one in found.under_way
        ],
        "overdue": [dict(one) for one in found.overdue],
        "uncertain": found.uncertain,
        "paused": [{"family": one.family, **pause_shown(one)} for one in found.paused],
        "returned": asdict(found.returned),
        "machines": [asdict(one) for one in found.machines],
    }


async def wish_of(call: Call, body: ByHand) -> OneOff:
    """The one-off that a body asks for; raises InputError unless it says in one way whom to write to."""
    if sum((body.everybody, bool(body.to), bool(body.topics or body.audience))) != 1:
        raise InputError("say whom to write to: everybody, some with to, or some with topics and audience")
    return OneOff(
        newsletter=body.newsletter,
        to=tuple(parse_address(one) for one in body.to),
        topics=await _known_topics(call.store, body.topics),
        audience=body.audience.strip(),
        briefing_ids=tuple(body.briefings),
        since=None if body.since is None else instant(body.since),
        subject=None if body.subject is None else parse_line(body.subject, "subject"),
        intro=None if body.intro is None else parse_text(body.intro, "intro"),
        ignore_bookmarks=body.ignore_bookmarks,
    )


async def _known_topics(store: Database, words: list[str]) -> frozenset[str]:
    if not words:
        return frozenset()
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
    return parse_topics(",".join(words), names) or frozenset(names.values())


async def _copies(plan: Plan, call: Call) -> list[Document]:
    """The readers addressed under the copy that each would get, the widest read first."""
    addresses: dict[object, list[str]] = {(c.group.profile, c.group.bookmark): [] for c in plan.cohorts}
    if call.may(Power.SEE_READERS):
        async with call.store.read() as connection:
            async for one in readers.every_subscription(connection, plan.newsletter.id):
                is_meant = plan.readers is None or one.id in plan.readers
                if is_meant and one.standing is Standing.ACTIVE and (one.profile, one.bookmark) in addresses:
                    addresses[one.profile, one.bookmark].append(one.address)
    copies = [
        {
            "readers": cohort.group.size,
            "emails": addresses[cohort.group.profile, cohort.group.bookmark]
            if call.may(Power.SEE_READERS)
            else None,
            "briefings": [plan.ids[number] for number in cohort.selection.numbers],
            "skip": cohort.selection.skip,
        }
        for cohort in plan.cohorts
    ]
    return sorted(copies, key=lambda copy: -int(str(copy["readers"])))


def _slots(one: object) -> Document:
    names = ("newsletter", "cadence", "slot", "due_at", "passed_over")
    return {name: getattr(one, name) for name in names}
