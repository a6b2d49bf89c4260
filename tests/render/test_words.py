"""Dates and sentences around the briefings, by language."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from digest.render.phrases import next_one, why, wish
from digest.render.words import language_attributes, words_for
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


@pytest.mark.parametrize(
    ("asked", "language", "date_language", "direction"),
    [
        ("en", "en", "en", "ltr"),
        ("en-GB", "en", "en-GB", "ltr"),
        ("zh", "zh-Hans", "zh", "ltr"),
        ("zh-Hans", "zh-Hans", "zh-Hans", "ltr"),
        ("zh-CN", "zh-Hans", "zh-Hans-CN", "ltr"),
        ("zh-SG", "zh-Hans", "zh-Hans-SG", "ltr"),
        ("zh-Hans-HK", "zh-Hans", "zh-Hans-HK", "ltr"),
        # no locale of its own, so that of the script
        ("zh-Hans-US", "zh-Hans", "zh-Hans", "ltr"),
        # Simplified is nearer than English
        ("zh-TW", "zh-Hans", "zh-Hant-TW", "ltr"),
        ("zh-Hant", "zh-Hans", "zh-Hant", "ltr"),
        ("ar", "ar", "ar", "rtl"),
        ("ar-EG", "ar", "ar-EG", "rtl"),
        ("ar-US", "ar", "ar", "rtl"),
        ("de-CH", "de", "de-CH", "ltr"),
        ("pt-BR", "pt", "pt-BR", "ltr"),
        ("pt", "pt", "pt", "ltr"),
        ("ja", "ja", "ja", "ltr"),
        # no words, but dates; the direction is that of the words
        ("nl", "en", "nl", "ltr"),
        ("he", "en", "he", "ltr"),
        ("xx", "en", "en", "ltr"),
        ("", "en", "en", "ltr"),
        ("not a tag", "en", "en", "ltr"),
    ],
)
def test_a_tag_gets_the_nearest_words_and_its_own_dates(
    asked: str, language: str, date_language: str, direction: str
) -> None:
    words = words_for(asked)
    assert (words.language, words.date_language, words.direction) == (language, date_language, direction)


def test_the_first_of_a_french_month_is_an_ordinal() -> None:
    french, first = words_for("fr-CA"), date(2026, 12, 1)
    assert french.plain_day(first) == "1er décembre 2026"
    assert french.long_day(date(2026, 12, 11)) == "vendredi 11 décembre 2026"
    assert french.span(first, date(2026, 12, 4)) == "1er\u2009–\u20094 déc."
    assert french.span(date(2026, 12, 28), date(2027, 1, 1)) == "28 déc. 2026\u2009–\u20091er janv. 2027"


def test_sentences_keep_one_language_where_a_catalogue_is_missing() -> None:
    words = words_for("nl")
    assert words.listed(["A", "B"]) == "A and B"
    assert words.short_day(DAY) == "Nov 24"
    assert words.cadence(DAILY) == "on weekdays at 07:30 (Europe/Paris)"


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "America/New_York", "America/New York"),
        ("zh-Hans", "America/New_York", "纽约时间"),
        ("zh-Hans", "Asia/Shanghai", "北京时间"),
        ("zh-TW", "Asia/Shanghai", "北京时间"),
        ("ar", "Africa/Cairo", "بتوقيت القاهرة"),
        ("ar", "America/Argentina/Buenos_Aires", "بتوقيت \u2068Buenos Aires\u2069"),
        ("ar", "UTC", "\u2068UTC\u2069"),
        ("es", "Etc/UTC", "UTC"),
        ("zh-Hans", "Etc/GMT+5", "UTC−5"),
        ("en", "Etc/GMT-14", "UTC+14"),
    ],
)
def test_a_time_zone_is_called_by_the_time_of_its_city(language: str, zone: str, said: str) -> None:
    assert words_for(language).zone(zone) == said


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("fa", "سه\u200cشنبه ۲۴ نوامبر ۲۰۲۶"),
        ("ar", "الثلاثاء، 24 نوفمبر 2026"),
        ("ar-EG", "الثلاثاء، ٢٤ نوفمبر ٢٠٢٦"),
        ("ar-MA", "الثلاثاء، 24 نونبر 2026"),
    ],
)
def test_figures_are_those_of_the_country(language: str, days: str) -> None:
    assert words_for(language).long_day(DAY) == days


def test_sentences_stand_together_as_the_script_has_it() -> None:
    assert words_for("en").paragraph("One.", "", "Two.") == "One. Two."
    assert words_for("zh-Hans").paragraph("一。", "", "二。") == "一。二。"


def test_a_sentence_of_another_script_keeps_its_distance_in_chinese() -> None:
    chinese = words_for("zh-Hans")
    assert chinese.paragraph("What people buy.", "每周约1条。", "二。") == "What people buy. 每周约1条。二。"


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["Trade", "Energy"], "Trade 和 Energy"),
        (["Trade", "能源", "G20"], "Trade、能源和 G20"),
        (["贸易", "5G网络"], "贸易和 5G网络"),
        (["贸易", "能源"], "贸易和能源"),
        (["5G网络", "能源"], "5G网络和能源"),
        (["Trade"], "Trade"),
    ],
)
def test_latin_words_of_a_chinese_list_stand_apart_from_its_own(words: list[str], listed: str) -> None:
    assert words_for("zh-Hans").listed(words) == listed


def test_only_what_runs_the_other_way_is_isolated() -> None:
    assert words_for("ar").isolated("Yahoo!") == "\u2068Yahoo!\u2069"
    assert words_for("ar").isolated("الميناء") == "الميناء"
    assert words_for("ar").isolated("2026") == "2026"
    assert words_for("en").isolated("Yahoo!") == "Yahoo!"
    assert words_for("en").isolated("الميناء") == "\u2068الميناء\u2069"


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


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The next one is due on Monday, Nov 30, at 07:30."),
        ("en-GB", "The next one is due on Monday, 30 Nov, at 07:30."),
        ("zh-Hans", "下一期预定于11月30日（星期一）07:30发出。"),
        ("ar-EG", "موعد العدد التالي: الاثنين، ٣٠ نوفمبر، الساعة ٠٧:٣٠."),
        # the words are English, and so is the day within them
        ("nl", "The next one is due on Monday, Nov 30, at 07:30."),
    ],
)
def test_a_reader_is_told_when_the_next_issue_is_due(language: str, said: str) -> None:
    friday = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
    assert next_one(DAILY, friday, words_for(language)) == said


def test_the_next_issue_is_told_by_the_clock_that_will_be_read() -> None:
    # on that night the clocks of New York jump from two to three
    cadence = Cadence(WEEKDAYS, time(2, 30), "America/New_York")
    saturday = datetime(2026, 3, 7, 7, 30, tzinfo=UTC)
    assert "Sunday, Mar 8, at 03:00" in next_one(cadence, saturday, words_for("en"))


@pytest.mark.parametrize("cadence", [None, Cadence(WEEKDAYS, time(7, 30), "UTC", at_once=True)])
def test_no_next_issue_is_promised_by_hand_or_at_once(cadence: Cadence | None) -> None:
    assert next_one(cadence, datetime(2026, 11, 27, 6, 30, tzinfo=UTC), words_for("en")) == ""


def test_a_wish_is_repeated_before_the_first_mail() -> None:
    profile = Profile(topics=frozenset({"energy"}))
    assert wish(profile, DAILY, TITLES, words_for("en")) == (
        "You would get it on weekdays at 07:30 (Europe/Paris), with what is new on Energy."
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ""),
        ("de", ' lang="de"'),
        ("zh-Hans", ' lang="zh-Hans"'),
        ("ar-EG", ' lang="ar-EG" dir="rtl"'),
        ("", ""),
        ("english", ""),
        ("en_US", ""),
        ('"><b>', ""),
    ],
)
def test_a_text_says_its_language_where_it_is_one(language: str, said: str) -> None:
    assert language_attributes(language, "en") == said


def test_a_name_that_comes_later_is_isolated_by_the_language_alone() -> None:
    # the parts of a mail are printed before anybody knows whose name goes in
    for name in ("Yahoo!", "الميناء"):
        assert words_for("ar").isolated(name, known=False) == f"\u2068{name}\u2069"
        assert words_for("en").isolated(name, known=False) == name
