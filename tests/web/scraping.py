"""Prometheus in front of the application on a real store: it asks, and reads what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from digest.store.database import Database
from digest.web.app import build_app
from digest.web.operations import Operated
from tests.web.visiting import BASE_URL, TOKENS

TOKEN: Final = "a-token-for-tests-that-is-long"
SHOWN: Final = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Time:
    """Seconds that go on when they are told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Scraper:
    """Asks as Prometheus does, an hour after it asked last."""

    client: httpx.AsyncClient
    time: Time = field(default_factory=Time)

    async def figures(self) -> Figures:
        """What is exposed now; the looks of before are old."""
        self.time.seconds += 3600
        answer = await self.client.get("/metrics", headers=SHOWN)
        assert answer.status_code == 200, answer.text
        return Figures(answer.text)


class Figures:
    """An exposition that was read."""

    def __init__(self, text: str) -> None:
        self.samples: Final[list[Sample]] = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        """The one value with these labels, of whatever other labels it has."""
        (found,) = self.every(name, **labels)
        return found.value

    def every(self, name: str, **labels: str) -> list[Sample]:
        """All values of a name with these labels."""
        return [one for one in self.samples if one.name == name and labels.items() <= one.labels.items()]

    def names(self) -> set[str]:
        """All that is exposed."""
        return {one.name for one in self.samples}


@asynccontextmanager
async def scraper(
    store: Database,
    now: datetime | Callable[[], datetime],
    *,
    tokens: tuple[str, ...] = (TOKEN,),
    **parts: Any,
) -> AsyncIterator[Scraper]:
    """One of the application at an instant; `parts` are those of `Operated`, the press one of `build_app`."""
    time = Time()
    press = parts.pop("press", None)
    operated = Operated(metrics_tokens=tokens, clock=time, **parts)
    instant = now if callable(now) else lambda: now
    app = build_app(
        store=store, tokens=TOKENS, base_url=BASE_URL, now=instant, press=press, operated=operated
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield Scraper(client, time)
