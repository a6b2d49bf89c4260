"""What is logged while an issue is planned and sent names it, whoever writes: tasks, callbacks, libraries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import LogCapture

from digest.flows.reputation import Watch
from digest.jobs.here import Here
from digest.jobs.liveness import Liveness
from digest.mail.kept import KeptLanes
from digest.mail.post import Post
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, add_newsletter, at, item, join, publish_news
from tests.jobs.office import press_for
from tests.mail.smtpd import smtpd

pytestmark = pytest.mark.anyio

log = structlog.get_logger(__name__)


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    """What is logged, with the fields of the work."""
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[merge_contextvars, capture := LogCapture()])
    yield capture
    structlog.configure(processors=before)


class Talkative:
    """Watches a run, and says so for each copy: from wherever it is told."""

    def expect(self, copies: int) -> None:
        log.info("expected", copies=copies)

    def settled(self, copies: int) -> None:
        log.info("settled", copies=copies)


async def test_lines_of_an_issue_name_it_also_over_connections_that_were_opened_for_another(
    sqlite_store: Database, tmp_path: Path, lines: LogCapture
) -> None:
    await add_newsletter(sqlite_store, "weekly")
    for newsletter in ("daily", "weekly"):
        for number in range(8):
            await join(sqlite_store, f"{newsletter}{number}@example.org", TUESDAY, newsletter=newsletter)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    async with smtpd(pipelining=True) as server:
        post = Post((server.server(),), helo="desk.example")
        kept = KeptLanes(post.lane)
        here = Here(
            store=sqlite_store,
            press=press_for(sqlite_store),
            post=post,
            names=Liveness(tmp_path / "senders"),
            watch=Watch(store=sqlite_store, acts=False, alerts_to=()),
            lanes=1,
            resend_uncertain=True,
            progress=Talkative(),
            kept=kept,
        )
        now, stop = at(25, 9), asyncio.Event()
        planned = await here.plan(now, stop)
        await here.send([one.issue_id for one in planned], now, stop)
        await kept.close()
        assert server.connections == 1
    slot = "2026-11-25T07:00"
    made = [line for line in lines.entries if line["event"] == "planned an issue"]
    assert [(line["issue"], line["newsletter"], line["slot"]) for line in made] == [
        (1, "daily", slot),
        (2, "weekly", slot),
    ]
    told = [line for line in lines.entries if line["event"] == "settled"]
    assert [(line["issue"], line["newsletter"]) for line in told] == [(1, "daily")] * 8 + [(2, "weekly")] * 8
    assert get_contextvars() == {}
