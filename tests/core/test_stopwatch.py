"""How long things took is counted by length, and letters by how the server answered."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf

import pytest

from digest.core.metric_labels import LATER, NO_ANSWER, OTHERS, family_label, method_label, reason_label
from digest.core.metrics import METRICS
from digest.core.model import DeliveryStatus, Verdict
from digest.core.stopwatch import Histogram, Stopwatch, histogram_of
from digest.core.verdict import SENT, Reason


def test_a_length_counts_up_to_each_end_that_holds_it() -> None:
    histogram = Histogram([0.5, 1.0, 2.0])
    assert (histogram.count, histogram.seconds) == (0, 0.0)
    for seconds in (0.1, 0.5, 0.6, 2.0, 9.0):
        histogram.add(seconds)
    assert list(histogram.up_to_each_end()) == [(0.5, 2), (1.0, 3), (2.0, 4), (inf, 5)]
    assert histogram.count == 5
    assert histogram.seconds == pytest.approx(12.2)


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [
        (SENT, "accepted"),
        (Verdict(DeliveryStatus.REFUSED, Reason.NO_SUCH_ADDRESS, hard_bounce=True), "hard"),
        (Verdict(DeliveryStatus.REFUSED, Reason.SPAM), "blocked"),
        (Verdict(DeliveryStatus.REFUSED, Reason.MAILBOX_FULL), "refused"),
        (Verdict(DeliveryStatus.UNCERTAIN, Reason.NO_REPLY_TO_FINAL_DOT), NO_ANSWER),
        (
            Verdict(DeliveryStatus.DEFERRED, Reason.SLOW_DOWN, retry_at=datetime(2026, 11, 24, tzinfo=UTC)),
            LATER,
        ),
    ],
    ids=["accepted", "hard", "blocked", "refused", "none", "later"],
)
def test_letters_are_told_apart_by_how_the_server_answered(verdict: Verdict, answer: str) -> None:
    watch = Stopwatch()
    watch.letter(verdict, 0.25)
    watch.letter(verdict, 0.5)
    counts = {word: (histogram.count, histogram.seconds) for word, histogram in watch.letters.items()}
    assert counts == {"accepted": (0, 0.0), answer: (2, 0.75)}


def test_each_figure_has_the_ends_that_are_documented() -> None:
    watch = Stopwatch()
    watch.letter(Verdict(DeliveryStatus.REFUSED, Reason.SPAM), 1.0)
    figures = {
        "digest_letter_seconds": watch.letters["blocked"],
        "digest_commit_seconds": watch.commits,
        "digest_claim_seconds": watch.claims,
    }
    for name, histogram in figures.items():
        ends = [end for end, _ in histogram.up_to_each_end()]
        assert ends == [*METRICS[name].buckets, inf]
        assert list(histogram_of(name).up_to_each_end()) == [(end, 0) for end in ends]
    assert watch.connections == 0


def test_labels_have_few_values_whoever_writes() -> None:
    assert (family_label("gmail.com"), family_label("news.example")) == ("gmail.com", OTHERS)
    assert (method_label("GET"), method_label("BREW")) == ("GET", OTHERS)
    assert [reason_label(reason) for reason in ("", "spam", "paused", "bad-address", "moonlight")] == [
        *("", "spam", "paused", "bad-address"),
        OTHERS,
    ]
