"""The desk shows of a bound issue what it showed before, and says where single copies are told of now."""

from __future__ import annotations

import httpx
import pytest

from digest.store.database import Database
from tests.flows.newsroom import change_newsletter, reader
from tests.flows.old_issues import BOB, LATER, a_week, shrunk
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says
from tests.web.visiting import choices, said, visitor

pytestmark = pytest.mark.anyio

#: With all that has a figure of an old issue, or of one of its readers.
PAGES = (
    "/admin/issues",
    *(f"/admin/issues/{number}" for number in (1, 2, 3, 4)),
    "/admin/readers",
    "/admin/numbers",
)


def figures(page: httpx.Response) -> str:
    """All that a page says but for the time it took and the tokens in its forms."""
    assert page.status_code == 200
    return says(page)


async def test_pages_show_the_same_before_and_after(store: Database) -> None:
    await a_week(store)
    await change_newsletter(store, feedback=True)
    bob = await reader(store, BOB)
    async with at_the_desk(store, clock=lambda: LATER) as desk, visitor(store, LATER) as himself:

        async def seen() -> dict[str, str]:
            shown = {path: figures(await desk.get(path)) for path in PAGES}
            shown["archive"] = said(await himself.get(f"{choices(bob)}/issues"))
            shown["copy"] = said(await himself.get(f"{choices(bob)}/issues/3"))
            return shown

        before = await seen()
        assert (await shrunk(store)).copies == 9
        assert await seen() == before


async def test_a_readers_page_lists_bound_copies_with_what_became_of_them(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    bob = await reader(store, BOB)
    async with at_the_desk(store, clock=lambda: LATER) as desk:
        page = await desk.get(f"/admin/readers/{bob.subscriber_id}")
    links = document(page.text).xpath("//td//a[contains(@href, 'issues/')]/text()")
    assert links == ["issue 4", "issue 3", "issue 2", "issue 1"]
    assert "mailbox full" in page.text


async def test_the_list_of_copies_says_that_the_issue_is_bound(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    async with at_the_desk(store, clock=lambda: LATER) as desk:
        bound = says(await desk.get("/admin/issues/1/copies"))
        young = says(await desk.get("/admin/issues/4/copies"))
    assert "This issue is bound into a volume" in bound
    assert "No such copy has a row of its own." in bound
    assert "volume" not in young
