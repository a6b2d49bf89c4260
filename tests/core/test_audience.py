"""A filter of readers is read word by word, and what it cannot mean is refused with the place."""

from __future__ import annotations

from datetime import time

import pytest

from digest.core.audience import (
    Both,
    Either,
    Not,
    Term,
    matches_cadence,
    matches_profile,
    parse_audience,
)
from digest.errors import InputError
from subscribers.model import WEEKDAYS, Cadence, Format, Profile, Section

ECONOMY = Term("topic", "=", "economy")
BERLIN = Term("zone", "=", "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Both(())),
        ("topic:economy", ECONOMY),
        ("TOPIC = Economy ", ECONOMY),
        ("topic:Xerox", Term("topic", "=", "xerox")),
        ("topic:" + "x" * 494, Term("topic", "=", "x" * 494)),
        ("topic!=economy", Not(ECONOMY)),
        ("topic:economy and not zone:Europe/Berlin", Both((ECONOMY, Not(BERLIN)))),
        ("topic:economy zone:Europe/Berlin", Both((ECONOMY, BERLIN))),
        ("topic:economy (zone:Europe/Berlin)", Both((ECONOMY, BERLIN))),
        ("topic:economy NOT zone:Europe/Berlin", Both((ECONOMY, Not(BERLIN)))),
        (
            "topic:economy or (topic:economy or (zone:Europe/Berlin))",
            Either((ECONOMY, Either((ECONOMY, BERLIN)))),
        ),
        ("section:Hot-Topic", Term("section", "=", "hot-topic")),
        (
            "topic:economy OR zone:Europe/Berlin format:text",
            Either((ECONOMY, Both((BERLIN, Term("format", "=", "text"))))),
        ),
        (
            "(topic:economy or zone:Europe/Berlin) format:html",
            Both((Either((ECONOMY, BERLIN)), Term("format", "=", "html"))),
        ),
        ('zone:"Europe/Berlin" and began>=2026-11-01', Both((BERLIN, Term("began", ">=", "2026-11-01")))),
        ("not (topic:economy)", Not(ECONOMY)),
        (
            "standing:active cadence:at-once",
            Both((Term("standing", "=", "active"), Term("cadence", "=", "at-once"))),
        ),
    ],
)
def test_a_filter_means_what_it_says(text: str, meant: object) -> None:
    assert parse_audience(text) == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("economy", "at 'economy': a term such as topic:economy is expected"),
        ("topic:economy and", "at the end: a term"),
        ("(topic:economy", "at the end: a closing parenthesis"),
        ("topic:economy)", "at '\\)': a term, and, or"),
        ("address:ann", "no field 'address': there are standing, topic, section"),
        ("topic:economy) and all that follows", r"at '\) and all that follo': a term"),
        ("topic<economy", "topic cannot be compared with <: write topic:economy"),
        ("topic<=economy", "topic cannot be compared with <=:"),
        ("topic>economy", "topic cannot be compared with >:"),
        ("topic>=economy", "topic cannot be compared with >=:"),
        ("began>yesterday", "began is a day, such as 2026-11-01, not 'yesterday'"),
        ("standing:happy", "standing is one of pending, active"),
        ("format:pdf", "format is one of"),
        ("'; DROP TABLE subscribers; --", "is not understood"),
        ("not " * 200 + "topic:a", "the filter has 807 characters"),
        ("(" * 60 + "topic:a" + ")" * 60, "too many parentheses"),
        ("not " * 100 + "topic:a", "too many"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_audience(text)


def test_what_is_nested_has_an_end_and_up_to_there_it_is_read() -> None:
    assert parse_audience("(" * 20 + "topic:economy" + ")" * 20) == ECONOMY
    with pytest.raises(InputError, match="the filter has too many parentheses within each other"):
        parse_audience("(" * 21 + "topic:economy" + ")" * 21)
    clause = parse_audience("not " * 21 + "topic:economy")
    for _ in range(21):
        assert isinstance(clause, Not)
        clause = clause.clause
    assert clause == ECONOMY
    with pytest.raises(InputError, match="too many"):
        parse_audience("not " * 22 + "topic:economy")


def test_who_follows_everything_follows_a_topic_too() -> None:
    assert matches_profile(ECONOMY, Profile())
    assert matches_profile(ECONOMY, Profile(topics=frozenset({"economy"})))
    assert not matches_profile(ECONOMY, Profile(topics=frozenset({"energy"})))
    report = Term("section", "=", "report")
    assert matches_profile(report, Profile())
    assert matches_profile(report, Profile(sections=frozenset({Section.REPORT})))
    assert not matches_profile(report, Profile(sections=frozenset({Section.ANALYSIS})))
    assert matches_profile(Term("format", "=", "text"), Profile(format=Format.TEXT))
    assert matches_profile(Term("language", "=", "zh-hans"), Profile(language="zh-Hans"))


@pytest.mark.parametrize(
    ("days", "at_once", "kind"),
    [
        (WEEKDAYS, False, "daily"),
        (WEEKDAYS[:5], False, "weekdays"),
        (("mon", "thu"), False, "weekly"),
        (("monthly",), False, "monthly"),
        (WEEKDAYS, True, "at-once"),
    ],
)
def test_cadences_go_by_the_words_that_people_use(days: tuple[str, ...], at_once: bool, kind: str) -> None:
    cadence = Cadence(days, time(7), "Europe/Berlin", at_once)
    assert matches_cadence(Term("cadence", "=", kind), cadence)
    assert not matches_cadence(Term("cadence", "=", "daily" if kind != "daily" else "weekly"), cadence)
    assert matches_cadence(Term("zone", "=", "europe/berlin"), cadence)
