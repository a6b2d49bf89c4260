"""The pictures of the desk in the documentation, of the newsroom that the demo makes: `make pictures`."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import func, select

from digest.core.access import Role
from digest.flows.readers import Enrolment, subscribe, unsubscribe
from digest.store.database import Database
from digest.store.tables import issues
from subscribers.leaving import ON_THE_PAGE, LeavingReason, said_on_leaving
from subscribers.wishes import Wishes, parse_wishes
from tests.cli.shell import DIGEST
from tests.mail_lint.pictures import FOLDER, make_small
from tests.mail_lint.tools import lacks_browser
from tests.web.browsing import View, chromium, served, window
from tests.web.desk.newsroom import PASSWORD, add_person

_TOPICS: Final = ("economy", "finance", "energy", "technology", "society")
#: name, path, how far down it is worth showing
_PICTURES: Final = (
    ("desk-today", "", 900),
    ("desk-newsletter", "newsletters/daily", 900),
    ("desk-numbers", "numbers", 900),
    ("desk-briefing", "briefings/1", 900),
    ("desk-issue", "issues/1", 620),
    ("desk-readers", "readers", 620),
    ("desk-reader", "readers/1", 900),
    ("desk-send", "send", 900),
)


async def take_all() -> list[Path]:
    """Take all pictures anew; their paths."""
    with TemporaryDirectory() as folder:
        demo = await asyncio.create_subprocess_exec(
            DIGEST, "demo", cwd=folder, stdout=DEVNULL, stderr=DEVNULL
        )
        assert await demo.wait() == 0
        store = Database(f"sqlite+aiosqlite:///{folder}/var/demo.sqlite3")
        try:
            return await _take(store)
        finally:
            await store.close()


async def _take(store: Database) -> list[Path]:
    async with store.read() as connection:
        now = (await connection.execute(select(func.max(issues.c.due_at)))).scalar_one() + timedelta(hours=2)
    await _fill(store, now)
    await add_person(store, "Anna", Role.ADMIN, now)
    view, taken = View("desktop", 1240), []
    async with served(store, now) as base_url, chromium() as browser, window(browser, view) as page:
        await page.goto(f"{base_url}/admin/enter")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        for name, path, height in _PICTURES:
            await page.set_viewport_size({"width": view.width, "height": height})
            await page.goto(f"{base_url}/admin/{path}", wait_until="load")
            picture = FOLDER / f"{name}.png"
            await page.screenshot(path=picture)
            taken.append(picture)
    return taken


async def _fill(store: Database, now: Any) -> None:
    """Some months of readers who come and go."""
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
