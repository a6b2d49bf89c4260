"""What can be measured of a house: every figure that operators may ask for, by name, with what it means.

Names and units follow the conventions of Prometheus: base units, counters end in `_total`, and no label ever
names a reader, an address, or anything else of which there is no end.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from digest.core.metric_labels import LABELS


class MetricKind(StrEnum):
    """How a figure behaves in time."""

    #: it only grows; where it is counted in a process, it begins anew with it
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Source(StrEnum):
    """Where a figure comes from."""

    #: read from the rows: the same in every process, and after a restart
    STORE = "store"
    #: counted by the process that is asked
    PROCESS = "process"


class Sample(NamedTuple):
    """One value of a figure, and its labels in the order of the metric's."""

    name: str
    labels: tuple[str, ...]
    value: float


class Metric(Struct, frozen=True):
    """One figure."""

    name: str
    kind: MetricKind
    source: Source
    #: one sentence
    help: str
    labels: tuple[str, ...] = ()
    #: of a histogram, the upper ends in its unit
    buckets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        assert self.name.endswith("_total") == (self.kind is MetricKind.COUNTER), self.name
        assert set(self.labels) <= LABELS.keys(), self.name

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which its values are exposed."""
        if self.kind is MetricKind.HISTOGRAM:
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
_STORE, _PROCESS = Source.STORE, Source.PROCESS

_QUICK: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_PATIENT: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0)
_PAGES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

#: By what they are about, in the order in which somebody asks.
GROUPS: Final[Mapping[str, tuple[Metric, ...]]] = {
    "Is everything out?": (
        Metric(
            "digest_copies_total",
            _COUNTER,
            _STORE,
            "Copies of issues that were settled, by what became of them; counted when all of an issue is.",
            ("newsletter", "outcome", "reason"),
        ),
        Metric(
            "digest_issues_total",
            _COUNTER,
            _STORE,
            "Issues of which every copy is settled, or that were taken back.",
            ("newsletter", "end"),
        ),
        Metric(
            "digest_issues_unfinished",
            _GAUGE,
            _STORE,
            "Issues that are not at their end, by where they stand.",
            ("status",),
        ),
        Metric(
            "digest_copies_open",
            _GAUGE,
            _STORE,
            "Copies that are not settled, by where they stand; uncertain ones may have arrived.",
            ("newsletter", "copy"),
        ),
        Metric(
            "digest_publications_total",
            _COUNTER,
            _STORE,
            "Publication numbers that were given: briefings that came out, and corrections that are told.",
        ),
        Metric(
            "digest_newest_publication_timestamp_seconds",
            _GAUGE,
            _STORE,
            "When the newest briefing came out; not there before the first one.",
        ),
        Metric("digest_drafts", _GAUGE, _STORE, "Briefings that are not published yet."),
    ),
    "Is anything late?": (
        Metric(
            "digest_slots_due",
            _GAUGE,
            _STORE,
            "Slots that have come and still have readers to serve.",
        ),
        Metric(
            "digest_slots_late",
            _GAUGE,
            _STORE,
            "Those of them that came more than ten minutes ago; news at once is never late.",
        ),
        Metric(
            "digest_slot_late_seconds",
            _GAUGE,
            _STORE,
            "How long ago the earliest slot came that still has readers to serve; 0 when none has.",
        ),
        Metric(
            "digest_next_slot_timestamp_seconds",
            _GAUGE,
            _STORE,
            "When the next slot comes, quiet days left out; not there when nobody waits for one.",
            ("newsletter",),
        ),
        Metric(
            "digest_oldest_open_copy_seconds",
            _GAUGE,
            _STORE,
            "For how long the oldest issue has been sending that has copies to send; 0 when none has.",
        ),
        Metric(
            "digest_notices_open",
            _GAUGE,
            _STORE,
            "Mails that are no issue and not settled, such as questions to who has just subscribed.",
            ("notice",),
        ),
        Metric(
            "digest_oldest_due_notice_seconds",
            _GAUGE,
            _STORE,
            "How long ago the earliest of them was due that is still planned or deferred; 0 when none is.",
        ),
        Metric(
            "digest_scheduler_awake",
            _GAUGE,
            _PROCESS,
            "1 while the scheduler of this process wakes again and again; not there without one.",
        ),
        Metric(
            "digest_scheduler_wake_timestamp_seconds",
            _GAUGE,
            _PROCESS,
            "When the scheduler of this process last woke for anything, which is every few seconds.",
        ),
        Metric(
            "digest_scheduler_round_timestamp_seconds",
            _GAUGE,
            _PROCESS,
            "When the last round began that came to its end; a round that sends may take hours.",
        ),
        Metric(
            "digest_scheduler_trouble",
            _GAUGE,
            _PROCESS,
            "1 when something was wrong with the last round; what it was stands in the log.",
        ),
    ),
    "What came back?": (
        Metric(
            "digest_returns_total",
            _COUNTER,
            _STORE,
            "What was said of copies and readers by returned mail and by providers.",
            ("kind",),
        ),
        Metric(
            "digest_answers_last_day",
            _GAUGE,
            _STORE,
            "Final answers of mail servers within the last 24 hours, by family of mailboxes.",
            ("family", "answer"),
        ),
        Metric(
            "digest_families_paused",
            _GAUGE,
            _STORE,
            "Families of mailboxes to which nothing is sent for a while.",
            ("family",),
        ),
        Metric("digest_returned_mails_open", _GAUGE, _STORE, "Returned mails that wait for a person."),
        Metric(
            "digest_mailboxes",
            _GAUGE,
            _STORE,
            "Mailboxes of returned mail; one is failing when it could not be read three times in a row.",
            ("state",),
        ),
        Metric(
            "digest_mailbox_read_timestamp_seconds",
            _GAUGE,
            _STORE,
            "When the mailbox was read to its end that was not for the longest time; not there without one.",
        ),
    ),
    "Who reads, what comes in, who is told": (
        Metric(
            "digest_readers",
            _GAUGE,
            _STORE,
            "Subscriptions by standing; looked at once a minute at most.",
            ("newsletter", "standing"),
        ),
        Metric("digest_feeds", _GAUGE, _STORE, "Feeds, by how they are.", ("health",)),
        Metric(
            "digest_folder_troubles",
            _GAUGE,
            _STORE,
            "What is the matter with the watched folder, or lies there and cannot be taken in.",
        ),
        Metric("digest_webhooks", _GAUGE, _STORE, "Webhooks, by how they are.", ("webhook",)),
        Metric("digest_webhook_events_waiting", _GAUGE, _STORE, "Events that webhooks are still to be told."),
        Metric(
            "digest_oldest_webhook_event_seconds",
            _GAUGE,
            _STORE,
            "How long ago the earliest of them happened; 0 when none waits.",
        ),
    ),
    "Is it fast?": (
        Metric(
            "digest_letter_seconds",
            _HISTOGRAM,
            _PROCESS,
            "From handing a letter to a mail server until it has answered.",
            ("answer",),
            _PATIENT,
        ),
        Metric(
            "digest_commit_seconds",
            _HISTOGRAM,
            _PROCESS,
            "Writing down a group of results and of letters that begin.",
            (),
            _QUICK,
        ),
        Metric(
            "digest_claim_seconds",
            _HISTOGRAM,
            _PROCESS,
            "Claiming a batch of copies.",
            (),
            _QUICK,
        ),
        Metric(
            "digest_connections",
            _GAUGE,
            _PROCESS,
            "Connections to mail servers over which issues are being sent.",
        ),
        Metric("digest_workers", _GAUGE, _STORE, "Processes on the roll (PostgreSQL).", ("work",)),
        Metric(
            "digest_worker_copies_total",
            _COUNTER,
            _STORE,
            "Copies that came to an end in the hands of a worker since it signed on.",
            ("worker",),
        ),
        Metric(
            "digest_worker_copies_per_second",
            _GAUGE,
            _STORE,
            "The same a second, between its last two words.",
            ("worker",),
        ),
        Metric(
            "digest_worker_connections",
            _GAUGE,
            _STORE,
            "Connections to mail servers that a worker may have now.",
            ("worker",),
        ),
        Metric(
            "digest_worker_silent_seconds",
            _GAUGE,
            _STORE,
            "For how long a worker was not heard of; more than 12 is too long.",
            ("worker",),
        ),
        Metric(
            "digest_http_requests_total",
            _COUNTER,
            _PROCESS,
            "Requests that were answered.",
            ("route", "method", "status_code"),
        ),
        Metric(
            "digest_http_request_seconds",
            _HISTOGRAM,
            _PROCESS,
            "From a request's head until the last of its answer.",
            ("route", "method"),
            _PAGES,
        ),
    ),
    "What is it that runs?": (
        Metric(
            "digest_build_info",
            _GAUGE,
            _PROCESS,
            "Always 1; the labels say what runs.",
            ("version", "store"),
        ),
        Metric(
            "digest_schema_version",
            _GAUGE,
            _STORE,
            "The version of the store's tables; only the one that the program works on lets figures be read.",
        ),
        Metric("digest_store_bytes", _GAUGE, _STORE, "What the store takes on its disk, its log left out."),
        Metric(
            "digest_store_up",
            _GAUGE,
            _PROCESS,
            "1 when the figures from the store are of its last look, 0 when the store could not be read.",
        ),
        Metric(
            "digest_store_look_seconds",
            _GAUGE,
            _PROCESS,
            "How long the last look at the store took; it is kept for twenty times as long, and 5 at least.",
        ),
    ),
}

METRICS: Final[Mapping[str, Metric]] = {one.name: one for group in GROUPS.values() for one in group}
