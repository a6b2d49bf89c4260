"""What templates say of an item: when it came in, how long it takes, and in less of it than all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.core.budget import Form
from digest.render.excerpts import excerpt
from digest.render.page import STUB_OCTETS, Item, Personal, in_form, item_for, topic_titles
from digest.render.quoted import quoted
from digest.render.words import words_for
from tests.render.samples import EIGHT, TOPICS, briefing


def item(zone: str = "Europe/Paris", language: str = "en", excerpts: bool = False, **changes: Any) -> Item:
    titles = topic_titles(TOPICS.values(), words_for("en"))
    told = briefing(1, **changes)
    return item_for(told, 1, titles, words_for(language), zone=zone, excerpts=excerpts)


LATE = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "said"),
    [
        ("Europe/Paris", date(2026, 11, 23), "Nov 24"),
        ("Europe/Paris", date(2026, 11, 24), ""),
        ("America/New_York", date(2026, 11, 23), ""),
        ("America/New_York", date(2026, 11, 24), "Nov 23"),
        ("Asia/Shanghai", date(2026, 11, 20), "Nov 24"),
    ],
)
def test_the_day_an_item_came_in_is_told_in_the_issues_zone_when_it_is_another(
    zone: str, day: date, said: str
) -> None:
    assert item(zone, published_at=LATE, source_date=day).added == said


def test_the_day_an_item_came_in_is_told_in_the_readers_language() -> None:
    assert item(language="zh-Hans").added == "11月23日"


def test_an_item_without_a_source_date_has_the_date_of_its_issue() -> None:
    assert item(source_date=None).added == ""
    assert item(published_at=None).added == ""


def test_excerpts_end_where_there_is_a_link_to_read_on() -> None:
    linked, alone = EIGHT[1], EIGHT[2]
    values: dict[str, Any] = {"paragraphs": linked.paragraphs, "url": linked.url}
    assert item(excerpts=True, **values).paragraphs == excerpt(linked.paragraphs)
    assert item(**values).paragraphs == linked.paragraphs
    assert item(excerpts=True, paragraphs=alone.paragraphs).paragraphs == alone.paragraphs


def test_the_minutes_of_an_excerpt_are_those_of_the_whole_item() -> None:
    values: dict[str, Any] = {
        "paragraphs": ("A sentence of some words. " * 200,),
        "url": "https://a.example/",
    }
    shown, whole = item(excerpts=True, **values), item(**values)
    assert shown.reading == whole.reading == "5 min read"
    assert shown.seconds < whole.seconds / 5


def test_each_form_shows_less_than_the_next() -> None:
    whole = item(paragraphs=EIGHT[1].paragraphs, url=EIGHT[1].url, title="推" * 40)
    short, headline, line, title, stub = (
        in_form(whole, form) for form in (Form.SHORT, Form.HEADLINE, Form.LINE, Form.TITLE, Form.STUB)
    )
    assert in_form(whole, Form.FULL) is whole
    assert short.paragraphs == excerpt(whole.paragraphs)
    assert (headline.paragraphs, headline.reading, headline.url) == ((), "", whole.url)
    assert (line.title, line.source, line.url) == (whole.title, whole.source, whole.url)
    assert (title.title, title.source, title.source_date, title.added, title.url) == (whole.title, *[""] * 4)
    assert stub.title == "推" * 5 + "…"
    assert len({one.key for one in (whole, short, headline, line, title, stub)}) == 6
    assert {one.anchor for one in (whole, short, headline, line, title, stub)} == {"b1"}
    assert [one.shortened for one in (whole, short, headline)] == [False, True, True]


def test_an_item_that_is_no_longer_than_its_excerpt_is_not_shortened() -> None:
    brief = item(paragraphs=("One sentence.", "Another."))
    assert in_form(brief, Form.SHORT) is brief


@pytest.mark.parametrize(
    "title", ["word " * 30, "推" * 40, "e\u0301" * 90, "😀" * 30, "=" * 90, "a" * 90, "👩\u200d🚀" * 20]
)
def test_a_stub_is_the_beginning_of_a_title(title: str) -> None:
    stub = in_form(item(title=title), Form.STUB).title
    assert title.startswith(stub.removesuffix("…"))
    assert 20 < len(quoted(stub)) - len(b"=\r\n") <= STUB_OCTETS
    assert not title[len(stub) - 1].startswith(("\u0301", "\u200d"))


def test_a_title_that_is_short_enough_is_its_own_stub() -> None:
    assert in_form(item(title="Tin prices climb"), Form.STUB).title == "Tin prices climb"


def test_a_greeting_has_room_for_a_name_of_any_length() -> None:
    said = Personal("Ada " * 100, "", "").values()["name"]
    assert said.startswith("Ada Ada")
    assert len(said) <= 60
    assert Personal("Ada\r\nLindqvist", "", "").values()["name"] == "Ada Lindqvist"
