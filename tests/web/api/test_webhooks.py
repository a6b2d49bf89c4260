"""Programs have other programs told what happens."""

from __future__ import annotations

import pytest

from digest.core.access import Power
from digest.store.database import Database
from tests.web.api.programs import a_key, program
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

HOOK = {"url": "https://shop.example/hook", "events": ["issue.sent", "reader.left"]}


async def test_a_webhook_is_added_changed_tried_and_removed(store: Database) -> None:
    async with program(store) as client:
        made = await client.post("webhooks", json=HOOK)
        assert (made.status_code, made.headers["location"]) == (201, "/api/v1/webhooks/1")
        assert made.json()["secret"].startswith("whsec_")
        shown = (await client.get("webhooks/1")).json()
        assert "secret" not in shown
        assert (shown["label"], shown["on"], shown["events"]) == ("shop.example", True, HOOK["events"])
        changed = await client.patch("webhooks/1", json={"events": ["reader.joined"], "on": False})
        assert (changed.json()["events"], changed.json()["off_because"]) == (["reader.joined"], "by-hand")
        assert (await client.post("webhooks/1/test")).status_code == 422
        await client.patch("webhooks/1", json={"on": True})
        assert (await client.post("webhooks/1/test")).json() == {"handover": 1}
        (handover,) = (await client.get("webhooks/1/handovers")).json()["items"]
        assert (handover["type"], handover["attempts"], handover["data"]) == (
            "webhook.test",
            0,
            {"webhook": 1},
        )
        other = (await client.post("webhooks/1/secret")).json()["secret"]
        assert other != made.json()["secret"]
        assert (await client.get("webhooks")).json()["items"] == [(await client.get("webhooks/1")).json()]
        assert (await client.delete("webhooks/1")).json()["id"] == 1
        assert (await client.get("webhooks/1")).status_code == 404
        acts = [one["act"] for one in (await client.get("changes?kind=webhook")).json()["items"]]
    assert acts[0] == "webhook.remove"


async def test_a_secret_is_not_kept_with_the_answer(sqlite_store: Database) -> None:
    word = {"Idempotency-Key": "b7a1-3c55"}
    async with program(sqlite_store) as client:
        secret = (await client.post("webhooks", json=HOOK, headers=word)).json()["secret"]
        assert (await client.post("webhooks", json=HOOK, headers=word)).status_code == 409
    rows = await all_rows(sqlite_store)
    assert secret not in str(rows["api_calls"])
    assert len(rows["webhooks"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "shop.example"},
        {"url": "http://shop.example/", "with_addresses": True},
        {"events": []},
        {"events": ["webhook.test"]},
        {"events": ["reader.moved"]},
        {"secret": "whsec_chosen"},
        {"label": "a" * 61},
    ],
)
async def test_what_cannot_be_is_refused(sqlite_store: Database, wrong: dict[str, object]) -> None:
    async with program(sqlite_store) as client:
        assert (await client.post("webhooks", json=HOOK | wrong)).status_code == 422
        assert (await client.get("webhooks")).json()["items"] == []


async def test_handovers_are_read_page_by_page_newest_first(sqlite_store: Database) -> None:
    key = await a_key(sqlite_store, scopes=[Power.RUN])
    async with program(sqlite_store, key) as client:
        await client.post("webhooks", json=HOOK)
        for _ in range(3):
            await client.post("webhooks/1/test")
        first = (await client.get("webhooks/1/handovers?limit=2")).json()
        rest = (await client.get(f"webhooks/1/handovers?limit=2&after={first['next']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next"] is None
