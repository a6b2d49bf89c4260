"""Signs that nobody sees: what holds nothing else is told, and no line turns round the words beside it."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.lines import MOST_TITLE, cut_line, parse_line
from digest.core.unseen import has_letter, is_seen, left_open, upright
from digest.errors import InputError

#: Each is nothing to the eye; alone, or with as many of the others as there are.
UNSEEN = (
    *("\u200b", "\u2060", "\ufeff", "\u00ad", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\u180e"),
    *("\u3164", "\uffa0", "\u115f", "\u1160", "\u2800", "\ufffc", "\u034f", "\u17b4", "\ufe0f", "\u2061"),
    *("\u0301", "\u064e", "\u20e3", "\u0903", "\u2066\u2069", "\u202e", "\u00a0", "\u3000", "\U000e0041"),
    *("\x00", "\x7f", "\x9f", "\ue000", "\uffff"),
)
ORDINARY = {
    "ar": "ارتفاع أسعار النفط إلى \u200e$90\u200e للبرميل (رويترز)",
    "bn": "বন্দরে জাহাজের সারি\u200d",
    "de": "Häfen einigen sich auf eine „gemeinsame“ Schlange – vorerst",
    "el": "Τα λιμάνια συμφωνούν",
    "en": "C++ & R&D: “Why not?” — 3% of the world’s ports",
    "es": "¿Suben las tasas portuarias?",
    "fa": "می\u200cخواهم کتاب\u200cها را بخوانم",
    "fr": "Les ports s’accordent : 3 000 € d’amende",
    "he": 'נמל חיפה: עלייה של 3%\u200f ב-C++\u200e (דו"ח)',
    "hi": "बंदरगाह शुल्क में वृद्धि, क्\u200dष",
    "ja": "東京湾の港湾使用料、3%引き上げへ",
    "ka": "ნავსადგურები თანხმდებიან",
    "km": "កំពង់ផែ\u200bព្រះសីហនុ",
    "ko": "부산항 사용료 3% 인상",
    "ml": "തുറമുഖങ്ങൾ യോജിച്ചു\u200c",
    "my": "ဆိပ်ကမ်းများ သဘောတူ",
    "pl": "Porty uzgodniły wspólną kolejkę",
    "ru": "Порты договорились об общей очереди",
    "si": "ශ්\u200dරී ලංකාව",
    "ta": "துறைமுகங்கள் ஒப்புக்கொண்டன",
    "th": "ท่าเรือ\u200bแหลมฉบัง",
    "tr": "İstanbul’da liman ücretleri",
    "ur": "بندرگاہوں کی فیس میں اضافہ",
    "vi": "Cảng biển tăng phí",
    "zh": "八个港口就统一排队达成一致",
    "isolated": "Report: \u2067דוח חדש\u2069 (PDF), \u2068x \u2066y\u2069\u2069",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 👍🏽 1️⃣ 🏴\U000e0067\U000e007f",
}
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WILD = st.text(st.sampled_from(f"{TURNING}\u200b\u200f a.א3👍🏽\u0301") | st.characters(), max_size=60)
LONG = st.builds(lambda one, times: one * times, WILD, st.integers(1, 60))


def closes_what_it_opens(line: str) -> bool:
    """True when a line has no override, and each isolate in it is closed and closes one (UAX #9, BD9)."""
    if set(line) & set("\u202a\u202b\u202c\u202d\u202e"):
        return False
    steps = [(sign in "\u2066\u2067\u2068") - (sign == "\u2069") for sign in line]
    depths = list(accumulate(steps))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


@pytest.mark.parametrize("text", UNSEEN)
def test_what_nobody_sees_is_nothing(text: str) -> None:
    for alone in (text, text * 3, f" {text}\u200b"):
        assert not is_seen(alone)
        assert not has_letter(alone)
        assert cut_line(alone, 300) == ""
    assert is_seen(f"{text}!")
    assert not has_letter(f"{text}!")


@pytest.mark.parametrize("text", ["a", "7", "é", "e\u0301", "?", "—", "👍", "€", "\ufffd", "क", "港"])
def test_what_is_seen_is_enough(text: str) -> None:
    assert is_seen(f"\u200b{text}\u200b")


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_title_stays_as_it_is(name: str) -> None:
    title = ORDINARY[name]
    assert upright(title) == parse_line(title, "title", MOST_TITLE) == cut_line(title, MOST_TITLE) == title


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Fees \u202egnihsif\u202c rise", "Fees gnihsif rise"),
        ("\u202bFees rise", "Fees rise"),
        ("Fees \u2066rise", "Fees rise"),
        ("Fees\u2069 rise\u202c", "Fees rise"),
        ("\u2067a\u2068b\u2069", "a\u2068b\u2069"),
        ("\u2069\u2067a\u2069\u2069", "\u2067a\u2069"),
        ("Rise \u2066", "Rise"),
    ],
)
def test_what_turns_other_words_round_is_left_out(title: str, kept: str) -> None:
    assert parse_line(title, "title") == cut_line(title, 300) == kept


@given(WILD)
def test_whatever_comes_is_upright_and_loses_nothing_else(text: str) -> None:
    line = upright(text)
    assert closes_what_it_opens(line)
    assert upright(line) == line
    assert line.translate(dict.fromkeys(map(ord, TURNING))) == text.translate(
        dict.fromkeys(map(ord, TURNING))
    )
    if closes_what_it_opens(text):
        assert line == text


@given(LONG, st.integers(10, 300))
def test_whatever_is_cut_is_short_and_upright_and_is_cut_once(text: str, most: int) -> None:
    line = cut_line(text, most)
    assert len(line) <= most
    assert closes_what_it_opens(line)
    assert cut_line(line, most) == line
    assert is_seen(line) == bool(line)


@given(LONG)
def test_whatever_is_typed_is_taken_upright_or_refused(text: str) -> None:
    try:
        line = parse_line(text, "title", MOST_TITLE)
    except InputError:
        return
    assert closes_what_it_opens(line)
    assert is_seen(line)
    assert len(line) <= MOST_TITLE
    assert parse_line(line, "title", MOST_TITLE) == line


def test_a_long_line_is_cut_after_a_word_and_within_no_sign() -> None:
    assert cut_line("Eight ports agree, on a common queue", 20) == "Eight ports agree…"
    assert cut_line("Eight ports agree on", 20) == "Eight ports agree on"
    assert cut_line("港口" * 20, 20) == "港口" * 9 + "港…"
    assert cut_line("x" * 18 + "e\u0301e", 20) == "x" * 18 + "…"
    assert cut_line("x" * 16 + "👩\u200d👩\u200d👧 here", 20) == "x" * 16 + "…"
    assert cut_line("Ports \u2067agree on a queue\u2069 now", 20) == "Ports agree on a…"
    assert cut_line("\u200b" * 30 + "Ports", 20) == ""


@given(WILD)
def test_what_a_cut_leaves_open_is_closed_behind_it(line: str) -> None:
    whole = upright(line)
    for end in range(len(whole)):
        assert upright(whole[:end] + left_open(whole[:end])) == whole[:end] + left_open(whole[:end])
