"""What the dashboard asks, panel by panel, in the order in which somebody of the newsroom does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Panel:
    """One panel: a number, lines over time, bars, or a table."""

    kind: str
    title: str
    help: str
    #: expressions, each with the legend of its lines; `JOB` stands for the choice of a job
    asked: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 4
    height: int = 4
    #: from these values on yellow and red; for numbers
    warn: float | None = None
    alarm: float | None = None


def number(title: str, help_: str, asked: str, **more: Any) -> Panel:
    """One value as it is now."""
    return Panel("stat", title, help_, [(asked, "")], **more)


def lines(title: str, help_: str, *asked: tuple[str, str], unit: str = "short", width: int = 12) -> Panel:
    """Values over time."""
    return Panel("timeseries", title, help_, asked, unit, width, 8)


def bars(title: str, help_: str, *asked: tuple[str, str], unit: str = "short", width: int = 12) -> Panel:
    """Several values as they are now, beside each other."""
    return Panel("bargauge", title, help_, asked, unit, width, 8)


#: Several processes tell the same of one store: the largest is taken, never the sum.
ROWS: Final[dict[str, Sequence[Panel]]] = {
    "Is everything out?": (
        number(
            "Sent, 24 hours",
            "Copies of issues that were settled within a day, which a mail server took.",
            'sum(max by (newsletter) (increase(digest_copies_total{JOB,outcome="sent"}[24h])))',
        ),
        number(
            "Still to send",
            "Copies that are planned, in the hands of a sender, or wait for another try.",
            'sum(max by (newsletter, copy) (digest_copies_open{JOB,copy=~"planned|sending|deferred"}))',
        ),
        number(
            "Issues held or waiting",
            "A person or a rule has stopped them, or they wait for a person's word.",
            'sum(max by (status) (digest_issues_unfinished{JOB,status=~"held|waiting"}))',
            warn=1,
        ),
        number(
            "In doubt",
            "Copies that may have arrived: nobody heard the server's answer.",
            'sum(max by (newsletter) (digest_copies_open{JOB,copy="uncertain"}))',
            warn=1,
        ),
        number(
            "Newest briefing",
            "How long ago the newest briefing came out.",
            "time() - max(digest_newest_publication_timestamp_seconds{JOB})",
            unit="s",
        ),
        number(
            "Readers who get mail",
            "Active subscriptions.",
            'sum(max by (newsletter) (digest_readers{JOB,standing="active"}))',
        ),
        lines(
            "Copies on their way",
            "By where they stand; a line that does not fall is a question for the next row.",
            ("sum by (copy) (max by (newsletter, copy) (digest_copies_open{JOB}))", "{{copy}}"),
        ),
        lines(
            "What became of copies",
            "In each hour, when their issue was settled.",
            (
                "sum by (outcome) (max by (newsletter, outcome, reason) "
                "(increase(digest_copies_total{JOB}[1h])))",
                "{{outcome}}",
            ),
        ),
        bars(
            "Why not, 24 hours",
            "Copies that were not sent, by reason: most are readers for whom there was nothing new.",
            (
                "sum by (outcome, reason) (max by (newsletter, outcome, reason) "
                '(increase(digest_copies_total{JOB,outcome=~"skipped|refused|expired"}[24h]))) > 0',
                "{{outcome}}: {{reason}}",
            ),
        ),
        lines(
            "Published",
            "Briefings and corrections in each hour.",
            ("max(increase(digest_publications_total{JOB}[1h]))", "published"),
        ),
    ),
    "Is anything late?": (
        number(
            "Slots late",
            "Slots that came more than ten minutes ago and still have readers to serve.",
            "max(digest_slots_late{JOB})",
            alarm=1,
        ),
        number(
            "Latest slot",
            "How long ago the earliest slot came that is not served.",
            "max(digest_slot_late_seconds{JOB})",
            unit="s",
            warn=300,
            alarm=600,
        ),
        number(
            "Oldest issue that sends",
            "For how long it has been sending, with copies left.",
            "max(digest_oldest_open_copy_seconds{JOB})",
            unit="s",
            warn=3600,
            alarm=4 * 3600,
        ),
        number(
            "Oldest mail to one person",
            "Questions to new readers, welcomes, alerts: how long ago the earliest was due.",
            "max(digest_oldest_due_notice_seconds{JOB})",
            unit="s",
            warn=300,
            alarm=900,
        ),
        number(
            "Scheduler woke",
            "It wakes every few seconds.",
            "time() - max(digest_scheduler_wake_timestamp_seconds{JOB})",
            unit="s",
            warn=60,
            alarm=120,
        ),
        number(
            "Trouble",
            "1 when something was wrong with the last round; the log says what.",
            "max(digest_scheduler_trouble{JOB})",
            alarm=1,
        ),
        lines(
            "How late",
            "The earliest slot not served, the oldest issue that sends, the oldest mail to one person.",
            ("max(digest_slot_late_seconds{JOB})", "slot"),
            ("max(digest_oldest_open_copy_seconds{JOB})", "issue"),
            ("max(digest_oldest_due_notice_seconds{JOB})", "mail to one person"),
            unit="s",
            width=8,
        ),
        lines(
            "Mails to one person",
            "Not settled, by what they are about.",
            ("max by (notice) (digest_notices_open{JOB})", "{{notice}}"),
            width=8,
        ),
        bars(
            "Until the next slot",
            "By newsletter.",
            ("min by (newsletter) (digest_next_slot_timestamp_seconds{JOB}) - time()", "{{newsletter}}"),
            unit="s",
            width=8,
        ),
    ),
    "What came back?": (
        number(
            "No such address, 24 hours",
            "Of all copies that had an answer; 2 % make a list look like a bought one.",
            'sum(max by (family) (digest_answers_last_day{JOB,answer="hard"})) / '
            "sum(max by (family, answer) (digest_answers_last_day{JOB}))",
            unit="percentunit",
            warn=0.01,
            alarm=0.02,
        ),
        number(
            "Refused for what we are",
            "Of all copies that had an answer within 24 hours: policy, spam, reputation.",
            'sum(max by (family) (digest_answers_last_day{JOB,answer="blocked"})) / '
            "sum(max by (family, answer) (digest_answers_last_day{JOB}))",
            unit="percentunit",
            warn=0.01,
            alarm=0.05,
        ),
        number(
            "Complaints, 7 days",
            "Of all copies that were sent; providers want less than 0.1 %.",
            'max(increase(digest_returns_total{JOB,kind="complaint"}[7d])) / '
            'sum(max by (newsletter) (increase(digest_copies_total{JOB,outcome="sent"}[7d])))',
            unit="percentunit",
            warn=0.0007,
            alarm=0.001,
        ),
        number(
            "Families paused",
            "Providers to which nothing is sent for a while.",
            "sum(max by (family) (digest_families_paused{JOB})) or vector(0)",
            warn=1,
        ),
        number(
            "Mails for a person",
            "Returned mails of which no program could make anything.",
            "max(digest_returned_mails_open{JOB})",
            warn=20,
        ),
        number(
            "Mailbox was read",
            "How long ago the mailbox of returned mail was read to its end.",
            "time() - min(digest_mailbox_read_timestamp_seconds{JOB})",
            unit="s",
            warn=900,
            alarm=3600,
        ),
        bars(
            "Answers that were no, by family of mailboxes",
            "Within 24 hours: no such address, blocked, refused.",
            (
                "topk(15, sum by (family, answer) (max by (family, answer) "
                '(digest_answers_last_day{JOB,answer=~"hard|blocked|refused"}))) > 0',
                "{{family}}: {{answer}}",
            ),
        ),
        lines(
            "What came back",
            "In each hour, by kind.",
            ("max by (kind) (increase(digest_returns_total{JOB}[1h]))", "{{kind}}"),
        ),
    ),
    "Who reads, what comes in, who is told": (
        lines(
            "Readers",
            "Subscriptions by standing.",
            ("sum by (standing) (max by (newsletter, standing) (digest_readers{JOB}))", "{{standing}}"),
        ),
        lines(
            "Feeds",
            "By how they are.",
            ("max by (health) (digest_feeds{JOB})", "{{health}}"),
            width=6,
        ),
        lines(
            "Webhooks",
            "Events that are still to be told, and how old the first of them is.",
            ("max(digest_webhook_events_waiting{JOB})", "events"),
            ("max(digest_oldest_webhook_event_seconds{JOB})", "seconds"),
            width=6,
        ),
    ),
    "Is it fast?": (
        lines(
            "Letters a second",
            "By what the mail server answered, of the processes that are scraped themselves.",
            ("sum by (answer) (rate(digest_letter_seconds_count{JOB}[$__rate_interval]))", "{{answer}}"),
        ),
        lines(
            "Workers: copies a second",
            "As each of them said last.",
            ("max by (worker) (digest_worker_copies_per_second{JOB})", "{{worker}}"),
        ),
        lines(
            "How long a letter takes",
            "From handing it over until the mail server has answered.",
            (
                "histogram_quantile(0.5, sum by (le) "
                "(rate(digest_letter_seconds_bucket{JOB}[$__rate_interval])))",
                "half",
            ),
            (
                "histogram_quantile(0.95, sum by (le) "
                "(rate(digest_letter_seconds_bucket{JOB}[$__rate_interval])))",
                "19 of 20",
            ),
            unit="s",
            width=8,
        ),
        lines(
            "How long the store takes",
            "19 of 20 times: to write results down, to claim copies; and the last look for these figures.",
            (
                "histogram_quantile(0.95, sum by (le) "
                "(rate(digest_commit_seconds_bucket{JOB}[$__rate_interval])))",
                "results",
            ),
            (
                "histogram_quantile(0.95, sum by (le) "
                "(rate(digest_claim_seconds_bucket{JOB}[$__rate_interval])))",
                "claims",
            ),
            ("max(digest_store_look_seconds{JOB})", "look"),
            unit="s",
            width=8,
        ),
        lines(
            "Connections to mail servers",
            "Of processes that are scraped, and those that workers may have.",
            ("sum(digest_connections{JOB})", "here"),
            ("sum(max by (worker) (digest_worker_connections{JOB}))", "workers"),
            width=8,
        ),
        lines(
            "Requests a second",
            "By the status of the answer.",
            (
                "sum by (status_code) (rate(digest_http_requests_total{JOB}[$__rate_interval]))",
                "{{status_code}}",
            ),
        ),
        lines(
            "Slowest pages",
            "19 of 20 requests are answered within this time.",
            (
                "topk(8, histogram_quantile(0.95, sum by (le, route) "
                "(rate(digest_http_request_seconds_bucket{JOB}[$__rate_interval]))))",
                "{{route}}",
            ),
            unit="s",
        ),
        lines(
            "Memory",
            "Of each process that is scraped.",
            ("process_resident_memory_bytes{JOB}", "{{instance}}"),
            unit="bytes",
            width=8,
        ),
        lines(
            "Processors",
            "How many of them each process keeps busy.",
            ("rate(process_cpu_seconds_total{JOB}[$__rate_interval])", "{{instance}}"),
            width=8,
        ),
        lines(
            "Size of the store",
            "On its disk.",
            ("max(digest_store_bytes{JOB})", "store"),
            unit="bytes",
            width=8,
        ),
    ),
}
