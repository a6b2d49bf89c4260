"""Figures in the words of Prometheus: those of the store, those of this process, and those of Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from digest import __version__
from digest.core.metrics import METRICS, Metric, MetricKind, Sample
from digest.core.readiness import Pulse
from digest.core.stopwatch import Histogram, Stopwatch
from digest.flows.metrics import StoreSeen
from digest.web.requests_counted import Requests

#: The values of a metric: labels, and a number or lengths of time.
_Values = list[tuple[Sequence[str], float | Histogram]]


class ProcessFigures:
    """What this process counts."""

    def __init__(
        self,
        *,
        requests: Requests | None = None,
        stopwatch: Stopwatch | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """Without a part its figures are not there."""
        self._requests: Final = requests
        self._stopwatch: Final = stopwatch
        self._pulse: Final = pulse
        self._of_python: Final = CollectorRegistry()
        ProcessCollector(registry=self._of_python)
        GCCollector(registry=self._of_python)

    def of_python(self) -> Iterable[Family]:
        """What Python and the operating system say of the process."""
        return self._of_python.collect()

    def values(self) -> dict[str, _Values]:
        """By metric."""
        found: dict[str, _Values] = {}
        if self._requests is not None:
            found["digest_http_requests_total"] = [
                (labels, float(count)) for labels, count in self._requests.answered.items()
            ]
            found["digest_http_request_seconds"] = list(self._requests.seconds.items())
        if self._stopwatch is not None:
            found["digest_letter_seconds"] = [
                ((answer,), one) for answer, one in self._stopwatch.letters.items()
            ]
            found["digest_commit_seconds"] = [((), self._stopwatch.commits)]
            found["digest_claim_seconds"] = [((), self._stopwatch.claims)]
            found["digest_connections"] = [((), float(self._stopwatch.connections))]
        if self._pulse is not None:
            found |= _of_pulse(self._pulse)
        return found


def exposed(
    process: ProcessFigures, seen: StoreSeen | None, *, store: str, accept: str = ""
) -> tuple[bytes, str]:
    """The figures as a scraper wants them, and the media type; nothing of the store without `seen`."""
    values = process.values()
    values["digest_build_info"] = [((__version__, store), 1.0)]
    if seen is not None:
        values["digest_store_up"] = [((), float(seen.is_up))]
        values["digest_store_look_seconds"] = [((), seen.seconds)]
        _take_in(values, seen.samples)
    families = [_family(metric, values[name]) for name, metric in METRICS.items() if values.get(name)]
    try:
        encode, media_type = choose_encoder(accept)
    except (ValueError, TypeError):
        # a version that is no number is compared with one
        encode, media_type = choose_encoder("")
    return encode(_Given([*families, *process.of_python()])), media_type


class _Given(Collector):
    """Families that are there already."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families: Final = families

    def collect(self) -> Iterator[Family]:
        yield from self._families


def _take_in(values: dict[str, _Values], samples: Iterable[Sample]) -> None:
    for sample in samples:
        values.setdefault(sample.name, []).append((sample.labels, sample.value))


def _of_pulse(pulse: Pulse) -> dict[str, _Values]:
    found: dict[str, _Values] = {
        "digest_scheduler_awake": [((), float(pulse.is_awake))],
        "digest_scheduler_trouble": [((), float(bool(pulse.trouble)))],
    }
    if pulse.woke_at is not None:
        found["digest_scheduler_wake_timestamp_seconds"] = [((), pulse.woke_at.timestamp())]
    if pulse.last_tick is not None:
        found["digest_scheduler_round_timestamp_seconds"] = [((), pulse.last_tick.timestamp())]
    return found


def _family(metric: Metric, values: _Values) -> Family:
    if metric.kind is MetricKind.HISTOGRAM:
        histograms = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, one in values:
            assert isinstance(one, Histogram)
            buckets = [(_written(end), float(count)) for end, count in one.up_to_each_end()]
            histograms.add_metric(labels, buckets, one.seconds)
        return histograms
    kind = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
    numbers = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values:
        assert not isinstance(value, Histogram)
        numbers.add_metric(labels, value)
    return numbers


def _written(end: float) -> str:
    return "+Inf" if end == float("inf") else str(end)
