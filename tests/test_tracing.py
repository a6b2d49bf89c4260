"""What takes how long is told to a collector, when one is named, and of nobody who reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Message, Receive, Scope, Send

from digest import __version__, tracing
from digest.core.metric_labels import OTHERS
from digest.errors import SettingsError
from digest.mail.servers import FileOutbox
from digest.store.database import Database
from digest.web.request_ids import RequestIds
from tests.collector import Collector, a_collector, facts_of
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.tiers import wide_rows
from tests.walk.process import Command

pytestmark = pytest.mark.anyio

PROXY = "10.20.0.5"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01".encode()
NOW = at(24, 7).isoformat()
SLOT = "2026-11-24T07:00"


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """The spans of this process; each is there as soon as it has ended and was asked for."""
    exporter = InMemorySpanExporter()
    provider = tracing.tell_to(exporter, __version__)

    class Told(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            provider.force_flush()
            return iter(exporter.get_finished_spans())

    yield Told()
    tracing.end()
    provider.shutdown()


async def a_newsroom(store: Database) -> None:
    """News for two readers, who want different things, on Tuesday at seven."""
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, topics="energy")


def a_run(tmp_path: Path, store: Database, to: str, **settings: str) -> Command:
    known = {"DIGEST_TRACES_TO": to, "DIGEST_LOG_FORMAT": "json", **settings}
    return Command(tmp_path, store, FileOutbox(tmp_path / "out"), settings=known)


# --- Of a run -----------------------------------------------------------------------------------------------


async def test_a_run_tells_its_round_its_plan_and_what_it_sent(store: Database, tmp_path: Path) -> None:
    await a_newsroom(store)
    with a_collector() as collector:
        status, _out, err = await a_run(tmp_path, store, collector.url).run("run", "--now", NOW)
        assert status == 0, err
        assert {path for path, _headers, _body in collector.asked} == {"/v1/traces"}
    (round_,) = collector.named("round")
    (plan,) = collector.named("plan")
    (send,) = collector.named("send")
    assert plan.parent_span_id == send.parent_span_id == round_.span_id
    assert {span.trace_id for span in collector.spans} == {round_.trace_id}
    assert {span.name for span in collector.spans} == {"round", "plan", "send", "claim", "compose", "record"}
    assert facts_of(plan) == {
        "digest.newsletter": 1,
        "digest.slot": SLOT,
        "digest.issue": 1,
        "digest.round": 1,
        "digest.copies": 2,
        "digest.skipped": 0,
    }
    assert facts_of(send) == {
        "digest.newsletter": 1,
        "digest.slot": SLOT,
        "digest.issue": 1,
        "digest.sent": 2,
    }
    assert sum(facts_of(one)["digest.copies"] for one in collector.named("claim")) == 2
    assert {facts_of(one)["digest.cohort"] for one in collector.named("compose")} == {1, 2}
    assert sum(facts_of(one)["digest.notes"] for one in collector.named("record")) >= 2
    assert collector.resource["service.name"] == "digest"
    assert collector.resource["service.version"] == __version__
    _no_reader_in(collector)


def _no_reader_in(collector: Collector) -> None:
    words = "".join(str(body) for _path, _headers, body in collector.asked)
    assert "example.org" not in words
    assert "ann@" not in words


async def test_lines_of_the_log_lead_to_the_trace(sqlite_store: Database, tmp_path: Path) -> None:
    await a_newsroom(sqlite_store)
    with a_collector() as collector:
        _status, _out, err = await a_run(tmp_path, sqlite_store, collector.url).run("run", "--now", NOW)
    (line,) = (json.loads(one) for one in err.splitlines() if "planned an issue" in one)
    (round_,) = collector.named("round")
    assert line["trace"] == round_.trace_id.hex()


async def test_what_opentelemetry_itself_goes_by_is_heeded(sqlite_store: Database, tmp_path: Path) -> None:
    await a_newsroom(sqlite_store)
    named = {"OTEL_SERVICE_NAME": "letters", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=abc"}
    with a_collector() as collector:
        await a_run(tmp_path, sqlite_store, collector.url, **named).run("run", "--now", NOW)
        assert collector.resource["service.name"] == "letters"
        assert {headers["x-key"] for _path, headers, _body in collector.asked} == {"abc"}
    with a_collector() as collector:
        never = {"OTEL_TRACES_SAMPLER": "always_off"}
        status, _out, err = await a_run(tmp_path, sqlite_store, collector.url, **never).run("run")
        assert status == 0
        assert collector.spans == []
        assert '"trace"' not in err


async def test_a_collector_that_is_away_stops_nothing(sqlite_store: Database, tmp_path: Path) -> None:
    await a_newsroom(sqlite_store)
    run = a_run(tmp_path, sqlite_store, "http://127.0.0.1:9")
    status, _out, err = await run.run("run", "--now", NOW)
    assert status == 0
    assert len(list((tmp_path / "out").glob("*.eml"))) == 2
    about = [line for line in map(json.loads, err.splitlines()) if "opentelemetry" in line["logger"]]
    assert 1 <= len(about) <= 10
    assert all("exception" not in line for line in about)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://me:secret@127.0.0.1:4318", "should hold no password"),
        *wide_rows(
            ("localhost:4318", "should be an http or https address"),
            ("grpc://127.0.0.1:4317", "should be an http or https address"),
            ("http://127.0.0.1:4318/?key=1", "should be an http or https address"),
        ),
    ],
    ids=["password", "no-scheme", "grpc", "query"],
)
async def test_an_address_that_is_none_is_refused(
    sqlite_store: Database, tmp_path: Path, to: str, why: str
) -> None:
    status, _out, err = await a_run(tmp_path, sqlite_store, to).run("run")
    assert status == 2
    assert why in err
    assert "Traceback" not in err


# --- Of requests --------------------------------------------------------------------------------------------


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    scope["endpoint"], scope["path_params"] = _answer, {"token": "t"}
    scope["route"] = type("Route", (), {"path": "/preferences/{token}"})()
    if scope["path"].endswith("broken"):
        raise ValueError("ann@example.org is not here")
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _asked(path: str, *, client: str, headers: list[tuple[bytes, bytes]], method: str = "GET") -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        return None

    scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (client, 1)}
    await RequestIds(_answer, proxies=PROXY)({**scope, "scheme": "http"}, receive, send)


async def test_a_request_is_named_by_its_route_and_never_by_its_path(told: list[Any]) -> None:
    await _asked("/preferences/a-key-of-ann", client="192.0.2.7", headers=[])
    (span,) = told
    assert span.name == "GET /preferences/{token}"
    assert span.kind is SpanKind.SERVER
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "http.route": "/preferences/{token}",
        "http.response.status_code": 404,
    }
    assert "a-key-of-ann" not in span.to_json()


async def test_a_method_that_somebody_made_up_makes_no_name(told: list[Any]) -> None:
    await _asked("/preferences/x", client="192.0.2.7", headers=[], method="ANN-AT-EXAMPLE")
    (span,) = told
    assert span.name == f"{OTHERS} /preferences/{{token}}"
    assert span.attributes["http.request.method"] == OTHERS
    assert "ANN-AT" not in span.to_json()


@pytest.mark.parametrize(("client", "is_joined"), [(PROXY, True), ("192.0.2.7", False)], ids=["proxy", "any"])
async def test_a_trace_is_taken_over_from_a_trusted_proxy_alone(
    told: list[Any], client: str, is_joined: bool
) -> None:
    await _asked("/preferences/x", client=client, headers=[(b"traceparent", PARENT)])
    (span,) = told
    assert (f"{span.context.trace_id:032x}" == TRACE) is is_joined
    assert (span.parent is not None) is is_joined


@pytest.mark.parametrize(
    "wrong", [b"", b"nonsense", b"\xff\xfe", PARENT * 50], ids=["none", "word", "bytes", "long"]
)
async def test_a_parent_that_is_none_begins_a_trace(told: list[Any], wrong: bytes) -> None:
    await _asked("/preferences/x", client=PROXY, headers=[(b"traceparent", wrong)])
    (span,) = told
    assert span.parent is None


async def test_of_a_fault_the_kind_is_told_and_not_the_words(told: list[Any]) -> None:
    with pytest.raises(ValueError, match="not here"):
        await _asked("/preferences/broken", client=PROXY, headers=[])
    (span,) = told
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "ValueError"
    assert span.attributes["http.response.status_code"] == 500
    assert "ann@" not in span.to_json()


# --- Of nothing ---------------------------------------------------------------------------------------------


def test_nothing_is_loaded_as_long_as_nobody_listens() -> None:
    look = (
        "import sys\nfrom digest import tracing\n"
        "with tracing.span('plan', issue=1) as span: span.tell(copies=1)\n"
        "with tracing.request('GET', b'') as span: span.answered('/', 200)\n"
        "print(not tracing.is_told(), any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("module", ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http"])
def test_without_the_packages_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        SettingsError, match=r"DIGEST_TRACES_TO needs: pip install 'newsroom-digest\[telemetry\]'"
    ):
        tracing.begin("http://127.0.0.1:4318", __version__)
    assert not tracing.is_told()
