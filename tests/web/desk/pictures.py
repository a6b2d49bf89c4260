"""The pictures of the desk in the documentation, of the newsroom that the demo makes: `make pictures`."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import func, select

from digest.core.access import Role
from digest.core.doctor_findings import Finding, Found, Level
from digest.core.model import DeliveryStatus, DraftBriefing
from digest.flows.collect import collect
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.flows.readers import Enrolment, subscribe, unsubscribe
from digest.ingest.gathered import Gathered
from digest.store import feeds as shelf
from digest.store import ledger
from digest.store.database import Database
from digest.store.tables import deliveries, issues
from subscribers.leaving import ON_THE_PAGE, LeavingReason, said_on_leaving
from subscribers.wishes import Wishes, parse_wishes
from tests.cli.shell import DIGEST
from tests.jobs.office import jobs_for, run
from tests.mail_lint.pictures import FOLDER, make_small
from tests.mail_lint.tools import lacks_browser
from tests.web.browsing import View, chromium, served, window
from tests.web.desk.newsroom import PASSWORD, add_person
from tests.web.desk.returned_mail import a_week_of_it

_TOPICS: Final = ("economy", "finance", "energy", "technology", "society")
#: name, path, how far down it is worth showing
_PICTURES: Final = (
    ("desk-today", "", 900),
    ("desk-newsletter", "newsletters/daily", 900),
    ("desk-numbers", "numbers", 900),
    ("desk-feeds", "feeds", 460),
    ("desk-readers", "readers", 620),
    ("desk-returned", "returned", 900),
    ("desk-reader", "readers/1", 900),
    ("desk-send", "send", 900),
)
_FEEDS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("Harbour Gazette", "harbour.example/feed.xml", {}),
    ("The Upland Post", "upland.example/rss", {"failures": 4, "trouble": "the server answers 503"}),
    ("Radio Valmer", "radio.example/news.json", {}),
)
_TITLE: Final = "Eight Ports Agree to Keep One List of Waiting Ships"
#: In letters that every machine has a font for.
_TEXT: Final = (
    "Since the winter storms, ships have waited nine days on average off the eastern ports, and each port "
    "has kept a list of its own. From January on there is one list for all eight, and who comes first is "
    "served first, whichever quay is free.",
    "The harbour masters expect to save four days a ship. The pilots, who will have to know eight harbours "
    "rather than one, have asked for 60 more colleagues and a school to train them in.",
    "Fishing boats are not on the list. They never waited, said the oldest of their skippers, and they do "
    "not mean to begin now.",
)
_TABLE: Final = """Headline,Text,Publisher,Date
Ferries run until midnight,From May on the last boat leaves at twelve.,Harbour Gazette,2026-11-25
Two bakeries share an oven,It is hotter than either of theirs was.,The Upland Post,2026-11-25
A day without a source,Nobody knows who said it.,,2026-11-25
"""
#: What the doctor says of this newsroom.
_FOUND: Final = (
    Finding(
        Found.POSTAL_ADDRESS,
        Level.ADVICE,
        "newsletter daily has no postal address, which many countries ask for",
        "digest newsletters edit daily --postal-address",
    ),
    Finding(Found.STORE_FINE, Level.FINE, "the store sqlite:///var/digest.sqlite3 is in order"),
    Finding(
        Found.SMTP_CERTIFICATE,
        Level.WARNING,
        "the certificate of smtp+starttls://mail.harbour.example:587 ends in 9 days",
        "renew it, and see why that has not happened by itself",
    ),
    Finding(
        Found.DMARC_MISSING,
        Level.ERROR,
        "harbour.example has no DMARC record, which large providers want of who sends to many",
        'publish a TXT record at _dmarc.harbour.example, to begin with "v=DMARC1; p=none"',
    ),
    Finding(Found.CLOCK_FINE, Level.FINE, "time-zone data 2026.3"),
    Finding(Found.FILES_FINE, Level.FINE, "2 folders can be written to"),
)


async def _look() -> tuple[Finding, ...]:
    return _FOUND


async def take_all() -> list[Path]:
    """Take all pictures anew; their paths."""
    with TemporaryDirectory() as folder:
        demo = await asyncio.create_subprocess_exec(
            DIGEST, "demo", cwd=folder, stdout=DEVNULL, stderr=DEVNULL
        )
        assert await demo.wait() == 0
        store = Database(f"sqlite+aiosqlite:///{folder}/var/demo.sqlite3")
        try:
            return await _take(store, Path(folder))
        finally:
            await store.close()


async def _take(store: Database, folder: Path) -> list[Path]:
    async with store.read() as connection:
        last = (await connection.execute(select(func.max(issues.c.due_at)))).scalar_one()
    now = last + timedelta(hours=2)
    briefing_id = await _fill(store, now)
    # who was added is due, too: a newsroom whose scheduler stands still is no picture of it
    await run(jobs_for(store, folder), now)
    await _bring_back(store, now)
    await add_person(store, "Anna", Role.ADMIN, now)
    async with store.read() as connection:
        kinds = func.count(deliveries.c.cohort_id.distinct())
        most = select(deliveries.c.issue_id).group_by(deliveries.c.issue_id)
        issue_id = (
            (await connection.execute(most.order_by(kinds.desc(), func.count().desc()))).scalars().first()
        )
    view, taken = View("desktop", 1240), []
    async with (
        served(store, now, look=_look) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):

        async def take(name: str, height: int) -> None:
            await page.set_viewport_size({"width": view.width, "height": height})
            taken.append(FOLDER / f"{name}.png")
            await page.screenshot(path=taken[-1])

        await page.goto(f"{base_url}/admin/enter")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        for name, path, height in (
            *_PICTURES,
            ("desk-issue", f"issues/{issue_id}", 700),
            ("desk-briefing", f"briefings/{briefing_id}", 900),
        ):
            await page.goto(f"{base_url}/admin/{path}", wait_until="load")
            await take(name, height)
        await page.goto(f"{base_url}/admin/briefings/import")
        await page.fill("[name=page]", _TABLE)
        await page.select_option("[name=format]", "csv")
        await page.get_by_role("button", name="See what").click()
        await page.get_by_role("button", name="See what").click()
        await page.get_by_role("button", name="Take and publish").wait_for()
        await take("desk-import", 600)
        await page.goto(f"{base_url}/admin/doctor")
        await page.get_by_role("button", name="Look now").click()
        await page.get_by_text("1 error, 1 warning.", exact=True).wait_for()
        await take("desk-doctor", 720)
    return taken


async def _fill(store: Database, now: datetime) -> int:
    """Some months of readers who come and go, some feeds, and a briefing, whose id it is."""
    for place, (title, url, how) in enumerate(_FEEDS, 1):
        feed = await add_feed(url, FeedWish(), store=store, now=now - timedelta(days=30), title=title)
        asked = now - timedelta(minutes=7 * place)
        newest = now - timedelta(hours=5 * place)
        fresh: dict[str, Any] = {
            "begun_at": now - timedelta(days=30),
            "polled_at": asked,
            "newest_at": newest,
            "kind": "rss20",
        }
        async with store.write() as connection:
            await shelf.save(connection, feed.id, next_poll_at=asked + timedelta(minutes=30), **fresh, **how)
    for number in range(160):
        began = now - timedelta(days=85 - number * 0.5, hours=number % 7)
        words = {
            "topics": ",".join(_TOPICS[number % 3 : number % 3 + 2]),
            "at": f"{5 + number * number % 9:02}:30",
        }
        wishes: Wishes = parse_wishes(words, _TOPICS)
        address = f"reader{number}@readers.example"
        await subscribe(Enrolment(address, "daily", wishes, True, "added"), store=store, now=began)
        if number % 9 == 4:
            reason = list(LeavingReason)[number % 5]
            said = said_on_leaving(ON_THE_PAGE, reason)
            await unsubscribe(address, None, reason=said, store=store, now=began + timedelta(days=4))
    story = DraftBriefing(
        _TITLE, _TEXT, topics=("economy",), source="Harbour Gazette", source_date=now.date()
    )
    done = await collect(Gathered((story,), source="a page"), store=store, now=now - timedelta(hours=7))
    return done.added[0]


async def _bring_back(store: Database, now: Any) -> None:
    """Some of the newest copies come back, and some mails prove nothing."""
    async with store.read() as connection:
        sent = await ledger.page(connection, status=DeliveryStatus.SENT, limit=9)
    await a_week_of_it(store, list(sent), now - timedelta(minutes=20))


def main() -> int:
    """Exit status 2 when there is no browser."""
    lacking = lacks_browser()
    if lacking is not None:
        print(lacking, file=sys.stderr)
        return 2
    make_small(asyncio.run(take_all()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
