"""Nobody calls the API without a key and its power; what is refused is told in one shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest

from digest.core.access import POWERS_OF, SCOPES, Power, Role
from digest.flows import people as flows
from digest.flows.proofs import hash_of
from digest.store import people
from digest.store.database import Database
from digest.web.api.gate import GuardedRoute
from tests.web.api.programs import NOW, V1, a_key, api_app, program, routes_of

pytestmark = pytest.mark.anyio

#: Enough to be routed; what comes of it is looked at only where it is refused.
_FILLED: Final = {
    "id": "1",
    "slug": "daily",
    "family": "gmail.com",
    "email": "nobody@example.org",
    "email:path": "nobody@example.org",
}


def paths() -> Iterator[tuple[str, str, Power]]:
    """Every method and path of the API, read from its router, with the power that it needs."""
    from digest.store.database import Database as Store

    for route in routes_of(api_app(Store("sqlite+aiosqlite://"))):
        for method in sorted(route.methods or ()):
            yield method, _path(route), route.power


def _path(route: GuardedRoute) -> str:
    return route.path_format.format(**_FILLED).removeprefix("/api/v1/")


PATHS: Final = list(paths())


def _is_problem(answer: httpx.Response, status: int) -> bool:
    document = answer.json()
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "application/problem+json"
        and document["status"] == status
        and document["type"] == "about:blank"
        and bool(document["detail"])
        and "Traceback" not in answer.text
    )


async def _asked(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    body = {} if method in {"GET", "DELETE"} else {"content": b"{}"}
    kind = "text/csv" if path.endswith(("import", "imports")) else "application/json"
    return await client.request(method, path, headers={"Content-Type": kind}, **body)  # type: ignore[arg-type]


async def test_every_path_is_closed_to_who_has_no_key(sqlite_store: Database) -> None:
    async with program(sqlite_store, "") as client:
        answers = {(method, path): await _asked(client, method, path) for method, path, _ in PATHS}
    assert [what for what, answer in answers.items() if not _is_problem(answer, 401)] == []
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers.values())


@pytest.mark.parametrize("role", list(Role))
async def test_every_path_is_open_to_who_has_its_power_alone(sqlite_store: Database, role: Role) -> None:
    for scope in sorted(SCOPES):
        key = await a_key(sqlite_store, role, [scope])
        async with program(sqlite_store, key, calls_a_minute=10_000) as client:
            for method, path, power in PATHS:
                may = power == scope and power in POWERS_OF[role]
                if may and method != "GET":
                    # it would act, which other tests look at
                    continue
                answer = await _asked(client, method, path)
                assert (answer.status_code != 403) is may, (method, path, power, role, scope)
                assert may or _is_problem(answer, 403)


async def test_key_does_less_when_its_holder_may_less(sqlite_store: Database) -> None:
    key = await a_key(sqlite_store, Role.ADMIN)
    await a_key(sqlite_store, Role.ADMIN, name="another")
    async with program(sqlite_store, key) as client:
        assert (await client.get("people")).status_code == 200
        async with sqlite_store.write() as connection:
            person = await people.by_name(connection, "the admin")
            assert person is not None
            await people.change(connection, person.id, role=Role.VIEWER)
        assert (await client.get("people")).status_code == 403
        assert (await client.get("briefings")).status_code == 200


@pytest.mark.parametrize("how", ["revoked", "shut out", "another", "with another scheme", "a cookie"])
async def test_key_that_is_none_opens_nothing(sqlite_store: Database, how: str) -> None:
    key = await a_key(sqlite_store)
    headers = {"Authorization": f"Bearer {key}"}
    async with sqlite_store.write() as connection:
        found = await people.key_by_hash(connection, hash_of(key))
        assert found is not None
        if how == "revoked":
            await people.revoke_key(connection, found[0].id, NOW)
        if how == "shut out":
            await people.change(connection, found[1].id, shut_out_at=NOW)
    if how == "another":
        headers = {"Authorization": f"Bearer {key[:-1]}x"}
    if how == "with another scheme":
        headers = {"Authorization": f"Basic {key}"}
    if how == "a cookie":
        headers = {"Cookie": f"__Host-desk={key}; Authorization={key}"}
    async with program(sqlite_store, "") as client:
        assert _is_problem(await client.get("briefings", headers=headers), 401)


async def test_use_of_a_key_is_noted_now_and_then(sqlite_store: Database) -> None:
    key, present = await a_key(sqlite_store), [NOW]

    async def used_at() -> datetime | None:
        async with sqlite_store.read() as connection:
            found = await people.key_by_hash(connection, hash_of(key))
        assert found is not None
        return found[0].used_at

    async with program(sqlite_store, key, lambda: present[0]) as client:
        assert await used_at() is None
        for minutes, noted in ((0, NOW), (4, NOW), (6, NOW + timedelta(minutes=6))):
            present[0] = NOW + timedelta(minutes=minutes)
            await client.get("status")
            assert await used_at() == noted


async def test_calls_are_rationed_by_key(sqlite_store: Database) -> None:
    one, other, present = await a_key(sqlite_store), await a_key(sqlite_store), [NOW]
    async with program(sqlite_store, one, lambda: present[0], calls_a_minute=3) as client:
        left = [(await client.get("topics")).headers["ratelimit"] for _ in range(3)]
        assert left == ['"key";r=2;t=20', '"key";r=1;t=40', '"key";r=0;t=60']
        refused = await client.get("topics")
        assert _is_problem(refused, 429)
        assert refused.headers["retry-after"] == "20"
        assert refused.headers["ratelimit-policy"] == '"key";q=3;w=60'
        hers = {"Authorization": f"Bearer {other}"}
        assert (await client.get("topics", headers=hers)).status_code == 200
        present[0] += timedelta(seconds=20)
        assert (await client.get("topics")).status_code == 200


async def test_every_error_has_the_same_shape(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        json = {"Content-Type": "application/json"}
        assert _is_problem(await client.get("/api/v1/nothing"), 404)
        assert _is_problem(await client.get("/api"), 404)
        wrong_method = await client.put("topics")
        assert _is_problem(wrong_method, 405)
        assert wrong_method.headers["allow"] == "GET, PATCH, POST"
        assert _is_problem(await client.post("topics", content=b"{", headers=json), 400)
        assert _is_problem(await client.post("topics", content=b"\xff", headers=json), 400)
        assert _is_problem(await client.post("topics", content=b"[" * 100_000, headers=json), 400)
        assert _is_problem(await client.post("topics", content=b"{}"), 415)
        assert _is_problem(await client.post("topics", data={"slug": "a"}), 415)
        assert _is_problem(await client.post("topics", content=b" " * 4_000_001, headers=json), 413)
        assert _is_problem(await client.get("briefings/17"), 404)
        assert _is_problem(await client.get("briefings", params={"limit": "0"}), 422)
        assert _is_problem(await client.get("briefings", params={"stauts": "draft"}), 422)
        assert _is_problem(await client.get("briefings?limit=1&limit=2"), 422)
        extra = await client.post("topics", json={"slug": "a", "title": "A", "id": 4})
        assert _is_problem(extra, 422)
        assert extra.headers["ratelimit"]
        assert extra.json()["errors"] == [{"at": "body.id", "detail": "extra inputs are not permitted"}]


async def test_fault_of_ours_is_told_without_a_trace(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(flows, "add_person", fails)
    async with program(sqlite_store) as client:
        answer = await client.post("people", json={"name": "Eve", "password": "four words that rhyme"})
    assert _is_problem(answer, 500)
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_pages_elsewhere_are_told_nothing(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        answer = await client.get("topics", headers={"Origin": "https://elsewhere.example"})
        asked = await client.options("topics", headers={"Access-Control-Request-Method": "POST"})
    assert asked.status_code == 405
    for one in (answer, asked):
        assert not [name for name in one.headers if name.startswith("access-control")]
        assert one.headers["cache-control"] == "no-store"
    assert V1.startswith("https://")


@pytest.mark.parametrize("number", [2**31, 2**63 - 1])
async def test_numbers_that_nothing_has_are_not_there(store: Database, number: int) -> None:
    async with program(store) as client:
        looks = [one.path for one in routes_of(api_app(store)) if "GET" in (one.methods or ())]
        numbered = [path for path in looks if "{id}" in path]
        assert len(numbered) > 5
        for path in numbered:
            answer = await client.get(re.sub(r"\{\w+\}", str(number), path))
            assert answer.status_code == 404, path
