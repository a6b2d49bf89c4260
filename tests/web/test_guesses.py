"""Who guesses links is slowed down, and nobody else is; nor is a guess worth a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest

from digest.core.limits import BY_NETWORK, BY_WRONG_LINK
from digest.core.notices import NoticeKind
from digest.flows import moving
from digest.store.database import Database
from digest.web.app import build_app
from digest.web.guesses import Guesses
from tests.flows.newsroom import TUESDAY, join
from tests.flows.post_office import all_notices
from tests.web.visiting import BASE_URL, ONE_CLICK, TOKENS, all_rows, choices, headline, history, leaving

pytestmark = pytest.mark.anyio

GUESSER: Final = "198.51.100.7"
NEIGHBOUR: Final = "203.0.113.9"


class Clock:
    """The time, which a test moves on."""

    def __init__(self) -> None:
        self.now = TUESDAY

    def __call__(self) -> datetime:
        return self.now


class Town:
    """The application, and browsers before it on several networks."""

    def __init__(self, store: Database) -> None:
        self.clock: Final = Clock()
        self._app: Final = build_app(store=store, tokens=TOKENS, base_url=BASE_URL, now=self.clock)

    async def ask(self, seen_from: str, method: str, path: str, **options: object) -> httpx.Response:
        """What one request from a network address is answered."""
        transport = httpx.ASGITransport(self._app, client=(seen_from, 4711))
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]

    async def guess(self, seen_from: str = GUESSER, count: int = 1) -> set[int]:
        """Links that are none, by all methods and on all pages: how they are answered."""
        shapes = ("/unsubscribe/{}", "/preferences/{}/pause", "/confirm/{}", "/address/{}", "/issues/{}")
        found = set()
        for number in range(count):
            method = "GET" if "issues" in shapes[number % 5] else "POST"
            path = shapes[number % 5].format(f"{number:032}")
            found.add((await self.ask(seen_from, method, path)).status_code)
        return found


async def test_after_many_guesses_a_network_gets_a_word_in_place_of_a_page(sqlite_store: Database) -> None:
    town = Town(sqlite_store)
    assert await town.guess(count=BY_WRONG_LINK.most) == {404}
    before = await all_rows(sqlite_store)
    answer = await town.ask(GUESSER, "POST", f"/unsubscribe/{'A' * 32}", data=ONE_CLICK)
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/plain; charset=utf-8")
    assert 0 < int(answer.headers["retry-after"]) <= BY_WRONG_LINK.span.total_seconds() + 1
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    # others of its network are taken for the same, and nobody else is
    assert await town.guess("198.51.100.200") == {429}
    assert await town.guess(NEIGHBOUR) == {404}
    town.clock.now += BY_WRONG_LINK.span
    assert await town.guess() == {404}
    assert await all_rows(sqlite_store) == before


async def test_links_that_are_good_work_from_where_others_guess(sqlite_store: Database) -> None:
    ana, bob = [await join(sqlite_store, f"{name}@example.org", TUESDAY) for name in ("ana", "bob")]
    town = Town(sqlite_store)
    await town.guess(count=BY_WRONG_LINK.most + 5)
    assert headline(await town.ask(GUESSER, "GET", choices(bob))) == "What you get, and when"
    assert (await town.ask(GUESSER, "POST", f"{choices(bob)}/pause", data={})).status_code == 303
    answer = await town.ask(GUESSER, "POST", leaving(ana), data=ONE_CLICK)
    assert (answer.status_code, answer.text) == (200, "You are unsubscribed.\n")
    assert (await history(sqlite_store, ana))[-1][1] == "left"


async def test_a_mail_provider_may_press_the_button_for_thousands(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    town = Town(sqlite_store)
    for _ in range(2 * BY_WRONG_LINK.most):
        assert (await town.ask(GUESSER, "POST", leaving(ana), data=ONE_CLICK)).status_code == 200
    # and nothing is counted for it
    assert (await all_rows(sqlite_store))["attempts"] == []


def test_a_guesser_with_endless_networks_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.web.guesses._MOST_NETWORKS", 100)
    guesses = Guesses(now=Clock())
    for number in range(1000):
        guesses.one_more(f"10.{number // 250}.{number % 250}.1")
    assert len(guesses._met) == 100


async def test_who_has_strangers_asked_from_many_addresses_is_stopped(sqlite_store: Database) -> None:
    most = BY_NETWORK[0].most
    for number in range(most // 3 + 1):
        mine = await join(sqlite_store, f"mine{number}@own.example", TUESDAY)
        reasons = [
            await moving.ask_to_move(
                mine.id,
                f"someone{number}-{turn}@x{number}-{turn}.example",
                seen_from=GUESSER,
                store=sqlite_store,
                now=TUESDAY + timedelta(seconds=number),
            )
            for turn in range(3)
        ]
        assert reasons == [moving.TOO_MANY if number * 3 + turn >= most else "" for turn in range(3)]
    assert len(await all_notices(sqlite_store, kind=NoticeKind.MOVE)) == most
    town = Town(sqlite_store)
    entered = {"address": "one.more@example.org"}
    answer = await town.ask(GUESSER, "POST", f"{choices(mine)}/address", data=entered)
    assert (answer.status_code, headline(answer)) == (429, "Too many at once")
    assert answer.headers["retry-after"] == "3600"
    answer = await town.ask(NEIGHBOUR, "POST", f"{choices(mine)}/address", data=entered)
    assert answer.status_code == 303
    assert len(await all_notices(sqlite_store, kind=NoticeKind.MOVE)) == most + 1
