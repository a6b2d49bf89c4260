"""The pictures of readers' pages in the documentation, taken of a real store: `make pictures`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from digest.flows.collect import collect
from digest.flows.seed import seed
from digest.ingest.formats import read
from digest.ingest.taxonomy import default_topics
from digest.store.database import Database
from tests.flows.newsroom import change_newsletter, join
from tests.mail_lint.pictures import FOLDER, make_small
from tests.mail_lint.tools import lacks_browser
from tests.web.browsing import View, chromium, served, window
from tests.web.visiting import choices

NOON: Final = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
_SAMPLES: Final = Path(__file__).parents[2] / "digest" / "cli" / "samples"


class Picture(NamedTuple):
    """A page in a window, as far down as it is worth showing."""

    name: str
    path: str
    view: View
    height: int


def _pictures(reader: str) -> tuple[Picture, ...]:
    return (
        Picture("page-subscribe", "/subscribe", View("desktop", 760), 1180),
        Picture("page-preferences", reader, View("phone", 375), 1350),
        Picture("page-preferences-dark", reader, View("phone", 375, "dark"), 1350),
        Picture("page-archive", "/archive/daily/2026-11-27", View("desktop", 760), 1180),
        Picture("page-search", "/archive/daily/search?q=harbour", View("phone", 375), 1350),
    )


async def take_all() -> list[Path]:
    """Take all pictures anew; their paths."""
    with TemporaryDirectory() as folder:
        store = Database(f"sqlite+aiosqlite:///{folder}/store.sqlite3")
        try:
            return await _take(store)
        finally:
            await store.close()


async def _take(store: Database) -> list[Path]:
    await seed(store, default_topics())
    await change_newsletter(
        store,
        title="The Harbour Letter",
        description="What moved the harbour, the markets and the town, in five minutes.",
        postal_address="12 Quay Street",
    )
    for name, when in (("day-one.txt", NOON - timedelta(days=1)), ("day-two.txt", NOON)):
        text = (_SAMPLES / name).read_bytes()
        await collect(read(text, source=name), store=store, now=when)
    ana = await join(store, "ana@example.org", NOON, days="weekdays", at="07:30", timezone="Europe/Paris")
    taken = []
    async with served(store, NOON + timedelta(hours=1)) as base_url, chromium() as browser:
        for picture in _pictures(choices(ana)):
            async with window(browser, picture.view) as page:
                await page.goto(base_url + picture.path)
                # the part about the next mail is asked for once more, in the browser's own time zone
                await page.wait_for_load_state("networkidle")
                path = FOLDER / f"{picture.name}.png"
                clip = {"x": 0, "y": 0, "width": picture.view.width, "height": picture.height}
                await page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type]
                taken.append(path)
    return taken


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
