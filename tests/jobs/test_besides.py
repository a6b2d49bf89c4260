"""What a round does beside its mails may go wrong: they go all the same, and what went wrong is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from digest.errors import DigestError, InputError, PassingStoreError
from digest.flows.reputation import Watch
from digest.jobs import local
from digest.jobs.tidying import Tidying
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


async def breaks(*_given: Any, **_named: Any) -> None:
    raise KeyError("economy")


#: Each piece of a round that no mail waits for, and where it is done.
PIECES: dict[str, tuple[Any, str]] = {
    "settling": (local, "settle_stopped"),
    "notices": (local.LocalJobs, "notify"),
    "counting families": (local, "count_families"),
    "adding up": (local, "add_up"),
    "publishing": (local, "publish_due"),
    "tidying": (Tidying, "before_sending"),
    "watching families": (Watch, "look_now_and_then"),
    "pictures": (local.LocalJobs, "gather_pictures"),
    "rosters": (local.LocalJobs, "take_in"),
    "shrinking": (Tidying, "after_sending"),
}


@pytest.mark.parametrize("piece", PIECES)
async def test_mails_go_though_a_piece_of_the_round_goes_wrong(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    await join(sqlite_store, "ann@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    jobs = jobs_for(sqlite_store, tmp_path)
    with monkeypatch.context() as patched, capture_logs() as told:
        patched.setattr(*PIECES[piece], breaks)
        report = await run(jobs, SEVEN)
    assert report.totals.sent == 1
    assert report.trouble == f"{piece}: KeyError: 'economy'"
    assert [(one["piece"], one["log_level"]) for one in told if "piece" in one] == [(piece, "error")]
    # once it is mended, nothing is said of it any more
    assert (await run(jobs, SEVEN)).trouble == ""


async def test_our_own_words_stand_there_as_they_are(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_given: Any, **_named: Any) -> None:
        raise InputError("topic 'economy' does not exist")

    monkeypatch.setattr(local, "add_up", refuses)
    report = await run(jobs_for(sqlite_store, tmp_path), SEVEN)
    assert report.trouble == "adding up: topic 'economy' does not exist"


async def test_without_the_store_nothing_goes_on(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_given: Any, **_named: Any) -> None:
        raise PassingStoreError("the store is locked")

    monkeypatch.setattr(local, "add_up", away)
    with pytest.raises(PassingStoreError):
        await run(jobs_for(sqlite_store, tmp_path), SEVEN)


async def test_who_sends_alone_and_who_plans_alone_tell_of_it_too(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await join(sqlite_store, "ann@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    jobs, stop = jobs_for(sqlite_store, tmp_path), asyncio.Event()
    with monkeypatch.context() as patched:
        patched.setattr(local, "add_up", breaks)
        with pytest.raises(DigestError, match="adding up: KeyError"):
            await jobs.plan(SEVEN, stop)
        report = await jobs.deliver(SEVEN, stop)
    assert (report.totals.sent, report.trouble) == (1, "adding up: KeyError: 'economy'")
    assert (await jobs.deliver(SEVEN, stop)).trouble == ""
