"""The desk shows what became of each copy and why, and what people do there takes hold of the next run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from digest.core.access import Role
from digest.core.model import DeliveryStatus, Verdict
from digest.flows import edit_briefing
from digest.flows.edit_briefing import Edit
from digest.store import changes, deliveries, issues
from digest.store.database import Database
from digest.store.deliveries import Recorded
from tests.flows.newsroom import (
    TUESDAY,
    at,
    change_newsletter,
    copies,
    item,
    join,
    plan_all,
    publish_news,
)
from tests.flows.post_office import all_notices
from tests.jobs.office import jobs_for, press_for, run
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio
ANN, BOB = "ann@example.org", "bob@example.org"
LATER = at(24, 9, 30)


async def planned(store: Database) -> None:
    """Two readers who want different things, and their issue of Tuesday."""
    await join(store, ANN, TUESDAY, topics="economy", max_items="1", name="Ann")
    await join(store, BOB, TUESDAY, topics="energy", format="text")
    await publish_news(
        store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"), item("Ports", "economy")
    )
    await plan_all(store, at(24, 7))


async def test_an_issue_says_who_gets_what_and_why(store: Database) -> None:
    await planned(store)
    async with at_the_desk(store, Role.VIEWER, press=press_for(store)) as client:
        assert "The Daily Digest 1" in says(await client.get("/admin/issues"))
        assert "The Daily Digest 12026-11-24, 07:00 UTC" in says(await client.get("/admin/"))
        page = await client.get("/admin/issues/1")
        assert "being sent" in says(page)
        assert "2 topic not followed" in says(page)
        links = [href for href in document(page.text).xpath("//a/@href") if "cohorts" in href]
        assert len(links) == 2
        shown = [says(await client.get(page.url.join(link))) for link in links]
        (anns,) = [one for one in shown if "at most 1 items" in one]
        _, deferred = anns.split("Deferred to the next issue")
        deferred, left_out = deferred.split("Left out: topic not followed")
        assert deferred.startswith("Ports no. 3")
        assert left_out.startswith("Solar no. 2")


async def test_what_an_issue_names_is_a_click_away(store: Database, tmp_path: Path) -> None:
    await planned(store)
    async with at_the_desk(store, Role.EDITOR, press=press_for(store)) as client:
        page = await client.get(f"/admin/issues/1/cohorts/{await cohort_of(store, 'html')}")
        for title in ("Tariffs", "Ports", "Solar"):
            (link,) = document(page.text).xpath(f"//main//a[text()='{title}']/@href")
            assert title in says(await client.get(page.url.join(link)))
        copies = await client.get("/admin/issues/1/copies")
        (link,) = document(copies.text).xpath(f"//main//a[text()='{ANN}']/@href")
        reader = await client.get(copies.url.join(link))
        assert reader.url.path == "/admin/readers/1"
        assert ANN in says(reader)
        (copy,) = (one for one in document(copies.text).xpath("//a/@href") if one.endswith("copies/1"))
        own = await client.get(copies.url.join(copy))
        assert any("/readers/" in link for link in document(own.text).xpath("//dl//a/@href"))


async def test_corrections_in_an_issue_are_called_so(store: Database, tmp_path: Path) -> None:
    await planned(store)
    await run(jobs_for(store, tmp_path), at(24, 7))
    await edit_briefing.edit(1, Edit(title="Tariffs of 16 percent"), store=store, now=LATER)
    await plan_all(store, at(25, 7))
    async with at_the_desk(store, Role.EDITOR, press=press_for(store)) as client:
        page = await client.get("/admin/issues/2")
        assert "1 Corrections and updates" in says(page)
        mine = (await copies(store, address=ANN))[-1].cohort_id
        mail = await client.get(f"/admin/issues/2/cohorts/{mine}")
        assert "Corrections and updatesTariffs of 16 percent" in says(mail)


async def test_a_mail_is_shown_as_it_is_sent_in_a_frame_that_can_do_nothing(
    store: Database, tmp_path: Path
) -> None:
    await planned(store)
    async with at_the_desk(store, Role.EDITOR, press=press_for(store)) as client:
        cohort = await cohort_of(store, "html")
        page = await client.get(f"/admin/issues/1/cohorts/{cohort}")
        frames = document(page.text).xpath("//iframe")
        assert len(frames) == 4
        assert {frame.get("sandbox") for frame in frames} == {"allow-popups"}
        mail = await client.get(page.url.join(frames[0].get("src")))
        assert mail.headers["content-security-policy"].startswith("sandbox allow-popups; default-src 'none'")
        assert "Tariffs" in mail.text
        assert "List-Unsubscribe" in says(page)
        assert "HTML part" in says(page)
    await run(jobs_for(store, tmp_path), at(24, 7))
    (sent,) = (tmp_path / "outbox").glob(f"*{ANN}*")
    assert b"Tariffs" in sent.read_bytes()


async def test_a_viewer_sees_no_address_and_no_mail_of_a_reader(store: Database) -> None:
    await planned(store)
    async with at_the_desk(store, Role.VIEWER, press=press_for(store)) as client:
        page = await client.get("/admin/issues/1/copies", params={"email": ANN})
        assert "example.org" not in page.text
        assert "planned" in says(page)
        assert (await client.get("/admin/issues/1/copies/1")).status_code == 403
        assert (await client.get("/admin/issues/1/copies/1/mail")).status_code == 403
    async with at_the_desk(store, Role.EDITOR, press=press_for(store)) as client:
        page = await client.get("/admin/issues/1/copies", params={"email": ANN})
        assert ANN in says(page)
        assert BOB not in says(page)
        mine = (await copies(store, address=ANN))[0].id
        mail = await client.get(f"/admin/issues/1/copies/{mine}/mail")
        assert "Tariffs" in mail.text


async def test_hold_release_and_cancel_take_hold_of_the_next_run(store: Database, tmp_path: Path) -> None:
    await planned(store)
    jobs = jobs_for(store, tmp_path)
    async with at_the_desk(store, Role.EDITOR, lambda: LATER) as client:
        page = await client.get("/admin/issues/1")
        page = await submit(client, page, "/hold")
        assert "The issue is held" in says(page)
        assert (await run(jobs, LATER)).totals.sent == 0
        page = await submit(client, page, "/release")
        page = await submit(client, page, "/cancel")
        assert "cancelled" in says(page)
        assert (await run(jobs, LATER)).totals.sent == 0
        page = await client.get("/admin/issues/1/copies?status=skipped")
        assert says(page).count("cancelled") == 2
    assert {copy.reason for copy in await copies(store)} == {"cancelled"}
    async with store.read() as connection:
        found = await changes.page(connection, kind="issue")
    assert next((one.act, one.actor) for one in found) == ("issue.cancel", "the editor")


async def test_an_issue_is_approved_at_the_desk(store: Database, tmp_path: Path) -> None:
    await change_newsletter(store, approval=True, latest_start_minutes=600)
    await planned(store)
    async with at_the_desk(store, Role.EDITOR, lambda: LATER) as client:
        first = await client.get("/admin/")
        assert "waits for approval: 2 copies" in says(first)
        page = await submit(client, await client.get("/admin/issues/1"), "/approve")
        assert "The issue is approved" in says(page)
    assert (await run(jobs_for(store, tmp_path), LATER)).totals.sent == 2


async def test_an_issue_that_waits_says_what_would_go_now_and_is_planned_anew(store: Database) -> None:
    await change_newsletter(store, approval=True, approval_lead_minutes=60)
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 6))
    async with at_the_desk(store, Role.EDITOR, lambda: at(24, 6, 30)) as client:
        page = await client.get("/admin/issues/1")
        assert "Planned now, it would hold the same." in says(page)
        await publish_news(store, at(24, 6, 20), item("A Lighthouse", "economy"))
        page = await client.get("/admin/issues/1")
        assert "Planned now, 1 reader would get something else" in says(page)
        assert "with A Lighthouse" in says(page)
        page = await submit(client, page, "/anew")
        assert "Planned now, it would hold the same." in says(page)
        page = await submit(client, page, "/approve")
        assert "approved goes out Tue 24 Nov 2026, 07:00" in says(page)
        assert "Plan it anew" not in says(page)
    assert {copy.numbers for copy in await copies(store)} == {(2, 1)}


async def test_what_is_approved_ahead_of_its_time_says_when_it_goes_out_and_runs_no_earlier(
    store: Database, tmp_path: Path
) -> None:
    await change_newsletter(store, approval=True, approval_lead_minutes=60)
    await join(store, ANN, TUESDAY, timezone="Europe/Berlin", at="08:00")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 6))
    goes_out = "goes out Tue 24 Nov 2026, 07:00"
    slot = "The Daily Digest, 2026-11-24, 08:00 Europe/Berlin"
    async with at_the_desk(store, Role.EDITOR, lambda: at(24, 6, 30)) as client:
        waits = says(await client.get("/admin/"))
        assert f"{slot} waits for approval: 1 copy, until" in waits
        assert "under way" not in waits
        first = await client.get("/admin/issues/1")
        page = await submit(client, first, "/approve")
        assert f"The issue is approved, and {goes_out}." in says(page)
        again = await submit(client, first, "/approve")
        assert "Issue 1 is approved, and its time has not come" in says(again)
        page = await submit(client, page, "/hold")
        page = await submit(client, page, "/release")
        assert f"The issue {goes_out}." in says(page)
        assert "next run" not in says(page)
        assert f"approved {goes_out}" in says(await client.get("/admin/issues"))
        today = says(await client.get("/admin/"))
        assert f"approved {slot}: 1 copy goes out Tue 24 Nov 2026, 07:00" in today
        assert "Nothing is being sent." in today
        assert f"approved {goes_out}" in today
        assert "under way" not in today
        assert "being sent" not in today.replace("Nothing is being sent.", "")
        stream = await client.get("/admin/running")
        assert "Nothing is being sent." in stream.text
    assert (await run(jobs_for(store, tmp_path), at(24, 6, 30))).totals.sent == 0
    async with at_the_desk(store, Role.EDITOR, lambda: at(24, 7)) as client:
        assert f"{slot} being sent" in says(await client.get("/admin/"))


async def test_issues_for_nobody_are_left_out_of_the_list_until_they_are_asked_for(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANN, TUESDAY, topics="economy", at_once="yes")
    await publish_news(store, at(24, 6, 10), item("Solar", "energy"))
    await run(jobs_for(store, tmp_path), at(24, 6, 10))
    async with at_the_desk(store, Role.VIEWER, lambda: LATER) as client:
        assert "No issue with a copy was made yet." in says(await client.get("/admin/issues"))
        await publish_news(store, at(24, 6, 20), item("Tariffs", "economy"))
        await run(jobs_for(store, tmp_path), at(24, 6, 20))
        assert listed(await client.get("/admin/issues")) == ["The Daily Digest 2"]
        today = says(await client.get("/admin/"))
        assert "The Daily Digest 2" in today
        assert "The Daily Digest 1" not in today
        page = await client.get("/admin/issues", params={"every": "yes"})
        assert listed(page) == ["The Daily Digest 2", "The Daily Digest 1"]
        # nothing of it was sent or not sent: it has no bar
        bars = document(page.text).xpath("//tr[.//svg[@class='outcomes']]//a/text()")
        assert bars == ["The Daily Digest 2"]
        assert "1 reader skipped" in says(page)
        issue = says(await client.get("/admin/issues/1"))
        assert "0 copies; 1 reader gets none." in issue
        assert "StatusReasonReaders" in issue


async def test_issues_are_found_by_their_state(store: Database, tmp_path: Path) -> None:
    await planned(store)
    async with at_the_desk(store, Role.EDITOR, lambda: LATER) as client:

        async def found(state: str) -> list[str]:
            return listed(await client.get("/admin/issues", params={"state": state}))

        assert await found("approved or being sent") == ["The Daily Digest 1"]
        assert await found("held") == []
        await submit(client, await client.get("/admin/issues/1"), "/hold")
        assert await found("held") == ["The Daily Digest 1"]
        assert await found("done") == []
        await submit(client, await client.get("/admin/issues/1"), "/cancel")
        assert await found("cancelled") == ["The Daily Digest 1"]
        wrong = await client.get("/admin/issues", params={"state": "sent"})
        assert wrong.status_code == 422
        assert "choose among waits for approval, approved or being sent, held" in says(wrong)


def listed(page: httpx.Response) -> list[str]:
    """The names of the issues on a list."""
    return [str(words) for words in document(page.text).xpath("//tbody/tr/td[1]/a/text()")]


async def test_a_copy_in_doubt_is_settled_and_a_refused_one_tried_again(
    store: Database, tmp_path: Path
) -> None:
    await planned(store)
    async with store.write() as connection:
        (first, second) = (
            await deliveries.claim(
                *(connection, 1, "sender"), now=at(24, 7), wall=at(24, 7), limit=2, resend_uncertain=True
            )
        ).copies
        await deliveries.begin(connection, "sender", [first.delivery_id, second.delivery_id], at(24, 7))
        results = [
            Recorded(first.delivery_id, Verdict(DeliveryStatus.UNCERTAIN, "interrupted")),
            Recorded(second.delivery_id, Verdict(DeliveryStatus.REFUSED, "no-such-mailbox")),
        ]
        await deliveries.record(connection, "sender", results, at(24, 7))
    async with at_the_desk(store, Role.EDITOR, lambda: LATER) as client:
        assert "1 copy of The Daily Digest, issue 1" in says(await client.get("/admin/"))
        page = await client.get("/admin/issues/1/copies?status=uncertain")
        page = await submit(client, page, "/resolve", **{"as": "sent"})
        assert "That is settled." in says(page)
        refused = await client.get("/admin/issues/1")
        page = await submit(client, refused, "/retry")
        assert "Refused copies are tried again" in says(page)
        again = await submit(client, refused, "/retry")
        assert document(again.text).xpath("//p[@class='said warn']/text()") == [
            "No copy is refused any more: there was nothing to try again."
        ]
        wrong = await client.get("/admin/issues/1/copies?status=sent")
        assert "It arrived" not in says(wrong)
    assert (await run(jobs_for(store, tmp_path, resend_uncertain=False), LATER)).totals.sent == 1


async def test_a_test_goes_to_the_newsroom_once_for_each_form(store: Database, tmp_path: Path) -> None:
    await planned(store)
    cohort = await cohort_of(store, "html")
    async with at_the_desk(store, Role.EDITOR, lambda: LATER, press=press_for(store)) as client:
        page = await client.get(f"/admin/issues/1/cohorts/{cohort}")
        for _ in range(2):
            done = await submit(client, page, "/test", to="desk@example.com, chief@example.com")
        assert "The test goes out" in says(done)
    assert len(await all_notices(store)) == 2
    notified = await jobs_for(store, tmp_path).notify(LATER, asyncio.Event())
    assert notified.by_status.total() == 2


async def test_what_is_not_there_is_said_to_be_missing(store: Database) -> None:
    await planned(store)
    async with at_the_desk(store, Role.EDITOR, press=press_for(store)) as client:
        for path in (
            "issues/9",
            "issues/9/copies",
            "issues/1/copies/99",
            "issues/1/cohorts/99",
            "issues/1/cohorts/99/mail",
        ):
            assert (await client.get(f"/admin/{path}")).status_code == 404, path


async def cohort_of(store: Database, format_: str) -> int:
    async with store.read() as connection:
        found = await issues.cohorts_of(connection, 1)
    return next(int(one.id) for one in found if one.format == format_)
