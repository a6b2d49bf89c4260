"""What the doctor finds is shown at the desk to who runs the newsroom, with its mend; one can look there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from digest.core.access import Role
from digest.core.doctor_findings import Finding, Found, Group, Level
from digest.flows.checkup import checkup
from digest.flows.looking import BROKE
from digest.reach.records import Records, parse_resolver
from digest.store.database import Database
from digest.web.desk import doctor_page
from tests.flows.test_checkup import parts_of, url_of
from tests.mail_lint.tools import lacks_axe
from tests.reach.nameserver import name_server
from tests.render.pages import document
from tests.web.browsing import DARK_PHONE, DESKTOP, PLAIN_PHONE, View, chromium, served, violations, window
from tests.web.browsing import says as shows
from tests.web.desk.newsroom import NOW, PASSWORD, add_person, at_the_desk, says, submit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio

HOSTILE: Final = "<script>alert(1)</script> & \"'"
FINDINGS: Final = (
    Finding(Found.ALERTS_NONE, Level.ADVICE, "nobody is told by mail", "set DIGEST_ALERTS_TO"),
    Finding(Found.STORE_FINE, Level.FINE, "the store is in order"),
    Finding(Found.SMTP_CERTIFICATE, Level.WARNING, "the certificate ends in 9 days", "renew it"),
    Finding(Found.DMARC_NONE, Level.ADVICE, "bay.net asks for nothing", "go on to quarantine"),
    Finding(Found.DMARC_MISSING, Level.ERROR, "cape.net has no DMARC record", "publish a record"),
    Finding(Found.DMARC_MISSING, Level.ERROR, "dune.net has no DMARC record", "publish a record too"),
    Finding(Found.WORKER_SILENT, Level.WARNING, "mail-2 was not heard of", "see whether it runs"),
)


class Doctor:
    """Finds what it is told to, when it is let."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: tuple[Finding, ...] = findings
        self.looks = 0
        self.breaks = False
        self.begun, self.let = asyncio.Event(), asyncio.Event()
        self.let.set()

    async def __call__(self) -> tuple[Finding, ...]:
        self.looks += 1
        self.begun.set()
        await self.let.wait()
        if self.breaks:
            raise ZeroDivisionError("hunter2")
        return self.findings


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may look again at once."""
    monkeypatch.setattr("digest.flows.looking.REST", 0)


async def test_findings_are_shown_by_groups_the_worst_first_and_what_is_fine_is_folded(
    sqlite_store: Database,
) -> None:
    async with at_the_desk(sqlite_store, look=Doctor(*FINDINGS), zone="Europe/Paris") as client:
        page = await client.get("/admin/doctor")
        assert "Nobody has looked since this process began." in says(page)
        found = await submit(client, page, "doctor")
        # who comes later sees the same, and the same time
        again = await client.get("/admin/doctor")
    said = says(found)
    assert "2 errors, 2 warnings. Looked Tue 24 Nov 2026, 10:30, which took" in said
    assert said.partition("Looked")[2] == says(again).partition("Looked")[2]
    tree = document(found.text)
    assert [one.text for one in tree.xpath("//main//h2")] == ["DNS", "Mail servers", "Work", "Settings"]
    dns = tree.xpath("//section[h2='DNS']//li")
    assert [" ".join(" ".join(one.itertext()).split()) for one in dns] == [
        "error cape.net has no DMARC record What to do: publish a record dns.dmarc_missing",
        "error dune.net has no DMARC record What to do: publish a record too dns.dmarc_missing",
        "advice bay.net asks for nothing What to do: go on to quarantine dns.dmarc_none",
    ]
    assert [one.get("id") for one in dns] == ["dns.dmarc_missing", "dns.dmarc_missing-2", "dns.dmarc_none"]
    (folded,) = tree.xpath("//details[@class='findings'][not(@open)]")
    assert "1 thing is fine" in folded.text_content()
    assert "the store is in order" in folded.text_content()
    # each level has a shape of its own
    shapes = {
        one.text_content().strip(): one.xpath("string(.//*[@d or @r][1]/@d)")
        for one in tree.xpath("//span[contains(@class, 'mark')]")
    }
    assert shapes.keys() == {*Level}
    assert len(set(shapes.values())) == len(Level)


async def test_what_can_be_seen_to_at_the_desk_is_linked(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, look=Doctor(*FINDINGS)) as client:
        found = await submit(client, await client.get("/admin/doctor"), "doctor")
        (link,) = document(found.text).xpath("//li[@id='work.worker_silent']//a[text()='Machines']")
        assert (await client.get(found.url.join(link.get("href")))).status_code == 200


async def test_all_is_well(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, look=Doctor(FINDINGS[0], FINDINGS[1])) as client:
        assert "All is well. Looked" in says(
            await submit(client, await client.get("/admin/doctor"), "doctor")
        )


async def test_hostile_words_are_words(sqlite_store: Database) -> None:
    finding = Finding(Found.SMTP_LOGIN, Level.ERROR, f"it says {HOSTILE}", f"ask {HOSTILE}", HOSTILE)
    async with at_the_desk(sqlite_store, look=Doctor(finding)) as client:
        found = await submit(client, await client.get("/admin/doctor"), "doctor")
    assert says(found).count(HOSTILE) == 3
    assert "<script>" not in found.text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_others_see_neither_the_page_nor_a_way_to_it(role: Role, sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    async with at_the_desk(sqlite_store, role, look=doctor) as client:
        for answer in (
            await client.get("/admin/doctor"),
            await client.get("/admin/doctor/findings"),
            await client.post("/admin/doctor"),
        ):
            assert answer.status_code == 403
        assert "Doctor" not in says(await client.get("/admin/"))
    assert doctor.looks == 0


async def test_only_a_form_of_ours_begins_a_look(sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    async with at_the_desk(sqlite_store, look=doctor) as client:
        page = await client.get("/admin/doctor")
        csrf = document(page.text).xpath("string(//main//input[@name='csrf']/@value)")
        assert (await client.post("/admin/doctor")).status_code == 403
        elsewhere = {"Origin": "https://elsewhere.example"}
        answer = await client.post("/admin/doctor", data={"csrf": csrf}, headers=elsewhere)
        assert answer.status_code == 403
        await client.get("/admin/doctor")
        assert doctor.looks == 0
        assert (await client.post("/admin/doctor", data={"csrf": csrf})).status_code == 200
    assert doctor.looks == 1


async def test_a_second_click_joins_the_look_that_is_under_way(sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    doctor.let.clear()
    async with at_the_desk(sqlite_store, look=doctor) as client:
        page = await client.get("/admin/doctor")
        clicks = [asyncio.create_task(submit(client, page, "doctor")) for _ in range(3)]
        await doctor.begun.wait()
        meanwhile = await client.get("/admin/doctor")
        assert "Somebody has been looking since" in says(meanwhile)
        assert 'http-equiv="refresh"' in meanwhile.text
        part = await client.get("/admin/doctor/findings")
        assert 'data-hx-trigger="every 2s"' in part.text
        doctor.let.set()
        for answer in await asyncio.gather(*clicks):
            assert "2 errors, 2 warnings" in says(answer)
        part = await client.get("/admin/doctor/findings")
        assert "every" not in part.text
    assert doctor.looks == 1


async def test_a_look_that_takes_long_is_waited_for_on_the_page(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_page, "WAITS", 0.01)
    doctor = Doctor(*FINDINGS)
    doctor.let.clear()
    async with at_the_desk(sqlite_store, look=doctor) as client:
        answer = await submit(client, await client.get("/admin/doctor"), "doctor")
        assert "Somebody has been looking since" in says(answer)
        doctor.let.set()
        await asyncio.sleep(0.01)
        assert "2 errors, 2 warnings" in says(await client.get("/admin/doctor"))


async def test_nobody_looks_twice_in_a_moment(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.flows.looking.REST", 10)
    doctor = Doctor(*FINDINGS)
    async with at_the_desk(sqlite_store, look=doctor) as client:
        answer = await submit(client, await client.get("/admin/doctor"), "doctor")
        assert "a moment ago" not in says(answer)
        answer = await submit(client, answer, "doctor")
    assert "This was found a moment ago. One can look again after ten seconds." in says(answer)
    assert "2 errors, 2 warnings" in says(answer)
    assert doctor.looks == 1


async def test_a_look_that_breaks_ends_in_a_plain_line_above_what_was_found_before(
    sqlite_store: Database,
) -> None:
    doctor = Doctor(*FINDINGS)
    async with at_the_desk(sqlite_store, look=doctor) as client:
        page = await client.get("/admin/doctor")
        doctor.breaks = True
        answer = await submit(client, page, "doctor")
        assert answer.status_code == 200
        assert BROKE[4:] in says(answer)
        assert "Nobody has looked" not in says(answer)
        doctor.breaks = False
        await submit(client, page, "doctor")
        doctor.breaks = True
        answer = await submit(client, page, "doctor")
    assert BROKE[4:] in says(answer)
    assert "2 errors, 2 warnings" in says(answer)
    assert "hunter2" not in answer.text


async def test_a_process_that_cannot_look_says_so(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        page = await client.get("/admin/doctor")
        csrf = document(page.text).xpath("string(//input[@name='csrf']/@value)")
        answer = await client.post("/admin/doctor", data={"csrf": csrf})
    assert "This process cannot look." in says(page)
    assert "Look now" not in says(page)
    assert answer.status_code == 404


async def test_the_doctor_of_the_command_looks(sqlite_store: Database) -> None:
    """With a name server of its own, as on the command line; of what it finds nothing is left out."""
    with name_server({"newsroom.example": ["TXT v=spf1 -all"]}) as server:
        records = partial(Records, parse_resolver(server.address))
        look = partial(checkup, parts_of(url_of(sqlite_store), records=records), [Group.STORE, Group.DNS])
        found = await look()
        async with at_the_desk(sqlite_store, look=look) as client:
            answer = await submit(client, await client.get("/admin/doctor"), "doctor")
    assert {Found.STORE_FINE, Found.DMARC_MISSING} <= {one.id for one in found}
    lines = [one.text for one in document(answer.text).xpath("//p[@class='finding-line']")]
    assert sorted(lines) == sorted(one.line for one in found)


def test_every_group_has_a_title() -> None:
    assert all(doctor_page.title_of(group) != group for group in Group)


# --- in a browser -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _in_a_window(store: Database, doctor: Doctor, view: View) -> AsyncIterator[Page]:
    """An admin who looks at the doctor's page."""
    await add_person(store, "Anna", Role.ADMIN)
    async with (
        served(store, NOW, look=doctor) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):
        await page.goto(f"{base_url}/admin/doctor")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/doctor")
        yield page


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
@pytest.mark.parametrize("view", [DESKTOP, DARK_PHONE], ids=lambda view: view.name)
async def test_findings_come_in_by_themselves(view: View, sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    doctor.let.clear()
    async with _in_a_window(sqlite_store, doctor, view) as page:
        await page.evaluate("window.stayed = true")
        await page.click("text=Look now")
        await page.locator("#looking").wait_for(timeout=5_000)
        await page.click("text=Look now")
        assert await violations(page) == []
        doctor.let.set()
        await shows(page, "#looked", "cape.net has no DMARC record")
        await page.locator("#looking").wait_for(state="hidden", timeout=5_000)
        assert await page.evaluate("window.stayed")
        # who cannot see the page is told, and whose keyboard was at the button is there still
        assert await page.locator("#told").inner_text() == "Looked: 2 errors, 2 warnings."
        assert await page.evaluate("document.activeElement.textContent") == "Look now"
        await page.click("summary:has-text('fine')")
        assert await violations(page) == []
    assert doctor.looks == 1


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_who_comes_meanwhile_gets_the_findings_too(sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    doctor.let.clear()
    async with _in_a_window(sqlite_store, doctor, DESKTOP) as page:
        await page.click("text=Look now")
        await page.locator("#looking").wait_for(timeout=5_000)
        other = await page.context.new_page()
        await other.goto(page.url)
        await shows(other, "#looked", "Somebody has been looking")
        doctor.let.set()
        await shows(other, "#looked", "cape.net has no DMARC record")
        await shows(page, "#looked", "cape.net has no DMARC record")


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_without_scripts_the_form_answers_with_the_findings(sqlite_store: Database) -> None:
    async with _in_a_window(sqlite_store, Doctor(*FINDINGS), PLAIN_PHONE) as page:
        await page.click("text=Look now")
        await shows(page, "main", "cape.net has no DMARC record")
        assert not await page.locator("#looking").is_visible()


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_who_is_not_let_any_more_is_told_so_on_a_page(sqlite_store: Database) -> None:
    doctor = Doctor(*FINDINGS)
    async with _in_a_window(sqlite_store, doctor, DESKTOP) as entered:
        # in a window of which nobody reads the console: a refusal is an error there
        page = await entered.context.new_page()
        await page.goto(entered.url)
        await page.evaluate("document.querySelector('main [name=csrf]').value = '0'")
        await page.evaluate("document.querySelector('.rail [name=csrf]').value = '0'")
        await page.click("text=Look now")
        await shows(page, "main", "This form was made for another session")
    assert doctor.looks == 0
