"""The figures that operators get: what the rows say, what the process counts, and nothing about anybody."""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from starlette.routing import Route

from digest.core.metrics import METRICS
from digest.core.reputation import What
from digest.store import family_counts
from digest.store.database import Database
from digest.store.tables import deliveries, issues
from digest.web.app import build_app
from digest.web.operations import Operated
from tests.flows.newsroom import TUESDAY, at, item, join, join_many, plan_all, publish_news, reader
from tests.flows.returning import back_to, report, sent_to, take
from tests.jobs.office import jobs_for, press_for, run
from tests.walk.recording import Accepted, Record, recording
from tests.web.scraping import SHOWN, TOKEN, Figures, scraper
from tests.web.visiting import BASE_URL, TOKENS, choices

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


async def copies_by_outcome(store: Database) -> Counter[tuple[str, str]]:
    """The rows themselves."""
    mine = deliveries.c
    query = select(mine.status, mine.reason, func.count()).group_by(mine.status, mine.reason)
    async with store.read() as connection:
        return Counter({(row[0], row[1]): row[2] for row in await connection.execute(query)})


def told_by_outcome(figures: Figures) -> Counter[tuple[str, str]]:
    """The same as Prometheus sees it, without what there is none of."""
    told = Counter(
        {
            (one.labels["outcome"], one.labels["reason"]): int(one.value)
            for one in figures.every("digest_copies_total")
        }
    )
    return +told


def moody(record: Record, *, later: str, never: str) -> None:
    """Have the server put one reader off for now, and refuse another."""

    async def answer(message: Accepted) -> str | None:
        if message.recipient == later:
            return "451 4.7.1 come back later"
        return "550 5.1.1 no such user here" if message.recipient == never else None

    record.at_data = answer


async def test_copies_of_an_issue_that_was_sent_are_told_as_the_rows_have_them(
    store: Database, tmp_path: Path
) -> None:
    first, second, *_ = await join_many(store, 20, TUESDAY)
    await join(store, "idle@example.org", TUESDAY, topics="society")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    async with recording() as record:
        jobs = jobs_for(store, tmp_path, record.server)
        async with scraper(store, SEVEN, stopwatch=jobs.stopwatch) as prometheus:
            before = await prometheus.figures()
            moody(record, later=first, never=second)
            await run(jobs, SEVEN)
            meanwhile = await prometheus.figures()
            record.at_data = None
            await run(jobs, SEVEN + timedelta(hours=1))
            after = await prometheus.figures()
    # nobody is counted before the issue is settled, and what is not settled is seen
    assert (before("digest_slots_due"), before("digest_copies_total", outcome="sent")) == (1, 0)
    # and what has not happened yet is there, or nobody would see the first time
    assert before("digest_copies_total", outcome="expired", newsletter="daily") == 0
    assert (meanwhile("digest_copies_open", copy="deferred"), told_by_outcome(meanwhile)) == (1, {})
    assert meanwhile("digest_issues_unfinished", status="sending") == 1
    rows = await copies_by_outcome(store)
    assert {outcome for outcome, _reason in rows} == {"sent", "refused", "skipped"}
    assert told_by_outcome(after) == rows
    assert rows["sent", ""] == len(record.accepted) == 19
    assert after("digest_issues_total", end="done", newsletter="daily") == 1
    assert sum(one.value for one in after.every("digest_copies_open")) == 0
    assert after("digest_slots_due") == 0
    # what the process measured is what the server saw
    answers = {one.labels["answer"]: one.value for one in after.every("digest_letter_seconds_count")}
    assert answers == {"accepted": 19, "hard": 1, "later": 1}
    assert after("digest_letter_seconds_sum", answer="accepted") > 0
    assert after("digest_commit_seconds_count") >= 1
    assert after("digest_claim_seconds_count") >= 2
    assert after("digest_connections") == 0


async def test_totals_are_those_of_the_store_whoever_sent_and_whoever_is_asked(
    store: Database, second_store: Database, tmp_path: Path
) -> None:
    await join_many(store, 5, TUESDAY)
    for day in (24, 25, 26):
        await publish_news(store, at(day, 6), item(f"News of {day}", "economy"))
        await run(jobs_for(store, tmp_path / str(day)), at(day, 7))
    async with scraper(store, at(26, 8)) as one, scraper(second_store, at(26, 8)) as other:
        told = [await one.figures(), await other.figures()]
    for figures in told:
        assert figures("digest_copies_total", outcome="sent") == 15
        assert figures("digest_issues_total", end="done") == 3
        assert figures("digest_publications_total") == 3
        newest = figures("digest_newest_publication_timestamp_seconds")
        assert newest == at(26, 6).timestamp()


