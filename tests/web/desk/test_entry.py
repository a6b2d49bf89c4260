"""Entering the desk: passwords, codes that are good once, and guesses that get slow."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from time import process_time
from typing import Final

import httpx
import pyotp
import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM, Role
from digest.errors import InputError
from digest.flows import entering, proofs
from digest.flows.entering import Browser, Entered, Refused
from digest.flows.people import Pass, begin_codes, set_password
from digest.store import people
from digest.store.database import Database
from digest.store.desk_tables import recovery_codes, sessions
from digest.web.desk.gate import COOKIE
from tests.web.desk.newsroom import (
    BROWSER,
    NOW,
    PASSWORD,
    add_person,
    at_the_desk,
    says,
    stranger,
    submit,
    token_of,
)

pytestmark = pytest.mark.anyio
#: Where the clients of the tests come from.
AT_HOME: Final = Browser("127.0.0.1", "")
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def knock(
    client: httpx.AsyncClient, name: str = "Anna", password: str = PASSWORD, to: str = ""
) -> httpx.Response:
    return await client.post("/admin/enter", data={"name": name, "password": password, "to": to})


def code_at(instant: datetime) -> str:
    return pyotp.TOTP(SECRET).at(instant)


async def with_codes(store: Database, name: str = "Anna") -> tuple[str, ...]:
    """Somebody of whom codes are asked; their recovery codes."""
    person_id = await add_person(store, name, Role.ADMIN)
    earlier = NOW - timedelta(hours=1)
    return await begin_codes(person_id, SECRET, code_at(earlier), Pass(PROGRAM), store=store, now=earlier)


async def test_who_knows_the_password_gets_to_the_page_that_was_asked_for(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    async with stranger(store) as client:
        page = await client.get("/admin/people?done=added", follow_redirects=True)
        answer = await submit(client, page, "enter", name="  ANNA ", password=PASSWORD)
    assert (answer.url.path, answer.url.query) == ("/admin/people", b"done=added")


async def test_the_door_says_how_the_first_one_gets_in(store: Database) -> None:
    async with stranger(store) as client:
        assert "Nobody may enter yet." in says(await client.get("/admin/enter"))
        await add_person(store, "Anna", Role.ADMIN)
        page = await client.get("/admin/enter")
        assert "Nobody may enter yet." not in says(page)
        assert "Forgotten?" not in says(page)
        assert "Forgotten? An admin makes you a link" in says(await knock(client, password="wrong"))


async def test_where_a_browser_keeps_no_session_that_is_said(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    async with stranger(store) as client:
        client.base_url = httpx.URL("http://192.0.2.2:8000")
        client.headers["origin"] = "http://192.0.2.2:8000"
        answer = await client.post(
            "/admin/enter", data={"name": "Anna", "password": PASSWORD, "to": "people"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "enter?kept=&to=people")
        page = await client.get("/admin/enter?kept=&to=people")
        assert "your browser keeps no session here: open the desk by https" in says(page)
        assert (await knock(client, password="wrong")).status_code == 401


async def test_behind_a_proxy_that_says_nothing_of_https_people_get_in(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    token = await token_of(store, "Anna")
    async with stranger(store) as client:
        # what the browser keeps, since it speaks https with the proxy
        cookie = {"cookie": f"{COOKIE}={token}"}
        for asked, place in (("?kept=&to=people%3Fdone%3Dadded", "people?done=added"), ("?kept=", "./")):
            answer = await client.get(f"http://news.example/admin/enter{asked}", headers=cookie)
            assert (answer.status_code, answer.headers["location"]) == (303, place)


@pytest.mark.parametrize(
    "to",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere",
        "javascript:alert(1)",
        "../..",
        "\\\\x",
    ],
)
async def test_nobody_is_sent_elsewhere_after_logging_in(store: Database, to: str) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    async with stranger(store) as client:
        answer = await knock(client, to=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")


async def test_a_wrong_password_and_a_wrong_name_are_answered_alike(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    async with stranger(store) as client:
        wrong = [await knock(client, password="something else"), await knock(client, name="Nobody")]
    assert [one.status_code for one in wrong] == [401, 401]
    assert len({one.text.replace("Anna", "").replace("Nobody", "") for one in wrong}) == 1
    assert all("set-cookie" not in one.headers for one in wrong)


async def test_a_thousand_guesses_are_slowed_by_the_tenth_and_nobody_else_is_kept_out(
    store: Database,
) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    await add_person(store, "Bob", Role.EDITOR)
    looked_at = 0
    for guess in range(1000):
        found = await entering.log_in("Anna", f"guess {guess}", AT_HOME, store=store, now=NOW)
        assert isinstance(found, Refused)
        looked_at += not found.wait
    assert looked_at < 10
    async with stranger(store) as client:
        right = await knock(client)
        assert right.status_code == 429
        assert 0 < int(right.headers["retry-after"]) <= 600
        assert "Too many tries" in says(right)
        assert (await knock(client, name="Bob")).status_code == 303
    elsewhere = Browser("198.51.100.9", "")
    assert isinstance(await entering.log_in("Anna", PASSWORD, elsewhere, store=store, now=NOW), Entered)
    later = NOW + timedelta(minutes=11)
    assert isinstance(await entering.log_in("Anna", PASSWORD, AT_HOME, store=store, now=later), Entered)


async def test_guessing_from_many_networks_is_slowed_too(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    waits = []
    for host in range(1, 106):
        browser = Browser(f"10.{host}.0.1", "")
        # a refusal by the limit makes no hash, and an empty account costs as much as a full one
        found = await entering.log_in("Anna", "no", browser, store=store, now=NOW)
        assert isinstance(found, Refused)
        waits.append(bool(found.wait))
    assert waits.index(True) == 100
    assert all(waits[100:])


async def test_a_new_session_has_a_new_token_and_ends_the_one_before(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    async with stranger(store) as client:
        # what an attacker has planted is of no use after the login
        client.cookies.set(COOKIE, "planted", domain="news.example", path="/")
        fresh = (await knock(client)).cookies[COOKIE]
        assert fresh != "planted"
        again = (await knock(client)).cookies[COOKIE]
        assert again != fresh
        assert (await client.get("/admin/account")).status_code == 200
    assert await entering.who_is(fresh, store=store, now=NOW) is None
    assert await entering.who_is(again, store=store, now=NOW) is not None


async def test_the_store_holds_no_token_and_no_password(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    token = await token_of(store, "Anna")
    async with store.read() as connection:
        rows = (await connection.execute(select(sessions))).all()
        person = await people.by_name(connection, "Anna")
    assert [row.token_hash for row in rows] == [proofs.hash_of(token)]
    assert token not in repr(rows)
    assert person is not None
    assert PASSWORD not in repr(person)
    assert person.password_hash.startswith("$argon2id$")


async def test_all_other_sessions_end_with_a_change_of_password(store: Database) -> None:
    await add_person(store, "the admin", Role.ADMIN)
    other = await token_of(store, "the admin")
    new = "a longer one that is new"
    async with at_the_desk(store) as client:
        page = await client.get("/admin/account")
        answer = await submit(client, page, "account/password", current=PASSWORD, new=new, again=new)
        assert "Your password is changed" in says(answer)
    assert await entering.who_is(other, store=store, now=NOW) is None
    assert isinstance(await entering.log_in("the admin", new, BROWSER, store=store, now=NOW), Entered)


@pytest.mark.parametrize(
    ("current", "new", "again", "words"),
    [
        ("another", "long enough to do", "long enough to do", "current password is another one"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "too simple"),
        (PASSWORD, "long enough to do", "long enough to d0", "differ"),
    ],
)
async def test_a_password_is_not_changed_when(
    store: Database, current: str, new: str, again: str, words: str
) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/account")
        answer = await submit(client, page, "account/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert words in says(answer)
    assert isinstance(await entering.log_in("the admin", PASSWORD, BROWSER, store=store, now=NOW), Entered)


async def test_with_codes_a_password_opens_nothing(store: Database) -> None:
    await with_codes(store)
    async with stranger(store) as client:
        answer = await knock(client, to="people")
        assert answer.headers["location"] == "code?to=people"
        assert (await client.get("/admin/account")).status_code == 303
        refused = await client.post("/admin/code", data={"code": "000000"})
        assert refused.status_code == 401
        right = await client.post("/admin/code", data={"code": code_at(NOW), "to": "people"})
        assert (right.status_code, right.headers["location"]) == (303, "people")
        assert (await client.get("/admin/people")).status_code == 200


async def test_a_code_is_good_once(store: Database) -> None:
    await with_codes(store)

    async def enter(code: str, now: datetime) -> bool:
        half = await entering.log_in("Anna", PASSWORD, BROWSER, store=store, now=now)
        assert isinstance(half, Entered)
        assert half.needs_code
        found = await entering.give_code(half.token, code, BROWSER, store=store, now=now)
        return isinstance(found, Entered)

    assert await enter(code_at(NOW), NOW)
    assert not await enter(code_at(NOW), NOW)
    assert not await enter(code_at(NOW), NOW + timedelta(seconds=20))
    # nor one of before the last that was used
    assert not await enter(code_at(NOW - timedelta(seconds=30)), NOW)
    assert await enter(code_at(NOW + timedelta(seconds=30)), NOW + timedelta(seconds=30))
    assert not await enter(code_at(NOW + timedelta(minutes=5)), NOW + timedelta(minutes=1))


async def test_a_recovery_code_is_good_once_however_it_is_typed(store: Database) -> None:
    codes = await with_codes(store)
    assert len(set(codes)) == 10
    for number, typed in enumerate((codes[0], codes[1].upper().replace("-", " "), codes[0])):
        half = await entering.log_in("Anna", PASSWORD, BROWSER, store=store, now=NOW)
        assert isinstance(half, Entered)
        found = await entering.give_code(half.token, typed, BROWSER, store=store, now=NOW)
        assert isinstance(found, Entered) == (number < 2)
    async with store.read() as connection:
        kept = (await connection.execute(select(recovery_codes.c.code_hash))).scalars().all()
    assert not any(code.encode() in kept for code in codes)


async def test_codes_cannot_be_guessed_either(store: Database) -> None:
    await with_codes(store)
    half = await entering.log_in("Anna", PASSWORD, BROWSER, store=store, now=NOW)
    assert isinstance(half, Entered)
    tries = [
        await entering.give_code(half.token, f"{guess:06}", BROWSER, store=store, now=NOW)
        for guess in range(12)
    ]
    assert sum(isinstance(one, Refused) and not one.wait for one in tries) < 10
    right = await entering.give_code(half.token, code_at(NOW), BROWSER, store=store, now=NOW)
    assert isinstance(right, Refused)
    assert right.wait


async def test_turning_codes_on_shows_a_picture_and_recovery_codes_once(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/account/codes")
        assert "<svg" in page.text
        found = re.search(r'name="secret" value="(\w{32})"', page.text)
        assert found is not None
        wrong = await submit(client, page, "codes", code="000000")
        assert wrong.status_code == 422
        assert found[1] in wrong.text
        right = await submit(client, wrong, "codes", code=pyotp.TOTP(found[1]).at(NOW))
        shown = re.findall(r"<code>(\w{5}-\w{5})</code>", right.text)
        assert len(shown) == 10
        account = await client.get("/admin/account")
    assert "10 recovery codes left" in says(account)
    assert shown[0] not in account.text


async def test_an_idle_session_ends_and_one_in_use_goes_on_for_two_weeks_at_most(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    idle, used = await token_of(store, "Anna"), await token_of(store, "Anna")
    for hours in range(0, 24 * 14, 20):
        assert await entering.who_is(used, store=store, now=NOW + timedelta(hours=hours)) is not None
    assert await entering.who_is(idle, store=store, now=NOW + timedelta(hours=25)) is None
    assert await entering.who_is(used, store=store, now=NOW + timedelta(days=14, minutes=1)) is None


async def test_leaving_ends_the_session_in_the_store(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/account")
        token = client.cookies[COOKIE]
        answer = await submit(client, page, "leave")
        assert "You are logged out" in says(answer)
    assert await entering.who_is(token, store=store, now=NOW) is None


async def test_the_only_admin_cannot_lock_everybody_out(store: Database) -> None:
    async with at_the_desk(store) as client:
        person = await client.get("/admin/people/1")
        answer = await submit(client, person, "1/role", role="viewer")
        assert answer.status_code == 422
        assert "the only admin" in says(answer)
        await add_person(store, "Bob", Role.ADMIN)
        answer = await submit(client, person, "1/role", role="viewer")
        # with the next request the new role holds
        assert answer.status_code == 403


async def test_set_password_from_a_shell_ends_every_session(store: Database) -> None:
    person_id = await add_person(store, "Anna", Role.ADMIN)
    token = await token_of(store, "Anna")
    await set_password(person_id, "another one, quite long", Pass(PROGRAM), store=store, now=NOW)
    assert await entering.who_is(token, store=store, now=NOW) is None


async def test_who_is_not_in_hands_over_no_files_and_nothing_long(sqlite_store: Database) -> None:
    await add_person(sqlite_store, "Anna", Role.ADMIN)
    async with stranger(sqlite_store) as client:
        answer = await client.post("/admin/enter", data={"name": "Anna", "password": "x" * 20_000})
        assert answer.status_code == 413
        answer = await client.post(
            "/admin/enter", data={"name": "Anna"}, files={"file": ("f", b"x" * 20_000)}
        )
        assert answer.status_code == 413
        assert (await knock(client)).status_code == 303


async def test_a_password_full_of_marks_takes_no_longer_than_others() -> None:
    hash_ = await proofs.hashed(PASSWORD)
    marks = "a" + "\u0301" * 500_000 + "\u0323" * 500_000
    began = process_time()
    # these took hours
    assert not await proofs.is_password(marks, hash_)
    with pytest.raises(InputError, match="too long"):
        proofs.checked_password(marks)
    assert process_time() - began < 5


async def test_an_open_session_is_no_place_to_guess_the_password(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        page = await client.get("/admin/account")
        guesses = {"new": "long enough to do", "again": "long enough to do"}
        said = [
            says(await submit(client, page, "account/password", current=f"guess {n}", **guesses))
            for n in range(9)
        ]
        assert "current password is another one" in said[7]
        assert "Too many tries" in said[8]
        answer = await submit(client, page, "account/password", current=PASSWORD, **guesses)
        assert "Too many tries" in says(answer)
    later = NOW + timedelta(minutes=11)
    async with at_the_desk(sqlite_store, clock=lambda: later) as client:
        page = await client.get("/admin/account")
        answer = await submit(client, page, "account/password", current=PASSWORD, **guesses)
        assert answer.url.query == b"done=password"
