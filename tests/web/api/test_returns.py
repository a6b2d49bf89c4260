"""Programs see what came back, and say what it is about where nothing proves it."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.access import Role
from digest.core.model import DeliveryStatus
from digest.core.unread import TELLING
from digest.mail.peek import MOST_TEXT
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import copies, reader
from tests.flows.returning import back_to, bulk_mail, sent_to, take
from tests.web.api.programs import program
from tests.web.desk.returned_mail import FORGED, SCRIPT, a_week, hostile
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

ANA = "ana@readers.example"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [8, 7, 6, 5, 4, 3, 2, 1]),
        ("?kind=mailbox-full", [8, 2]),
        ("?waiting=true", [8, 7, 6]),
        ("?unmatched=true", [8, 7]),
        ("?newsletter=daily&kind=hard", [1]),
        ("?newsletter=weekly", []),
    ],
)
async def test_what_came_back_is_listed_and_filtered(store: Database, query: str, wanted: list[int]) -> None:
    await a_week(store)
    async with program(store, role=Role.EDITOR) as client:
        answer = (await client.get(f"returns{query}")).json()
    assert [one["id"] for one in answer["items"]] == wanted
    assert answer["next"] is None


async def test_a_list_goes_on_where_it_ended(store: Database) -> None:
    await a_week(store)
    met: list[int] = []
    async with program(store) as client:
        answer = (await client.get("returns?limit=3")).json()
        met += [one["id"] for one in answer["items"]]
        while answer["next"]:
            answer = (await client.get(f"returns?limit=3&after={answer['next']}")).json()
            met += [one["id"] for one in answer["items"]]
    assert met == [8, 7, 6, 5, 4, 3, 2, 1]


async def test_one_is_told_with_its_proof_and_its_mail(store: Database) -> None:
    await a_week(store)
    async with program(store, role=Role.EDITOR) as client:
        proved = (await client.get("returns/1")).json()
        waits = (await client.get("returns/7")).json()
    assert proved["mail"] is None
    assert {name: proved[name] for name in ("recipient", "kind", "code", "reply", "delivery", "effect")} == {
        "recipient": "carla@readers.example",
        "kind": "hard",
        "code": "5.1.1",
        "reply": "550",
        "delivery": 1,
        "effect": "stopped",
    }
    assert (proved["proof"], proved["newsletter"], proved["waits"]) == ("return-path", "daily", False)
    assert (waits["proof"], waits["delivery"], waits["waits"]) == (None, None, True)
    assert waits["mail"]["from"] == "MAILER-DAEMON@mx.readers.example"
    assert waits["mail"]["text"].startswith("Your mail to <hela@readers.example> could not be delivered")


async def test_a_hostile_mail_is_told_as_plain_text_and_handed_out_as_a_file(store: Database) -> None:
    await take(store, hostile())
    async with program(store) as client:
        mail = (await client.get("returns/1")).json()["mail"]
        raw = await client.get("returns/1/mail")
    assert SCRIPT in mail["subject"]
    assert "\0" not in mail["text"]
    assert len(mail["text"]) <= MOST_TEXT
    assert raw.content == hostile()[: TELLING.kept]
    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.headers["content-disposition"] == 'attachment; filename="returned-1.eml"'
    assert raw.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "body", [{"email": "Ana@readers.example"}, {"delivery": 1}], ids=["email", "delivery"]
)
async def test_a_program_says_what_it_is_about_and_the_same_follows(
    store: Database, body: dict[str, Any]
) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with program(store) as client:
        done = await client.post("returns/1/apply", json=body)
        again = await client.post("returns/1/apply", json=body)
        acts = [one["act"] for one in (await client.get("changes?kind=returned")).json()["items"]]
    assert (done.status_code, done.json()["effect"], done.json()["proof"]) == (200, "stopped", "by-hand")
    assert (done.json()["recipient"], done.json()["delivery"], done.json()["waits"]) == (ANA, 1, False)
    assert (again.status_code, "settled already" in again.json()["detail"]) == (422, True)
    assert acts == ["returned.apply"]
    assert (await reader(store, ANA)).standing is Standing.BOUNCING
    assert (await copies(store, address=ANA))[0].status is DeliveryStatus.REFUSED


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("1/apply", {}, 422, "either email or delivery"),
        ("1/apply", {"email": ANA, "delivery": 1}, 422, "either email or delivery"),
        ("1/apply", {"email": "nobody"}, 422, "'nobody' is not valid"),
        ("1/apply", {"email": "nobody@x.example"}, 404, "nobody reads at 'nobody@x.example'"),
        ("1/apply", {"delivery": 99}, 404, "delivery 99 does not exist"),
        ("1/apply", {"delivery": "1"}, 422, "delivery"),
        ("1/apply", {"delivery": 2**63}, 422, "delivery"),
        ("1/apply", {"email": f"{ANA}\0"}, 422, "email"),
        ("1/apply", {"email": ANA, "kind": "lost"}, 422, "kind"),
        ("1/apply", {"email": ANA, "kind": "soft"}, 422, "it says itself what it is (hard)"),
        ("1/apply", {"sure": True}, 422, "sure"),
        ("99/apply", {"email": ANA}, 404, "returned mail 99 does not exist"),
        ("99/done", None, 404, "returned mail 99 does not exist"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    store: Database, path: str, body: dict[str, Any] | None, status: int, words: str
) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with program(store) as client:
        await client.get("returns")
        before = await all_rows(store)
        answer = await client.post(f"returns/{path}", json=body)
        assert await all_rows(store) == before
    assert answer.status_code == status
    assert words in str(answer.json())
    assert "see digest" not in answer.text


async def test_what_means_nothing_is_done_with_once(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with program(store) as client:
        assert (await client.post("returns/1/done")).json() == {"id": 1, "changed": True}
        assert (await client.post("returns/1/done")).json() == {"id": 1, "changed": False}
        assert (await client.get("returns?waiting=true")).json()["items"] == []
        assert (await client.get("returns/1")).json()["mail"]["done_at"] is not None
        assert (await client.get("returns/99/mail")).status_code == 404


async def test_an_editors_key_looks_and_settles_nothing_and_a_viewers_does_not_look(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with program(store, role=Role.EDITOR) as client:
        assert (await client.get("returns/1/mail")).status_code == 200
        assert (await client.post("returns/1/apply", json={"email": ANA})).status_code == 403
        assert (await client.post("returns/1/done")).status_code == 403
    async with program(store, role=Role.VIEWER) as client:
        for path in ("returns", "returns/1", "returns/1/mail"):
            assert (await client.get(path)).status_code == 403
    assert (await reader(store, ANA)).standing is Standing.ACTIVE


@pytest.mark.parametrize("path", ["returns/{}", "returns/{}/mail"], ids=["one", "mail"])
async def test_the_largest_number_there_can_be_is_nobodys(path: str, store: Database) -> None:
    async with program(store) as client:
        assert (await client.get(path.format(2**63 - 1))).status_code == 404


async def test_a_mail_that_says_nothing_is_listed_and_a_program_says_what_it_says(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    raw = bulk_mail(back_to(copy))
    await take(store, raw)
    async with program(store) as client:
        (one,) = (await client.get("returns?kind=unknown&waiting=true")).json()["items"]
        assert (one["sender"], one["size"], one["text"]) == ("shop@else.example", len(raw), "Buy now")
        refused = await client.post("returns/1/apply", json={"delivery": copy.id})
        assert (refused.status_code, "say one of" in refused.json()["detail"]) == (422, True)
        assert (await reader(store, ANA)).standing is Standing.ACTIVE
        settled = await client.post("returns/1/apply", json={"delivery": copy.id, "kind": "hard"})
    assert (settled.json()["kind"], settled.json()["effect"]) == ("hard", "stopped")
    assert (await reader(store, ANA)).standing is Standing.BOUNCING
