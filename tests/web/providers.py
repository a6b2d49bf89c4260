"""Mail providers in front of the application: they post, and a clock of the test moves on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import httpx

from digest.flows.hooks import Hooks
from digest.mail.hooks.called import Call, Provider
from digest.store.database import Database
from digest.web.app import build_app
from tests.flows.amazon import WayToAmazon, amazon
from tests.flows.returning import settling
from tests.mail.hooks.signing import KEYS, NOW, call_of, certificate
from tests.web.visiting import BASE_URL, TOKENS

ALL_SECRETS: Final[Mapping[str, Sequence[str]]] = {
    provider: (keys.secret,) for provider, keys in KEYS.items()
}
PEM_PATH: Final = "/SimpleNotificationService-0a1b2c3d.pem"


class Providers:
    """Who posts, from a network of theirs."""

    def __init__(self, store: Database, reach: WayToAmazon, secrets: Mapping[str, Sequence[str]]) -> None:
        self.now = NOW
        self.reach: Final = reach
        hooks = Hooks(secrets=secrets, settling=settling(store, NOW), reach=reach, now=self._clock)
        self._app: Final = build_app(
            store=store, tokens=TOKENS, base_url=BASE_URL, now=self._clock, hooks=hooks
        )

    def _clock(self) -> datetime:
        return self.now

    async def ask(
        self, method: str, path: str, *, seen_from: str = "192.0.2.7", **options: Any
    ) -> httpx.Response:
        """What any request is answered."""
        transport = httpx.ASGITransport(self._app, client=(seen_from, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            return await client.request(method, path, **options)

    async def post(self, provider: Provider, call: Call, **options: Any) -> httpx.Response:
        """What a call is answered."""
        headers = [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in call.headers.items()
        ]
        return await self.ask("POST", f"/hooks/{provider}", content=call.body, headers=headers, **options)

    async def say(self, provider: Provider, said: Any, **options: Any) -> httpx.Response:
        """What a genuine call is answered that says this now."""
        return await self.post(provider, call_of(provider, said, self.now), **options)


@asynccontextmanager
async def providers(
    store: Database, secrets: Mapping[str, Sequence[str]] | None = None
) -> AsyncIterator[Providers]:
    """All providers, each known by the secret of the tests unless told otherwise."""
    from tests.reach.httpd import Reply

    async with amazon() as reach:
        reach.server.pages[PEM_PATH] = Reply(certificate())
        reach.server.pages["/"] = Reply(b"<ConfirmSubscriptionResponse/>")
        yield Providers(store, reach, ALL_SECRETS if secrets is None else secrets)
