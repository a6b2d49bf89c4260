"""Asks for pages, one after the other, until it is told to stop: how long people wait while others plan."""

from __future__ import annotations

import asyncio
import http.client
import random
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.editor import log_in
from benchmarks.stores import opened_at
from benchmarks.visitors import KEY
from digest.config import Settings
from subscribers.tokens import Purpose, Tokens

_TOKENS: Final = Tokens([KEY.encode()])
_GOOD: Final = {200, 303}
_PAUSE: Final = 0.01


async def visit(url: str, port: int, readers: int, until: str) -> dict[str, float]:
    """Milliseconds of each page, as `page|median`, `page|p95`, `page|worst`, until there is such a file.

    Readers look at their preferences, change them, and leave; an editor looks at the desk.
    """
    async with opened_at(Settings(database_url=url).database_url) as store:
        cookie = await log_in(store)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    chance, waits = random.Random(9), dict[str, list[float]]()
    turn = 0
    while not Path(until).exists():  # noqa: ASYNC240
        for page in _PAGES:
            method, path, body = _request(page, chance.randint(1, readers), turn)
            began = perf_counter()
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in _GOOD:
                raise RuntimeError(f"{path} answered with {answer.status}")
            # the first round compiles templates
            if turn:
                waits.setdefault(page, []).append(1000 * (perf_counter() - began))
            await asyncio.sleep(_PAUSE)
        turn += 1
    figures: dict[str, float] = {"turns": turn}
    for page, of_one in waits.items():
        in_order = sorted(of_one)
        figures[f"{page}|median"] = in_order[len(in_order) // 2]
        figures[f"{page}|p95"] = in_order[round(0.95 * (len(in_order) - 1))]
        figures[f"{page}|worst"] = in_order[-1]
    return figures


def _request(page: str, reader: int, turn: int) -> tuple[str, str, str | None]:
    """Method, path and body."""
    if page == "preferences":
        return "GET", f"/preferences/{_TOKENS.make(Purpose.PREFERENCES, reader)}", None
    if page == "one click":
        # nobody leaves twice
        return "POST", f"/unsubscribe/{_TOKENS.make(Purpose.UNSUBSCRIBE, 1 + turn)}", _ONE_CLICK
    return "GET", _DESK[page].format(reader=reader), None


_ONE_CLICK: Final = "List-Unsubscribe=One-Click"
_DESK: Final = {
    "today": "/admin",
    "issues": "/admin/issues",
    "a reader": "/admin/readers/{reader}",
    "search": "/admin/readers?part=reader{reader}",
}
_PAGES: Final = ("preferences", "one click", *_DESK)
