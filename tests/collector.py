"""A collector of OpenTelemetry: keeps what is told by OTLP over HTTP, to be looked at."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """What was told, and where to tell it."""

    url: str
    asked: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = field(default_factory=list)

    @property
    def spans(self) -> list[Any]:
        """All spans as they are on the wire, in the order in which they ended."""
        return [
            span
            for _path, _headers, request in self.asked
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Any]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    @property
    def resource(self) -> dict[str, Any]:
        """What was said of the process."""
        return facts_of(self.asked[0][2].resource_spans[0].resource)


def facts_of(told: Any) -> dict[str, Any]:
    """What a span, or a resource, says, by name."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in told.attributes}


@contextmanager
def a_collector() -> Iterator[Collector]:
    """A collector on a free port, as long as the block lasts."""
    found = Collector("")

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            found.asked.append((self.path, dict(self.headers), request))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
