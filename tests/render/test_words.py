"""Dates and sentences around the briefings, by language."""

from __future__ import annotations

from datetime import date, time

import pytest

from digest.render.phrases import why, wish
from digest.render.words import words_for
from subscribers.model import MONTHLY, WEEKDAYS, Cadence, Profile, Section
from tests.render.samples import DAILY

DAY = date(2026, 11, 24)
TITLES = {"economy": "Economy and trade", "energy": "Energy", "society": "Society and media"}


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "Tuesday, November 24, 2026"),
        ("en-GB", "Tuesday, 24 November 2026"),
        ("zh-Hans", "2026年11月24日星期二"),
        ("de", "Dienstag, 24. November 2026"),
        ("xx", "Tuesday, November 24, 2026"),
    ],
)
def test_the_day_is_said_in_the_readers_language(language: str, day: str) -> None:
    assert words_for(language).long_day(DAY) == day


def test_a_span_names_what_differs() -> None:
    def span(first: date, last: date) -> str:
        return words_for("en-GB").span(first, last).replace("\u2009", " ")

    assert span(date(2026, 11, 21), DAY) == "21–24 Nov"
    assert span(date(2026, 10, 30), DAY) == "30 Oct – 24 Nov"
    assert span(date(2025, 12, 30), date(2026, 1, 2)) == "30 Dec 2025 – 2 Jan 2026"


def test_sentences_keep_one_language_while_a_catalogue_is_missing() -> None:
    words = words_for("zh-Hans")
    assert (words.language, words.date_language) == ("en", "zh-Hans")
    assert words.listed(["A", "B"]) == "A and B"


@pytest.mark.parametrize(
    ("cadence", "said"),
    [
        (Cadence(WEEKDAYS, time(7, 30), "Europe/Paris"), "every day at 07:30 (Europe/Paris)"),
        (DAILY, "on weekdays at 07:30 (Europe/Paris)"),
        (
            Cadence(("mon", "thu"), time(18, 0), "America/New_York"),
            "every Monday and Thursday at 18:00 (America/New York)",
        ),
        (Cadence((MONTHLY,), time(9, 5), "UTC"), "on the first of each month at 09:05 (UTC)"),
        (Cadence(WEEKDAYS, time(7, 30), "UTC", at_once=True), "as soon as there is something new"),
    ],
)
def test_a_cadence_is_said_in_plain_words(cadence: Cadence, said: str) -> None:
    assert words_for("en").cadence(cadence) == said


@pytest.mark.parametrize(
    ("profile", "cadence", "said"),
    [
        (
            Profile(topics=frozenset({"society", "economy"})),
            DAILY,
            "You get The Letter because you follow Economy and trade and Society and media. "
            "It comes on weekdays at 07:30 (Europe/Paris).",
        ),
        (
            Profile(sections=frozenset({Section.REPORT, Section.ANALYSIS})),
            None,
            "You get The Letter because you follow all its topics. "
            "Of its items you chose analyses and reports. This issue was sent by hand by the editors.",
        ),
        (
            Profile(topics=frozenset({"removed-since"})),
            None,
            "You get The Letter because you subscribed to it. This issue was sent by hand by the editors.",
        ),
    ],
)
def test_a_reader_is_told_why(profile: Profile, cadence: Cadence | None, said: str) -> None:
    assert why("The Letter", profile, cadence, TITLES, words_for("en")) == said


def test_a_wish_is_repeated_before_the_first_mail() -> None:
    profile = Profile(topics=frozenset({"energy"}))
    assert wish(profile, DAILY, TITLES, words_for("en")) == (
        "You would get it on weekdays at 07:30 (Europe/Paris), with what is new on Energy."
    )
