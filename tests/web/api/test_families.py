"""Programs see how much comes back by provider, and let one rest and go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.core.access import Role
from digest.store.database import Database
from tests.walk.test_sending_paced import OTHER, SLOW
from tests.web.api.programs import program
from tests.web.desk.test_family_pages import something_came_back

pytestmark = pytest.mark.anyio


async def test_families_are_listed_with_their_rates_and_in_parts(store: Database, tmp_path: Path) -> None:
    await something_came_back(store, tmp_path)
    async with program(store, role=Role.VIEWER) as client:
        whole = (await client.get("families")).json()
        first = (await client.get("families?limit=1")).json()
        second = (await client.get(f"families?limit=1&after={first['next']}")).json()
    assert [one["family"] for one in whole["items"]] == [SLOW, OTHER]
    assert first["items"] + second["items"] == whole["items"]
    assert (first["next"], second["next"], whole["next"]) == (1, None, None)
    rate = {"events": 3, "copies": 150, "rate": 0.02, "line": 0.001, "level": "over"}
    assert whole["items"][0]["complaints"] == rate
    assert (whole["all"]["family"], whole["all"]["tried"], whole["all"]["level"]) == (None, 200, "over")


async def test_a_family_is_paused_and_resumed_by_any_of_its_domains(store: Database) -> None:
    async with program(store, role=Role.EDITOR) as client:
        done = (await client.post("families/googlemail.com/pause", json={"hours": 2})).json()
        assert (done["family"], done["until"], done["because"]) == (
            "gmail.com",
            "2026-11-24T11:30:00Z",
            "by hand",
        )
        assert [one["family"] for one in (await client.get("status")).json()["paused"]] == ["gmail.com"]
        again = await client.post("families/gmail.com/pause", json={})
        assert again.status_code == 422
        assert "is paused already" in again.json()["detail"]
        assert (await client.post("families/gmail.com/resume")).json() == {"resumed": "gmail.com"}
        assert (await client.post("families/gmail.com/resume")).status_code == 422
        assert (await client.get("status")).json()["paused"] == []


async def test_who_only_looks_pauses_nothing(sqlite_store: Database) -> None:
    async with program(sqlite_store, role=Role.VIEWER) as client:
        assert (await client.post("families/gmail.com/pause", json={})).status_code == 403
        assert (await client.post("families/gmail.com/resume")).status_code == 403
