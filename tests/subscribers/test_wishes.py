"""What people type: which spellings are understood, and what the refusal says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.model import WEEKDAYS, Format, Section
from subscribers.wishes import (
    WishError,
    address_key,
    parse_address,
    parse_days,
    parse_format,
    parse_language,
    parse_max_items,
    parse_name,
    parse_section,
    parse_sections,
    parse_time,
    parse_topics,
    parse_zone,
)

TOPICS = ("economy", "energy")


def topics(text: str) -> frozenset[str] | None:
    return parse_topics(text, TOPICS)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_address, " Ann.B@Example.ORG ", "Ann.B@example.org"),
        (parse_address, "ann@bücher.example", "ann@xn--bcher-kva.example"),
        (parse_address, "小龙@例子.example", "小龙@例子.example"),
        (parse_days, "Daily", WEEKDAYS),
        (parse_days, "weekdays", WEEKDAYS[:5]),
        (parse_days, "monthly", ("monthly",)),
        (parse_days, "thu, Mon", ("mon", "thu")),
        (parse_days, "sunday saturday sun", ("sat", "sun")),
        (parse_time, "07:30", time(7, 30)),
        (parse_time, "7:30", time(7, 30)),
        (parse_time, "23:59", time(23, 59)),
        (parse_zone, "europe/paris", "Europe/Paris"),
        (parse_zone, " UTC ", "UTC"),
        (topics, "ALL", None),
        (topics, "energy, Economy,", frozenset({"energy", "economy"})),
        (parse_section, "Hot Topics", Section.HOT_TOPIC),
        (parse_section, "hot_topic", Section.HOT_TOPIC),
        (parse_section, "Analyses", Section.ANALYSIS),
        (parse_sections, "all", None),
        (parse_sections, "reports, briefing", frozenset({Section.REPORT, Section.BRIEFING})),
        (parse_format, "HTML", Format.HTML),
        (parse_max_items, "12", 12),
        (parse_max_items, "None", None),
        (parse_language, "zh-hans", "zh-Hans"),
        (parse_language, "pt_BR", "pt-BR"),
    ],
)
def test_is_understood(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "mend"),
    [
        (parse_address, "ann", "@"),
        (parse_address, "ann@", "after the @"),
        (parse_address, "Ann <ann@example.org>", "not valid"),
        (parse_address, "ann@example.org\r\nBcc: bob@example.org", "not valid"),
        (parse_address, f"{'a' * 65}@example.org", "too long"),
        (parse_days, "mon,xyz", "daily, weekdays, monthly, or a list"),
        (parse_days, "", "daily, weekdays"),
        (parse_days, "monthly,mon", "daily, weekdays"),
        (parse_time, "24:00", "HH:MM"),
        (parse_time, "7", "HH:MM"),
        (parse_time, "07:60", "HH:MM"),
        (parse_time, "٠٧:٣٠:٠٠", "HH:MM"),
        (parse_zone, "Paris", "IANA name"),
        (parse_zone, "../etc/passwd", "IANA name"),
        (parse_zone, "new york", "such as America/New_York"),
        (parse_zone, "Asia/Tokio", "such as Asia/Tokyo"),
        (parse_zone, "localtime", "such as"),
        (parse_zone, "Factory", "such as"),
        (parse_zone, "", "such as Europe/Paris"),
        (parse_zone, "x" * 70, "such as Europe/Paris"),
        (topics, "gossip", "economy, energy, or all"),
        (topics, " , ", "say all, or slugs"),
        (topics, "all,economy", "say all, or slugs"),
        (parse_sections, "report,ALL", "say all, or sections"),
        (parse_section, "poem", "briefing, hot-topic"),
        (parse_format, "pdf", "html or text"),
        (parse_max_items, "0", "from 1 to 1000"),
        (parse_max_items, "1001", "from 1 to 1000"),
        (parse_max_items, "²", "from 1 to 1000"),
        (parse_max_items, "9" * 5000, "from 1 to 1000"),
        (parse_language, "klingon-x-y", "en or zh-Hans"),
        (parse_language, "", "en or zh-Hans"),
        (parse_language, "en@<script>", "en or zh-Hans"),
        (parse_language, "en@a\r\nBcc: v@x.example", "en or zh-Hans"),
        (parse_language, "ca_ES_VALENCIA@valencianxxxx", "en or zh-Hans"),
        (parse_name, "x" * 201, "use at most 200"),
        (parse_name, "half \udcff a letter", "control characters"),
    ],
)
def test_is_refused_with_the_value_and_how_to_mend_it(
    parse: Callable[[str], object], text: str, mend: str
) -> None:
    with pytest.raises(WishError) as caught:
        parse(text)
    message = str(caught.value)
    assert mend in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "parse",
    [
        parse_address,
        parse_days,
        parse_time,
        parse_zone,
        topics,
        parse_sections,
        parse_format,
        parse_max_items,
        parse_language,
    ],
)
@given(text=st.text(max_size=30))
def test_any_text_is_understood_or_refused_in_one_line(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except WishError as error:
        message = str(error)
    else:
        message = ""
    assert len(message.splitlines()) <= 1


@given(st.emails())
def test_address_that_was_brought_into_shape_stays_as_it_is(text: str) -> None:
    try:
        once = parse_address(text)
    except WishError:
        return
    assert parse_address(once) == once


@given(st.lists(st.sampled_from(WEEKDAYS), min_size=1))
def test_list_of_days_is_put_in_the_order_of_the_week(days: list[str]) -> None:
    assert parse_days(",".join(days)) == tuple(day for day in WEEKDAYS if day in days)


def test_addresses_that_differ_in_case_only_are_one_reader() -> None:
    assert address_key("Ann@example.org") == address_key("ann@EXAMPLE.org")


def test_every_zone_of_the_database_is_understood_in_any_case() -> None:
    for name in available_timezones() - {"localtime", "Factory", "posixrules"}:
        ZoneInfo(name)
        assert parse_zone(name.upper()) == name
