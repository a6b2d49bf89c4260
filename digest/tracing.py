"""Spans: how long each piece of work took, within which other one, told to a collector of OpenTelemetry.

Nothing is told, and nothing of OpenTelemetry loaded, unless `begin` was called; until then a span costs a
call. What spans there are, and what they say, is told in docs/traces.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from structlog.contextvars import bound_contextvars

from digest.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

#: What a span may say of itself.
Fact = str | int | float | bool
#: How the names of our facts begin; those of requests are OpenTelemetry's own.
PREFIX: Final = "digest."
#: Seconds that the collector may take for one piece; the end of a process waits so long, too.
_PATIENCE: Final = 5
#: The header by which a proxy says of which trace a request is (W3C Trace Context).
PARENT: Final = b"traceparent"
_LACKS: Final = "DIGEST_TRACES_TO needs: pip install 'newsroom-digest[telemetry]' (OpenTelemetry)"


class Telling(Protocol):
    """A piece of work under way."""

    def tell(self, **facts: Fact) -> None:
        """Say something of it; what is said twice is as it was said last."""


class Answering(Protocol):
    """A request that is being answered."""

    def answered(self, route: str, status: int) -> None:
        """Say what was asked for, with the names of what varies, and how it was answered."""


class _Untold:
    """A span while nobody listens: one for all, for it knows nothing."""

    def __enter__(self) -> _Untold:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def tell(self, **facts: Fact) -> None:
        """Nobody listens."""

    def answered(self, route: str, status: int) -> None:
        """Nobody listens."""


_UNTOLD: Final = _Untold()
_tracer: Tracer | None = None


def require() -> None:
    """Refuse when the packages are not here by which spans are told (SettingsError)."""
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise SettingsError(_LACKS) from None


def begin(to: str, version: str) -> TracerProvider:
    """Tell spans to a collector: `to` is its OTLP address over HTTP, without the path.

    Variables named OTEL_... say the rest, as everywhere: how many are told, headers, the name of the service.
    What it returns can be shut down; a process that ends does so by itself. Raises SettingsError when the
    packages for it are not here.
    """
    require()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return tell_to(OTLPSpanExporter(endpoint=f"{to.rstrip('/')}/v1/traces", timeout=_PATIENCE), version)


def tell_to(exporter: SpanExporter, version: str) -> TracerProvider:
    """The same to an exporter that is there already."""
    import os

    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _tracer
    what = {SERVICE_VERSION: version}
    if not {"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"} & set(os.environ):
        what[SERVICE_NAME] = "digest"
    provider = TracerProvider(resource=Resource.create(what))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("digest", version)
    return provider


def end() -> None:
    """Tell no more spans; those that were told are the provider's to bring away."""
    global _tracer
    _tracer = None


def is_told() -> bool:
    """Whether anybody listens."""
    return _tracer is not None


def span(name: str, **facts: Fact) -> AbstractContextManager[Telling]:
    """A piece of work from here to the end of the block, within the one that is under way."""
    return _UNTOLD if _tracer is None else _told(_tracer, name, _ours(facts))


def request(method: str, parent: bytes) -> AbstractContextManager[Answering]:
    """A request that is answered; `parent` is the header of a proxy that is trusted, or empty.

    What is told of it has the names that OpenTelemetry gives. A `method` that anybody may make up is to be
    named by the caller: these are names of spans.
    """
    if _tracer is None:
        return _UNTOLD
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    of = TraceContextTextMapPropagator().extract({PARENT.decode(): parent.decode("latin-1")})
    return _told(_tracer, method, {"http.request.method": method}, context=of, kind=SpanKind.SERVER)


class _Told:
    def __init__(self, span: Span, name: str) -> None:
        self._span: Final = span
        self._name: Final = name

    def tell(self, **facts: Fact) -> None:
        """Say something of it."""
        self._span.set_attributes(_ours(facts))

    def answered(self, route: str, status: int) -> None:
        """Name it by its route, too."""
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        self._span.update_name(f"{self._name} {route}")


@contextmanager
def _told(tracer: Tracer, name: str, facts: Mapping[str, Fact], **options: Any) -> Iterator[_Told]:
    from opentelemetry.trace import Status, StatusCode

    # an error is told by its kind alone: its words may hold whom it is about
    quiet: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
    with tracer.start_as_current_span(name, attributes=dict(facts), **quiet, **options) as span:
        # lines of the log that are written meanwhile lead to the trace
        trace = span.get_span_context()
        word = f"{trace.trace_id:032x}"
        with bound_contextvars(**({"trace": word} if trace.trace_flags.sampled else {})):
            try:
                yield _Told(span, name)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                if isinstance(error, Exception):
                    span.set_status(Status(StatusCode.ERROR))
                raise


def _ours(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {PREFIX + name: value for name, value in facts.items()}