async def test_readers_slots_and_what_is_to_come_are_told(store: Database) -> None:
    await join(store, "ana@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, days="weekdays", at="09:30")
    await join(store, "new@example.org", TUESDAY, confirmed=False)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    async with scraper(store, at(24, 7, 25)) as prometheus:
        figures = await prometheus.figures()
    assert figures("digest_readers", standing="active") == 2
    assert figures("digest_readers", standing="pending") == 1
    assert figures("digest_notices_open", notice="confirm") == 1
    assert (figures("digest_slots_due"), figures("digest_slots_late")) == (1, 1)
    assert figures("digest_slot_late_seconds") == 25 * 60
    assert figures("digest_next_slot_timestamp_seconds") == at(24, 9, 30).timestamp()
    assert figures("digest_store_bytes") > 10_000


async def test_what_came_back_is_counted_for_good(store: Database) -> None:
    ana, bob = await sent_to(store, "ana@example.org", "bob@example.org")
    async with scraper(store, at(24, 9)) as prometheus:
        for copy in (ana, bob):
            await take(store, report(copy.address or "", to=back_to(copy)))
            figures = await prometheus.figures()
        assert figures("digest_returns_total", kind="hard") == 2
        assert figures("digest_returns_total", kind="complaint") == 0
    assert (await reader(store, "ana@example.org")).standing == "bouncing"


async def test_families_outside_the_table_are_one(store: Database) -> None:
    await sent_to(store, "ana@example.org")
    heard = {(1, name): {What.ACCEPTED: 30, What.HARD: 1} for name in ("gmail.com", "a.example", "b.example")}
    async with store.write() as connection:
        await family_counts.add(connection, heard, at(24, 8))
    async with scraper(store, at(24, 9)) as prometheus:
        figures = await prometheus.figures()
    told = {
        one.labels["family"]: one.value for one in figures.every("digest_answers_last_day", answer="hard")
    }
    assert told == {"gmail.com": 1, "others": 2}


async def test_every_figure_is_one_of_the_list_with_its_labels_and_none_names_anybody(
    store: Database, tmp_path: Path
) -> None:
    ana = await join(store, "ana@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    jobs = jobs_for(store, tmp_path)
    await run(jobs, SEVEN)
    async with scraper(store, SEVEN, stopwatch=jobs.stopwatch, press=press_for(store)) as prometheus:
        await prometheus.client.get(choices(ana))
        await prometheus.client.get("/api/v1/briefings")
        await prometheus.client.get("/ana@example.org")
        figures = await prometheus.figures()
    by_series = {series: metric for metric in METRICS.values() for series in metric.series}
    ours = [one for one in figures.samples if one.name.startswith("digest_")]
    for one in ours:
        assert set(one.labels) - {"le"} == set(by_series[one.name].labels), one
    assert not [one for one in figures.samples if any("@" in value for value in one.labels.values())]
    # a reader's link is the path as the program has it; what is no path of ours is one line
    routes = {one.labels["route"] for one in figures.every("digest_http_requests_total")}
    assert routes >= {"/preferences/{token}", "/api/v1/briefings", "none"}
    assert figures("digest_http_requests_total", route="none", status_code="404") == 1
    assert figures("digest_http_request_seconds_count", route="/preferences/{token}") == 1
    assert "process_cpu_seconds_total" in figures.names()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_without_a_token_in_the_settings_there_is_no_such_page(
    sqlite_store: Database, method: str
) -> None:
    async with scraper(sqlite_store, SEVEN, tokens=()) as prometheus:
        for headers in ({}, SHOWN, {"Authorization": "Bearer "}, {"X-Forwarded-For": "127.0.0.1"}):
            answer = await prometheus.client.request(method, "/metrics", headers=headers)
            assert answer.status_code in {404, 405}
            assert "digest_" not in answer.text


@pytest.mark.parametrize(
    "said",
    [
        *("", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN),
        *(f"Bearer {TOKEN} {TOKEN}", "Bearer \xff\xfe", "Bearer a,b"),
    ],
    ids=["nothing", "none", "empty", "short", "long", "basic", "bare", "twice", "bytes", "list"],
)
async def test_strangers_get_nothing(sqlite_store: Database, said: str) -> None:
    async with scraper(sqlite_store, SEVEN) as prometheus:
        headers = [(b"authorization", said.encode("latin-1"))] if said else []
        answer = await prometheus.client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="metrics"')
    assert "digest_" not in answer.text.replace("DIGEST_", "")


async def test_while_a_token_is_changed_both_are_good(sqlite_store: Database) -> None:
    async with scraper(sqlite_store, SEVEN, tokens=(TOKEN, "the-one-that-comes-next")) as prometheus:
        for token, status in ((TOKEN, 200), ("the-one-that-comes-next", 200), ("neither-of-the-two", 401)):
            answer = await prometheus.client.get("/metrics", headers={"Authorization": f"bearer {token}"})
            assert answer.status_code == status


async def test_who_guesses_tokens_is_slowed_down_and_who_has_one_is_not(sqlite_store: Database) -> None:
    async with scraper(sqlite_store, SEVEN) as prometheus:
        wrong = {"Authorization": "Bearer this-is-a-guess-at-it"}
        statuses = [(await prometheus.client.get("/metrics", headers=wrong)).status_code for _ in range(310)]
        assert (statuses[0], statuses[-1]) == (401, 429)
        assert (await prometheus.client.get("/metrics", headers=SHOWN)).status_code == 200


async def test_whoever_asks_often_has_the_store_looked_at_once(sqlite_store: Database) -> None:
    asked = Counter[str]()

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked[statement] += 1

    async with scraper(sqlite_store, SEVEN) as prometheus:
        await prometheus.figures()
        event.listen(sqlite_store.engine.sync_engine, "before_cursor_execute", count)
        for _ in range(50):
            await prometheus.client.get("/metrics", headers=SHOWN)
        assert not asked
        # the readers are not counted with each of the other looks
        prometheus.time.seconds += 10
        await prometheus.client.get("/metrics", headers=SHOWN)
        assert asked
        assert not [
            one for one in asked if "FROM subscriptions" in one and "GROUP BY" in one and "standing" in one
        ]


async def test_of_a_store_that_cannot_be_read_nothing_is_told_and_the_process_goes_on_telling(
    sqlite_store: Database,
) -> None:
    path, away = Path(sqlite_store.url.database or ""), Path(f"{sqlite_store.url.database}.away")
    async with scraper(sqlite_store, SEVEN) as prometheus:
        assert (await prometheus.figures())("digest_store_up") == 1
        os.rename(path, away)  # noqa: PTH104
        gone = await prometheus.figures()
        # nobody has made an empty one in its place
        assert os.listdir(path.parent).count(path.name) == 0  # noqa: PTH208
        os.rename(away, path)  # noqa: PTH104
        back = await prometheus.figures()
    assert gone("digest_store_up") == 0
    assert not gone.every("digest_readers")
    assert "digest_http_requests_total" in gone.names()
    assert back("digest_store_up") == 1
    assert back.every("digest_readers")


async def test_open_metrics_are_spoken_too_and_odd_wishes_do_no_harm(sqlite_store: Database) -> None:
    async with scraper(sqlite_store, SEVEN) as prometheus:
        for accept, media_type in (
            ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
            ("text/plain; version=0.0.4", "text/plain"),
            ("application/openmetrics-text; version=x.y", "text/plain"),
            ("text/plain; version=", "text/plain"),
            ("*/*", "text/plain"),
        ):
            answer = await prometheus.client.get("/metrics", headers={**SHOWN, "Accept": accept})
            assert answer.status_code == 200, accept
            assert answer.headers["content-type"].startswith(media_type)
            assert "digest_issues_unfinished" in answer.text


def test_nobody_is_let_in_by_default() -> None:
    assert Operated().metrics_tokens == ()


async def test_an_issue_that_is_held_or_in_doubt_is_seen(store: Database) -> None:
    await join_many(store, 2, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, SEVEN)
    async with store.write() as connection:
        await connection.execute(issues.update().values(status="held"))
        await connection.execute(deliveries.update().values(status="uncertain"))
    async with scraper(store, SEVEN) as prometheus:
        figures = await prometheus.figures()
    assert figures("digest_issues_unfinished", status="held") == 1
    assert figures("digest_copies_open", copy="uncertain") == 2


async def test_every_path_of_ours_is_counted_under_its_own_name(sqlite_store: Database) -> None:
    async with scraper(sqlite_store, SEVEN) as prometheus:
        app = build_app(store=sqlite_store, tokens=TOKENS, base_url=BASE_URL)
        paths = {one.path for one in app.routes if isinstance(one, Route)}
        assert {"/readyz", "/healthz", "/metrics", "/admin/", "/archive"} <= paths
        for path in paths:
            await prometheus.client.get(re.sub(r"\{(\w+)(:\w+)?\}", "1", path))
            await prometheus.client.delete(re.sub(r"\{(\w+)(:\w+)?\}", "1", path))
        figures = await prometheus.figures()
    counted = {one.labels["route"] for one in figures.every("digest_http_requests_total")}
    # a page of one day and one of a topic may be asked for by the same words; neither is without a name
    assert len(paths - counted) <= 5, paths - counted
    assert counted <= paths


async def test_odd_methods_are_one(sqlite_store: Database) -> None:
    async with scraper(sqlite_store, SEVEN) as prometheus:
        for method in ("BREW", "WHEN", "PROPFIND"):
            await prometheus.client.request(method, "/healthz")
        figures = await prometheus.figures()
    assert figures("digest_http_requests_total", method="others", route="/healthz") == 3
