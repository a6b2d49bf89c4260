"""Who watches what comes back: a look after settling, a word once a day, and figures that add up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.core.model import DeliveryStatus, Verdict
from digest.core.reputation import Counts
from digest.core.returned import Kind, Returned
from digest.core.verdict import SENT, Reason
from digest.flows.matching import Origin
from digest.flows.reputation import Watch
from digest.flows.settle import Mail
from digest.store import family_counts, family_pauses, returned_mails
from digest.store.database import Database
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, copies, item, join, plan_all, publish_news
from tests.flows.post_office import all_notices
from tests.flows.returning import TOKENS, back_to, complaint, report, settling
from tests.jobs.office import jobs_for, run
from tests.walk.recording import recording
from tests.walk.test_sending_paced import OTHER, SLOW, readers_at
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

SEVEN, NINE = at(24, 7), at(24, 9)
ADMIN = "desk@newsroom.example"
BAD = Verdict(DeliveryStatus.REFUSED, Reason.NO_SUCH_ADDRESS, hard_bounce=True)
WEEK = NINE - timedelta(days=7)


def watch(store: Database, **rules: Any) -> Watch:
    return Watch(store=store, alerts_to=[ADMIN], **rules)


async def counts(store: Database) -> dict[str, Counts]:
    async with store.read() as connection:
        return await family_counts.by_family(connection, WEEK)


async def resting(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.family for one in await family_pauses.under_way(connection, NINE)]


async def an_issue(store: Database) -> int:
    await join(store, "ana@readers.example", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, SEVEN)
    return planned.issue_id


@pytest.mark.parametrize("by", ["link", "return-path"])
async def test_complaints_that_are_settled_pause_a_family_at_once(
    by: str, store: Database, tmp_path: Path
) -> None:
    await readers_at(store, *[SLOW] * 120, *[OTHER] * 30)
    await run(jobs_for(store, tmp_path), SEVEN)
    mine = [one for one in await copies(store) if (one.address or "").endswith(SLOW)]
    tokens = [TOKENS.make(Purpose.UNSUBSCRIBE, one.subscription_id) for one in mine[:6]]
    if by == "link":
        # as providers pass it on: whose it is, only our link says
        raws = [complaint(f"List-Unsubscribe: <https://news.example/unsubscribe/{one}>") for one in tokens]
    else:
        raws = [complaint(f"Return-Path: <{back_to(one)}>") for one in mine[:6]]
    # the same told twice is told once
    done = await settling(store, NINE, watch=watch(store)).take_in([Mail(raw) for raw in raws + raws])
    assert [len(one) for one in done] == [1] * 12
    assert (await counts(store))[SLOW].complaints == 6
    assert await resting(store) == [SLOW]
    async with recording() as record:
        await run(jobs_for(store, tmp_path, record.server, alerts_to=[ADMIN]), NINE)
    said = [" ".join(texts_of(one.content)["text/plain"].split()) for one in record.accepted]
    (paused,) = [one for one in said if "Nothing is sent to mailboxes of slow.example" in one]
    assert "until 2026-11-25 09:00 UTC" in paused
    assert "Readers of 6 of 120 copies (5.00 %) complained, more than 0.3 %." in paused
    (much,) = [one for one in said if "Readers with mailboxes of slow.example complain" in one]
    assert "6 of 120 copies in seven days (5.00 %). That is too much." in much


async def test_a_look_after_settling_is_had_once_a_minute(sqlite_store: Database) -> None:
    clock = [0.0]
    looks = 0

    class Counting(Watch):
        async def look(self, now: Any) -> None:
            nonlocal looks
            looks += 1
            await super().look(now)

    seen = Counting(store=sqlite_store, clock=lambda: clock[0])
    for second in (0, 1, 59, 60, 61, 125):
        clock[0] = second
        await settling(sqlite_store, NINE, watch=seen).take_in([Mail(report(f"a{second}@nowhere.example"))])
        if second == 0:
            seen._looked_at = 0.0
    # of mails that are about nothing of ours too: looking is what the clock says, not what they say
    assert looks == 3
    async with sqlite_store.read() as connection:
        assert await returned_mails.open_mails(connection) == 6


async def test_a_copy_that_is_returned_twice_is_one_and_what_proves_nothing_is_none(
    store: Database, tmp_path: Path
) -> None:
    await readers_at(store, *[SLOW] * 30)
    await run(jobs_for(store, tmp_path), SEVEN)
    first, *_ = await copies(store)
    raws = [
        report(first.address or "", to=back_to(first)),
        report(first.address or "", to=back_to(first), status="5.7.1", said="550 5.7.1 policy"),
        report("nobody@elsewhere.example"),
    ]
    mine = settling(store, NINE)
    await mine.take_in([Mail(raw) for raw in raws])
    # a provider tells of it in words of its own, twice
    told = [Returned(Kind.HARD, first.address or "", permanent=True, text=words) for words in ("no", "gone")]
    await mine.settle(told, Origin("postmark", vouched=True))
    assert await counts(store) == {SLOW: Counts(tried=30, accepted=30, hard=1, blocked=1)}


async def test_answers_are_added_up_by_many_and_few_wait_until_the_end(store: Database) -> None:
    issue_id = await an_issue(store)
    clock = [0.0]
    one, other = (watch(store, clock=lambda: clock[0]) for _ in range(2))
    for _ in range(25):
        one.heard(issue_id, SLOW, SENT)
        other.heard(issue_id, SLOW, BAD)
    one.heard(issue_id, OTHER, SENT)
    for each in (one, other):
        await each.meanwhile(NINE)
    assert await counts(store) == {SLOW: Counts(tried=50, accepted=25, hard=25)}
    # little of a family that is known already is added to it
    third = watch(store)
    third.heard(issue_id, SLOW, SENT)
    for each in (one, other, third):
        await each.afterwards(NINE)
    assert await counts(store) == {
        SLOW: Counts(tried=51, accepted=26, hard=25),
        "others": Counts(tried=1, accepted=1),
    }


async def test_what_cannot_be_written_down_is_kept(sqlite_store: Database, tmp_path: Path) -> None:
    issue_id = await an_issue(sqlite_store)
    mine = watch(sqlite_store)
    for _ in range(30):
        mine.heard(issue_id, SLOW, SENT)
    blank = Database(f"sqlite+aiosqlite:///{tmp_path / 'blank.sqlite3'}")
    mine._store, right = blank, mine._store  # type: ignore[misc]
    with pytest.raises(Exception, match="digest init"):
        await mine.afterwards(NINE)
    await blank.close()
    mine._store = right  # type: ignore[misc]
    await mine.afterwards(NINE)
    assert await counts(sqlite_store) == {SLOW: Counts(tried=30, accepted=30)}


async def test_an_alarm_is_told_once_a_day_and_again_when_it_grows_worse(sqlite_store: Database) -> None:
    issue_id = await an_issue(sqlite_store)
    told: list[int] = []
    for bad, hours in ((16, 0), (0, 1), (30, 2), (0, 3), (0, 24)):
        # each look is that of another process
        mine = watch(sqlite_store)
        for _ in range(bad):
            mine.heard(issue_id, SLOW, BAD)
        for _ in range(1000 if not told else 0):
            mine.heard(issue_id, SLOW, SENT)
        await mine.afterwards(NINE + timedelta(hours=hours))
        await mine.look(NINE + timedelta(hours=hours))
        alerts = [one for one in await all_notices(sqlite_store) if one.data.get("family") == SLOW]
        told.append(len(alerts))
    assert told == [1, 1, 2, 2, 3]
    assert [one.data["level"] for one in alerts] == ["near", "over", "over"]
