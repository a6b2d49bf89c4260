"""A mailbox that mail came back from on several days is asked by one mail whether it lives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.core.returned import Kind
from digest.core.settling import PROBE_AT, STOP_AT, Effect
from digest.flows import readers
from digest.store import returned
from digest.store.database import Database
from digest.store.returned import Mailed
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, add_newsletter, at, join, reader
from tests.flows.post_office import all_notices, link_in, send_notices
from tests.flows.returned_words import ANA, a_copy, a_notice, follow, send_again, told
from tests.walk.recording import recording
from tests.wire.transmission import fields_of, head_of, texts_of, value_of

pytestmark = pytest.mark.anyio


async def comes_back(store: Database, copy: Mailed, days: int, first: int = 0) -> list[Effect]:
    """Mail comes back for a reason that may pass, on so many days; what follows each day."""
    effects = []
    for day in range(first, first + days):
        await send_again(store, copy)
        found = await follow(
            store, told(Kind.SOFT, copy, recipient=copy.address), now=TUESDAY + timedelta(days=day)
        )
        effects += found
    return effects


async def test_a_mailbox_is_asked_after_five_days_and_its_reader_need_not_answer(
    store: Database, tmp_path: Path
) -> None:
    copy = await a_copy(store, name="Ana")
    assert await comes_back(store, copy, PROBE_AT) == [Effect.COUNTED] * (PROBE_AT - 1) + [Effect.PROBED]
    (probe,) = await all_notices(store)
    assert (probe.kind, probe.address) == (NoticeKind.PROBE, ANA)
    assert probe.occasion == f"probe {copy.subscriber_id} 2026-11-28"
    assert (probe.due_at, probe.expires_at) == (TUESDAY + timedelta(days=4), TUESDAY + timedelta(days=6))
    async with recording() as record:
        told_ = await send_notices(store, tmp_path, record.server, now=at(28, 8))
    assert told_.by_status[DeliveryStatus.SENT] == 1
    (letter,) = record.accepted
    assert letter.recipient == ANA
    assert value_of(fields_of(head_of(letter.content)), "Subject") == "Does The Daily Digest reach you?"
    assert "there is nothing to do" in " ".join(texts_of(letter.content)["text/plain"].split())
    for page in ("preferences", "unsubscribe"):
        assert link_in(letter.content, page)


async def test_a_mailbox_is_asked_once_and_mail_that_still_comes_back_ends_it(sqlite_store: Database) -> None:
    copy = await a_copy(sqlite_store)
    effects = await comes_back(sqlite_store, copy, STOP_AT)
    assert effects[PROBE_AT - 1 :] == [Effect.PROBED, Effect.COUNTED, Effect.STOPPED]
    assert len(await all_notices(sqlite_store)) == 1
    assert (await reader(sqlite_store, ANA)).standing is Standing.BOUNCING


async def test_a_probe_that_comes_back_ends_it_at_once(sqlite_store: Database, tmp_path: Path) -> None:
    await comes_back(sqlite_store, await a_copy(sqlite_store), PROBE_AT)
    (probe,) = await all_notices(sqlite_store)
    async with recording() as record:
        await send_notices(sqlite_store, tmp_path, record.server, now=at(28, 8))
    mailed = await a_notice(sqlite_store, probe.id)
    assert await follow(sqlite_store, told(Kind.SOFT, mailed, recipient=ANA), now=at(28, 9)) == [
        Effect.STOPPED
    ]
    assert (await reader(sqlite_store, ANA)).standing is Standing.BOUNCING


@pytest.mark.parametrize("paused", ["daily", "weekly", "both"])
async def test_a_probe_speaks_of_what_is_still_read(sqlite_store: Database, paused: str) -> None:
    await add_newsletter(sqlite_store, "weekly", title="Weekly")
    copy = await a_copy(sqlite_store)
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly", at="20:00")
    for slug in ("daily", "weekly"):
        if paused in {slug, "both"}:
            await readers.pause(ANA, slug, until=None, catch_up=True, store=sqlite_store, now=TUESDAY)
    effects = await comes_back(sqlite_store, copy, PROBE_AT)
    probes = await all_notices(sqlite_store)
    # who reads nothing now is asked when they are back
    assert effects[-1] is (Effect.COUNTED if paused == "both" else Effect.PROBED)
    assert [one.newsletter_id for one in probes] == {"daily": [2], "weekly": [1], "both": []}[paused]
    async with sqlite_store.read() as connection:
        assert copy.subscriber_id is not None
        score = await returned.score_of(connection, copy.subscriber_id)
    assert (score.points, score.probed_at is None) == (PROBE_AT, paused == "both")
