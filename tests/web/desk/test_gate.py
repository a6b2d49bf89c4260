"""Nobody gets past the gate: not without a session, nor without the power, nor with the form of others.

The routes are read from the application itself, so a page that is added tomorrow is tested too.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.routing import Route

from digest.core.access import POWERS_OF, PROGRAM, Power, Role
from digest.flows.people import shut_out
from digest.store.database import Database
from digest.web.desk.gate import COOKIE, DeskRoute
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, add_person, at_the_desk, desk_app, says, stranger, token_of
from tests.web.desk.rooms import at_work, made_up, named, routes_in
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

#: The few that are open, since they let people in.
OPEN: Final = {
    *(("GET", "/admin"), ("GET", "/admin/enter"), ("POST", "/admin/enter")),
    *(("GET", "/admin/begin/{token}"), ("POST", "/admin/begin/{token}")),
}
OPEN_HALFWAY: Final = {("GET", "/admin/code"), ("POST", "/admin/code")}


async def ask(client: httpx.AsyncClient, route: Route, **form: str) -> httpx.Response:
    method, path = named(route)
    if method == "GET":
        return await client.get(made_up(path))
    return await client.post(made_up(path), data=form)


async def test_every_path_of_the_desk_is_made_by_the_gate_and_names_its_power(store: Database) -> None:
    routes = routes_in(desk_app(store))
    assert len(routes) > 20
    for route in routes:
        assert isinstance(route, DeskRoute), route.path
        assert route.power is not None or named(route) in OPEN | OPEN_HALFWAY, route.path


async def test_without_a_session_pages_lead_to_the_door_and_buttons_do_nothing(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    before = await all_rows(store)
    async with stranger(store) as client:
        for route in routes_in(desk_app(store)):
            if named(route) in OPEN | OPEN_HALFWAY:
                continue
            answer = await ask(client, route)
            method, path = named(route)
            assert answer.status_code == (303 if method == "GET" else 401), path
            if method == "GET":
                assert str(answer.url.join(answer.headers["location"])).startswith(
                    "https://news.example/admin/enter"
                ), path
    assert await all_rows(store) == before


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_what_its_powers_say_and_nothing_else(store: Database, role: Role) -> None:
    routes = [one for one in routes_in(desk_app(store)) if isinstance(one, DeskRoute) and one.power]
    async with at_the_desk(store, role) as client:
        for route in routes:
            # without the token of the form nothing is done, and what is refused first is the role
            answer = await ask(client, route)
            allowed = route.power in POWERS_OF[role]
            refused = "Your account is not allowed" in answer.text
            assert refused == (not allowed), (role, route.path)
            if not allowed:
                assert answer.status_code == 403, route.path
            assert answer.status_code < 500, route.path


async def test_a_viewer_can_change_nothing_by_any_request(store: Database, tmp_path: Path) -> None:
    await at_work(store, tmp_path)
    async with at_the_desk(store, Role.VIEWER) as client:
        page = await client.get("/admin/account")
        csrf = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert csrf is not None
        before = await all_rows(store)
        for route in routes_in(desk_app(store)):
            if isinstance(route, DeskRoute) and route.power not in {None, Power.OWN}:
                await ask(client, route, csrf=csrf[1])
                await client.request("PUT", made_up(route.path))
                await client.request("DELETE", made_up(route.path))
        assert await all_rows(store) == before


async def test_every_button_refuses_a_form_without_the_sessions_token(store: Database) -> None:
    async with at_the_desk(store, Role.ADMIN) as client:
        before = await all_rows(store)
        for route in routes_in(desk_app(store)):
            if named(route)[0] == "POST" and named(route) not in OPEN | OPEN_HALFWAY:
                for form in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
                    answer = await ask(client, route, **form)
                    assert answer.status_code == 403, route.path
        assert await all_rows(store) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://news.example.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_every_button_refuses_a_form_from_a_page_of_others(
    store: Database, headers: dict[str, str]
) -> None:
    async with at_the_desk(store, Role.ADMIN) as client:
        before = await all_rows(store)
        for route in routes_in(desk_app(store)):
            if named(route)[0] == "POST":
                answer = await client.post(made_up(route.path), headers=headers)
                assert answer.status_code == 403, route.path
        assert await all_rows(store) == before


async def test_looking_at_every_page_changes_nothing(store: Database, tmp_path: Path) -> None:
    await at_work(store, tmp_path)
    statuses = Counter[int]()
    async with at_the_desk(store, Role.ADMIN) as client:
        before = await all_rows(store)
        for route in routes_in(desk_app(store)):
            if named(route)[0] == "GET":
                statuses[(await ask(client, route)).status_code] += 1
                await client.head(made_up(route.path))
        assert await all_rows(store) == before
    # pages that are not there would change nothing anyway
    assert statuses[200] > 30
    assert statuses[200] > 8 * statuses[404]


async def test_pages_carry_the_policy_that_lets_nothing_strange_in(store: Database) -> None:
    async with at_the_desk(store) as client:
        answer = await client.get("/admin/account")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    # without where a form stands, the gate could not tell ours from others'
    assert answer.headers["referrer-policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", answer.text)


async def test_the_session_cookie_is_for_this_host_alone_and_no_script_reads_it(store: Database) -> None:
    await add_person(store, "Anna", Role.VIEWER)
    async with stranger(store) as client:
        answer = await client.post(
            "/admin/enter", data={"name": "anna", "password": "four words that rhyme not"}
        )
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE.lower()}=")
    assert COOKIE.startswith("__Host-")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "domain" not in cookie


async def test_who_is_shut_out_is_out_with_the_next_request(store: Database) -> None:

    await add_person(store, "Anna", Role.ADMIN)
    bob = await add_person(store, "Bob", Role.EDITOR)
    token = await token_of(store, "Bob")
    async with stranger(store) as client:
        client.cookies.set(COOKIE, token, domain="news.example", path="/")
        assert (await client.get("/admin/account")).status_code == 200
        await shut_out(bob, by=PROGRAM, store=store, now=NOW)
        assert (await client.get("/admin/account")).status_code == 303


@pytest.mark.parametrize("path", ["no-such-page", "issues/abc", "webhooks", "readers/1/nothing", "a/b/c/"])
async def test_an_unknown_path_of_the_desk_is_not_there_and_leads_back(store: Database, path: str) -> None:
    async with at_the_desk(store) as client:
        answer = await client.get(f"/admin/{path}")
        assert answer.status_code == 404
        assert "There is no such page" in says(answer)
        back = document(answer.text).xpath("//main//a[text()='Back to today']/@href")[0]
        assert (await client.get(answer.url.join(back))).status_code == 200


@pytest.mark.parametrize(
    "number", [str(2**31), "9" * 18, str(2**63), "9" * 20, "9" * 5000], ids=lambda it: f"{len(it)} digits"
)
async def test_numbers_that_nothing_has_are_not_there(store: Database, number: str) -> None:
    async with at_the_desk(store) as client:
        for route in routes_in(desk_app(store)):
            method, path = named(route)
            if method == "GET" and ":int}" in path:
                answer = await client.get(made_up(path, number))
                # a frame says so where the mail would stand
                assert answer.status_code == 404 or "No mail can be shown" in answer.text, path
