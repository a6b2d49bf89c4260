"""Each request has an id: in its answer, in the lines written for it, and in what is told of faults."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import LogCapture

from digest.flows import by_link
from digest.mail.servers import FileOutbox
from digest.store.database import Database
from digest.web.request_ids import RequestIds
from subscribers.tokens import Purpose, Tokens
from tests.flows.newsroom import TUESDAY, join
from tests.walk.process import Command, ended
from tests.walk.test_sending_served import address_of
from tests.web.api.programs import api_app
from tests.web.visiting import BASE_URL, KEY, TOKENS, leaving

pytestmark = pytest.mark.anyio

PROXY = "10.20.0.5"
GIVEN = "from-the-proxy.0123:abc"


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    """What is logged, with the fields of the request."""
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[merge_contextvars, capture := LogCapture()])
    yield capture
    structlog.configure(processors=before)


@asynccontextmanager
async def seen_from(
    store: Database, host: str, *, logs_requests: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose connection comes from this host; a proxy at PROXY is trusted."""
    app = api_app(store, proxies=f"127.0.0.1, {PROXY}", logs_requests=logs_requests)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(host, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


async def test_each_answer_has_an_id_of_its_own(sqlite_store: Database) -> None:
    async with seen_from(sqlite_store, "192.0.2.1") as client:
        answers = [await client.get(path) for path in ("/healthz", "/healthz", "/nowhere", "/api/nowhere")]
    ids = [answer.headers.get_list("x-request-id") for answer in answers]
    assert all(len(one) == 1 and len(one[0]) == 32 for one in ids)
    assert len({one[0] for one in ids}) == 4


@pytest.mark.parametrize(
    ("host", "given", "taken"),
    [
        (PROXY, [GIVEN], True),
        ("192.0.2.1", [GIVEN], False),
        (PROXY, ["short"], False),
        (PROXY, ["x" * 65], False),
        (PROXY, ["has a blank in it"], False),
        (PROXY, ["forged\x0bline-of-the-log"], False),
        (PROXY, ["<script>alert(1)</script>"], False),
        (PROXY, [GIVEN, "another-one-of-these"], False),
    ],
    ids=["proxy", "stranger", "short", "long", "blank", "control", "script", "two"],
)
async def test_only_a_well_formed_id_of_a_trusted_proxy_is_taken(
    host: str, given: list[str], taken: bool, sqlite_store: Database
) -> None:
    async with seen_from(sqlite_store, host) as client:
        answer = await client.get("/healthz", headers=[("X-Request-ID", one) for one in given])
    assert (answer.headers["x-request-id"] == given[0]) == taken


async def test_problem_of_the_api_names_the_request(sqlite_store: Database) -> None:
    async with seen_from(sqlite_store, PROXY) as client:
        for path in ("/api/v1/briefings", "/api/nowhere"):
            answer = await client.get(path, headers={"X-Request-ID": GIVEN})
            assert answer.json()["request_id"] == answer.headers["x-request-id"] == GIVEN


async def test_what_is_logged_for_a_request_has_its_id_and_nothing_after_it_has(
    blank_store: Database, lines: LogCapture
) -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, 1)
    async with seen_from(blank_store, "192.0.2.1") as client:
        answer = await client.get(f"/unsubscribe/{token}")
    assert answer.status_code == 503
    (line,) = lines.entries
    assert (line["event"], line["request"]) == ("a page could not be shown", answer.headers["x-request-id"])
    assert "request" not in get_contextvars()


async def test_answer_to_a_fault_of_ours_has_an_id(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(by_link, "look", broken)
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with seen_from(sqlite_store, "192.0.2.1") as client:
        answer = await client.get(leaving(ana))
    assert answer.status_code == 500
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/preferences/{token}?from=mail", "/preferences/{token}", 200),
        ("POST", "/unsubscribe/{token}", "/unsubscribe/{token}", 200),
        ("GET", "/{token}", "none", 404),
        ("GET", "/api/v1/briefings/17?q=secret", "/api/v1/briefings/{id}", 401),
        ("GET", "/api/{token}", "none", 404),
        ("GET", "/healthz", "/healthz", 200),
    ],
)
async def test_line_of_a_request_names_its_route_and_never_its_path(
    method: str, path: str, route: str, status: int, sqlite_store: Database, lines: LogCapture
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    purpose = Purpose.UNSUBSCRIBE if "unsubscribe" in path else Purpose.PREFERENCES
    asked = path.replace("{token}", TOKENS.make(purpose, ana.id))
    async with seen_from(sqlite_store, "192.0.2.1", logs_requests=True) as client:
        answer = await client.request(method, asked)
    (line,) = [one for one in lines.entries if one["event"] == "a request was answered"]
    assert 0 < line.pop("seconds") < 60
    assert line == {
        "event": "a request was answered",
        "log_level": "info",
        "method": method,
        "route": route,
        "status": status,
        "request": answer.headers["x-request-id"],
    }
    assert answer.status_code == status


async def test_requests_are_not_logged_unless_it_is_asked_for(
    sqlite_store: Database, lines: LogCapture
) -> None:
    async with seen_from(sqlite_store, "192.0.2.1") as client:
        await client.get("/healthz")
    assert lines.entries == []


@pytest.mark.parametrize(("host", "believed"), [(PROXY, "198.51.100.7"), ("192.0.2.1", "192.0.2.1")])
async def test_where_a_request_came_from_is_believed_of_a_trusted_proxy_alone(
    host: str, believed: str
) -> None:
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await PlainTextResponse("")(scope, receive, send)

    transport = httpx.ASGITransport(RequestIds(application, proxies=PROXY), client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        await client.get("/", headers={"X-Forwarded-For": "198.51.100.7"})
    assert seen == [believed]


# --- the real server ----------------------------------------------------------------------------------------


async def test_served_lines_are_json_with_the_ids_of_their_requests(
    sqlite_store: Database, tmp_path: Path
) -> None:
    ana = await join(sqlite_store, "ana@example.org", datetime.now(UTC))
    command = Command(
        tmp_path,
        sqlite_store,
        FileOutbox(tmp_path / "outbox"),
        settings={"DIGEST_LOG_REQUESTS": "true", "DIGEST_SECRET_KEY": KEY.decode()},
    )
    # a fault of ours that is there from the start
    fault = (
        "from digest.flows import by_link\n"
        "async def look(*_, **__): raise RuntimeError('ana@example.org')\n"
        "by_link.look = look"
    )
    process = await command.start_with(fault, "serve", "--port", "0", "--no-scheduler")
    address = await address_of(process)
    token = "/unsubscribe/" + Tokens([KEY]).make(Purpose.UNSUBSCRIBE, ana.id)
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.get(token, headers={"X-Request-ID": GIVEN})
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"no request at all\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    process.send_signal(signal.SIGTERM)
    _status, _out, err = await ended(process)
    told = [json.loads(line) for line in err.splitlines()]
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, GIVEN)
    (request,) = [one for one in told if one["event"] == "a request was answered"]
    assert (request["route"], request["status"], request["request"]) == ("/unsubscribe/{token}", 500, GIVEN)
    (trace,) = [one for one in told if one["event"].startswith("Exception in ASGI")]
    assert (trace["logger"], trace["level"], trace["request"]) == ("uvicorn.error", "error", GIVEN)
    assert [one["exc_type"] for one in trace["exception"]] == ["RuntimeError"]
    assert any(one["logger"] == "uvicorn.error" and "request" not in one for one in told)
    assert told[-1]["event"] == "stopped"
    assert "ana@" not in err
    assert token.rpartition("/")[2] not in err
