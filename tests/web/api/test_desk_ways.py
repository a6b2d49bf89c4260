"""What the desk can do, programs can: find by words, look back, order for later, take rosters in as a job."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest

from digest.flows.orders import plan_due
from digest.flows.readers import suppression_key
from digest.jobs.seldom import Rosters
from digest.store.database import Database
from digest.web.api.desk_documents import ColumnName
from subscribers.roster import READ_COLUMNS
from subscribers.suppressions import suppress
from tests.web.api.programs import NOW, program

pytestmark = pytest.mark.anyio

CSV = {"Content-Type": "text/csv"}


async def take_in(client: httpx.AsyncClient, *items: dict[str, Any]) -> list[int]:
    drafts = [{"paragraphs": [f"All about it: {one['title']}."], "source": "Post", **one} for one in items]
    found: list[int] = (await client.post("briefings", json={"items": drafts})).json()["added"]
    return found


async def work(store: Database) -> None:
    await Rosters(store).work(NOW, asyncio.Event())


async def test_briefings_are_found_by_words_in_any_form(store: Database) -> None:
    async with program(store) as client:
        await take_in(client, {"title": "Harbours agree"}, {"title": "Steel exports rise"})
        await take_in(client, {"title": "A third harbour", "topics": ["economy"], "section": "analysis"})

        async def found(**asked: str) -> list[str]:
            answer = await client.get("search", params=asked)
            return [one["title"] for one in answer.json()["items"]]

        assert await found(words="harbour") == ["A third harbour", "Harbours agree"]
        assert await found(words='"exports rise"') == ["Steel exports rise"]
        assert await found(words="harbour", section="analysis") == ["A third harbour"]
        assert await found(words="harbour", topic="economy") == ["A third harbour"]
        assert await found(words="nowhere") == []
        assert len(await found()) == 3
        first = (await client.get("search?words=harbour&limit=1")).json()
        rest = (await client.get(f"search?words=harbour&limit=1&after={first['next']}")).json()
        assert [one["title"] for one in rest["items"]] == ["Harbours agree"]
        assert rest["next"] is None
        assert (await client.get("search", params={"topic": "no slug"})).status_code == 422


async def test_a_briefing_is_seen_as_it_was(store: Database) -> None:
    async with program(store) as client:
        (id_,) = await take_in(client, {"title": "Harbours agree"})
        await client.patch(f"briefings/{id_}", json={"title": "Eight harbours agree"})
        found = (await client.get(f"briefings/{id_}/revisions")).json()["items"]
        older = (await client.get(f"briefings/{id_}/revisions?after=2")).json()
        assert [(one["revision"], one["title"]) for one in found] == [
            (2, "Eight harbours agree"),
            (1, "Harbours agree"),
        ]
        assert (older["items"], older["next"]) == (found[1:], None)
        assert (await client.get("briefings/99/revisions")).status_code == 404


async def test_topics_are_put_in_order_at_once(store: Database) -> None:
    async with program(store) as client:
        answer = await client.patch("topics", json={"slugs": ["society", "energy"]})
        assert [one["slug"] for one in answer.json()["items"]] == ["society", "energy", "economy", "general"]
        assert (await client.get("topics")).json() == answer.json()
        assert (await client.patch("topics", json={"slugs": ["nowhere"]})).status_code == 404


async def test_a_one_off_is_ordered_for_later_once_and_planned_then(store: Database) -> None:
    async with program(store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        (id_,) = await take_in(client, {"title": "Harbours agree"})
        later = NOW + timedelta(hours=2)
        wish = {"newsletter": "daily", "everybody": True, "briefings": [id_], "at": later.isoformat()}
        refused = await client.post("orders", json=wish | {"copies": 2})
        assert "it would be 1" in refused.json()["detail"]
        word = {"Idempotency-Key": "b7a1-3c55"}
        made = await client.post("orders", json=wish | {"copies": 1}, headers=word)
        again = await client.post("orders", json=wish | {"copies": 1}, headers=word)
        assert (made.status_code, made.headers["location"], again.json()) == (
            201,
            "/api/v1/orders/1",
            made.json(),
        )
        assert (made.json()["status"], made.json()["briefings"]) == ("waiting", [id_])
        assert await plan_due(store=store, now=NOW) == []
        assert len(await plan_due(store=store, now=later)) == 1
        planned = (await client.get("orders/1")).json()
        assert (planned["status"], planned["issue"]) == ("planned", 1)
        assert (await client.delete("orders/1")).status_code == 422
        assert (await client.get("orders?status=waiting")).json()["items"] == []
        assert (await client.get("orders")).json()["items"] == [planned]


async def test_an_order_is_taken_back(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        await take_in(client, {"title": "Harbours agree"})
        wish = {"newsletter": "daily", "to": ["ada@example.org"], "at": "2026-11-25T08:00:00Z", "copies": 1}
        shown = (await client.post("orders", json=wish)).json()
        assert "ada@" not in str(shown)
        assert (await client.delete(f"orders/{shown['id']}")).json()["status"] == "cancelled"
        past = wish | {"at": "2026-11-23T08:00:00Z"}
        assert "is past" in (await client.post("orders", json=past)).json()["detail"]


async def test_a_roster_is_tried_taken_and_taken_back_as_a_job(store: Database) -> None:
    roster = "E-mail;Name\nana@example.org;Ana\nnobody;No\nbo@example.org;Bo\n"
    async with program(store) as client:
        made = await client.post("imports", content=roster.encode(), headers=CSV)
        assert (made.status_code, made.json()["status"], made.json()["lines"]) == (201, "handed-over", 3)
        one = f"imports/{made.json()['id']}"
        assert (await client.post(f"{one}/take")).status_code == 422
        named = await client.post(f"{one}/columns", json={"basis": "They signed a list."})
        assert (named.json()["status"], named.json()["columns"]) == ("rehearsing", ["email", "name"])
        await work(store)
        tried = (await client.get(one)).json()
        assert (tried["status"], tried["added"], tried["refused"]) == ("rehearsed", 2, 1)
        assert (await client.get("subscribers")).json()["items"] == []
        (refused,) = (await client.get(f"{one}/refused")).json()["items"]
        assert (refused["line"], refused["cells"]) == (3, ["nobody", "No"])
        assert (await client.post(f"{one}/take")).json()["status"] == "taking"
        await work(store)
        taken = (await client.get(one)).json()
        assert (taken["status"], taken["added"], taken["done"]) == ("taken", 2, 1.0)
        assert len((await client.get("subscribers")).json()["items"]) == 2
        await client.post(f"{one}/undo")
        await work(store)
        undone = (await client.get(one)).json()
        assert (undone["status"], undone["removed"]) == ("undone", 2)
        assert (await client.get("imports")).json()["items"] == [undone]
        acts = [change["act"] for change in (await client.get("changes?kind=import")).json()["items"]]
    assert acts[-1] == "import.hand-over"


async def test_refused_lines_are_read_page_by_page(sqlite_store: Database) -> None:
    lines = "\n".join("nobody" if number % 2 else f"r{number}@example.org" for number in range(1200))
    async with program(sqlite_store) as client:
        made = await client.post("imports", content=f"email\n{lines}\n".encode(), headers=CSV)
        one = f"imports/{made.json()['id']}"
        await client.post(f"{one}/columns", json={"basis": "They signed a list."})
        await work(sqlite_store)
        seen: list[int] = []
        after: int | None = 0
        while after is not None:
            page = (await client.get(f"{one}/refused?limit=70&after={after}")).json()
            seen += [refused["line"] for refused in page["items"]]
            after = page["next"]
        assert seen == [number + 2 for number in range(1, 1200, 2)]
        assert (await client.delete(one)).json()["status"] == "dropped"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "first line"),
        (b"email\n", "nothing in it"),
        (b"email\n\xff\xfe\n", "UTF-8"),
        (b"email\na\0b\n", "no text"),
    ],
)
async def test_what_is_no_roster_is_refused(sqlite_store: Database, content: bytes, words: str) -> None:
    async with program(sqlite_store) as client:
        answer = await client.post("imports", content=content, headers=CSV)
        assert answer.status_code == 422
        assert words in answer.json()["detail"]


def test_the_columns_of_the_api_are_those_of_rosters() -> None:
    assert set(get_args(ColumnName)) == {"", *READ_COLUMNS}


async def test_a_one_off_comes_by_the_clocks_of_each_reader(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        for email, zone in (("ada@example.org", "Asia/Tokyo"), ("bo@example.org", "Europe/Paris")):
            await client.post("subscribers", json={"email": email, "timezone": zone})
        await take_in(client, {"title": "Harbours agree"})
        wish = {"newsletter": "daily", "everybody": True, "copies": 2}
        made = (await client.post("orders", json=wish | {"local_at": "2026-11-25T08:00"})).json()
        # the first clocks that show it are those of Tokyo
        assert (made["local_at"], made["due_at"]) == ("2026-11-25T08:00", "2026-11-24T23:00:00Z")
        assert (await client.get("orders")).json()["items"] == [made]
        for wrong, words in (
            ({}, "exactly one way"),
            ({"at": "2026-11-25T08:00:00Z", "local_at": "2026-11-25T08:00"}, "exactly one way"),
            ({"local_at": "2026-02-30T08:00"}, "on no clock"),
            ({"local_at": "0001-01-01T00:00"}, "out of reach"),
        ):
            refused = await client.post("orders", json=wish | wrong)
            assert (refused.status_code, words in refused.json()["detail"]) == (422, True), wrong


async def test_grounds_are_kept_with_readers_who_are_taken_in(sqlite_store: Database) -> None:
    said = "They signed a list at the fair."
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org", "grounds": said})
        await client.post(
            "subscribers/import", params={"grounds": said}, content=b"email\nbo@example.org\n", headers=CSV
        )
        for email in ("ada@example.org", "bo@example.org"):
            assert said in (await client.get(f"subscribers/{email}/data")).text


async def test_another_list_is_taken_over_by_its_hashes(sqlite_store: Database) -> None:
    hashed = hashlib.sha256(b"ada@example.org").hexdigest()
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        done = await client.post("suppressions", json={"addresses": [hashed, "no hash"], "hashes": "sha256"})
        assert (done.json()["added"], [one["line"] for one in done.json()["rejected"]]) == (1, [2])
        assert (await client.get("suppressions/ada@example.org")).status_code == 200
        (one,) = (await client.get("subscribers?status=suppressed")).json()["items"]
        assert one["email"] == "ada@example.org"


async def test_a_complaint_is_lifted_with_a_word_why(sqlite_store: Database) -> None:
    async with sqlite_store.write() as connection:
        await suppress(connection, "ada@example.org", await suppression_key(connection), "complained", NOW)
    async with program(sqlite_store) as client:
        path = "suppressions/ada@example.org"
        for params in ({}, {"note": " "}, {"note": "x" * 201}):
            assert (await client.delete(path, params=params)).status_code == 422
        assert (await client.delete(path, params={"note": "a slip"})).json()["reason"] == "complained"
        assert (await client.get(path)).status_code == 404


async def test_public_holidays_become_quiet_days(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        answer = await client.post("newsletters/daily/holidays", json={"country": "FR", "year": 2027})
        assert {"day": "2027-07-14", "name": "National Day"} in answer.json()["quiet_days"]
        assert (await client.get("newsletters/daily")).json() == answer.json()
        unknown = await client.post("newsletters/daily/holidays", json={"country": "XX", "year": 2027})
        assert (unknown.status_code, "not known" in unknown.json()["detail"]) == (422, True)
