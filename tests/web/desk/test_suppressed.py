"""The suppression list: by hand on and off; a complaint goes when it is said why, an erasure stays."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace

from digest.core.access import Role
from digest.errors import InputError
from digest.flows import readers
from digest.flows.rosters import import_roster
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.suppressions import suppress
from tests.flows.newsroom import TUESDAY, join, reader
from tests.web.desk.newsroom import at_the_desk, says, submit
from tests.web.visiting import history

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def test_an_address_is_put_on_the_list_and_taken_off_it(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/readers/suppressed")
        page = await submit(
            client, page, "/suppressed", addresses="email\nANA@example.org\nx@example.org,Mr X\nno address"
        )
        assert "2 addresses added" in says(page)
        assert "1 refused" in says(page)
        assert (await reader(store, ANA)).standing is Standing.SUPPRESSED
        refused = await import_roster(
            "email,status\nx@example.org,active\n", store=store, now=TUESDAY, raw=False, dry_run=True
        )
        assert "must not be written to" in refused.rejected[0].reason
        page = await submit(client, page, "/look", address=ANA)
        assert "is on the list since" in says(page)
        page = await submit(client, page, "/lift")
        assert "The address is off the list" in says(page)
        page = await submit(client, page, "/look", address=ANA)
        assert "is not on the list" in says(page)
        export = (await client.get("/admin/readers/suppressed/export.csv")).text
    assert (await reader(store, ANA)).standing is Standing.LEFT
    assert (await history(store, ana))[-1][2] == "taken off the suppression list"
    assert export.count("by hand") == 1
    assert "example.org" not in export


async def test_a_line_that_is_there_twice_did_not_stand_on_the_list_before(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/readers/suppressed")
        page = await submit(client, page, "/suppressed", addresses=f"{ANA}\n{ANA}\n{ANA.upper()}")
        assert "1 address added, 0 stood on the list before, 2 lines said again" in says(page)
        page = await submit(client, page, "/suppressed", addresses=ANA)
        assert "0 addresses added, 1 stood on the list before." in says(page)
        one = hashlib.sha256(b"eve@example.org").hexdigest()
        page = await submit(client, page, "/suppressed", addresses=f"{one}\n{one}", kind="sha256")
        assert "1 address added, 0 stood on the list before, 1 line said again" in says(page)


async def test_a_complaint_is_lifted_when_it_is_said_why(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    async with store.write() as connection:
        await shelf.save(connection, replace(ana, standing=Standing.COMPLAINED))
        await suppress(connection, ANA, await readers.suppression_key(connection), "complained", TUESDAY)
    async with at_the_desk(store) as client:
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
        assert "It stands on the suppression list" in says(page)
        page = await submit(client, page, "/look")
        assert "only if its owner asks you to" in says(page)
        refused = await submit(client, page, "/lift")
        assert "say in a note, without names, why it may be written to again" in says(refused)
        done = await submit(client, page, "/lift", note="a slip, by their letter")
        assert "The address is off the list" in says(done)
        assert "a slip, by their letter" in says(await client.get("/admin/log"))
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
    assert "It stands on the suppression list" not in says(page)
    assert "Add the reader again" in says(page)


async def test_what_an_erasure_brought_about_nobody_lifts(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/readers/suppressed")
        await submit(client, page, "/suppressed", addresses=ANA, note="asked by phone")
        # an erasure weighs more than what was entered by hand
        await readers.erase(ANA, store=store, now=TUESDAY)
        page = await submit(client, page, "/look", address=ANA)
        assert "Only its owner can lift that" in says(page)
        assert "asked by phone" not in says(page)
        assert "Take it off the list" not in says(page)
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        wrong = await client.post("/admin/readers/suppressed/lift", data={"csrf": csrf, "address": ANA})
    assert wrong.status_code == 422
    assert "only its owner can lift that" in says(wrong)


async def test_an_editor_may_ask_and_change_nothing(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/readers/suppressed")
        assert "is not on the list" in says(await submit(client, page, "/look", address=ANA))
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await client.post("/admin/readers/suppressed", data={"csrf": csrf, "addresses": ANA})
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["sha256", "md5"])
async def test_hashes_from_elsewhere_mean_who_reads_and_who_comes(store: Database, kind: str) -> None:
    await join(store, "Ana@Example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY)
    listed = [hashlib.new(kind, who.encode()).hexdigest() for who in (ANA, "eve@example.org")]
    async with at_the_desk(store) as client:
        page = await client.get("/admin/readers/suppressed")
        entered = "\n".join(["hash,since", *(f"{one.upper()},2024" for one in listed), "abc"])
        page = await submit(client, page, "/suppressed", addresses=entered, kind=kind)
        assert "2 addresses added" in says(page)
        assert "1 refused" in says(page)
        export = (await client.get("/admin/readers/suppressed/export.csv")).text
        # what can be guessed by trying addresses is not kept
        assert not any(one in export for one in listed)
        standings = [(await reader(store, who)).standing for who in (ANA, "bob@example.org")]
        assert standings == [Standing.SUPPRESSED, Standing.ACTIVE]
        with pytest.raises(InputError, match="must not be written to"):
            await join(store, "eve@example.org", TUESDAY)
        await submit(client, await submit(client, page, "/look", address="eve@example.org"), "/lift")
    await join(store, "eve@example.org", TUESDAY)


async def test_a_list_that_was_written_out_here_can_be_taken_in_again(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/readers/suppressed")
        page = await submit(client, page, "/suppressed", addresses=ANA)
        export = (await client.get("/admin/readers/suppressed/export.csv")).text
        await submit(client, await submit(client, page, "/look", address=ANA), "/lift")
        await join(store, ANA, TUESDAY)
        page = await submit(client, page, "/suppressed", addresses=export, kind="own")
        assert "1 address added" in says(page)
    assert (await reader(store, ANA)).standing is Standing.SUPPRESSED
