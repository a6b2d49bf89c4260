"""Which items tell of the same event: a labelled set in two halves, and what weighs more than words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.likeness import SIGNS_SHARED, WINDOW_DAYS, Traits, likeness, signs_of, traits_of
from digest.ingest.page import read_page
from tests.core.tellings import HALVES, pairs, score, tellings
from tests.ingest.sample import needs_sample, sample_text

DAY = date(2026, 11, 24)


def item(title: str, *paragraphs: str, day: date = DAY, language: str = "en") -> Traits:
    return traits_of(title, paragraphs, day, language)


# --- the labelled set ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", HALVES)
def test_the_rule_knows_the_pairs_of_each_half(half: str) -> None:
    judged = score(pairs(half))
    assert judged.f1 >= 0.9, judged


def test_there_are_enough_pairs_of_both_sorts() -> None:
    labelled = [pair for half in HALVES for pair in pairs(half)]
    assert len(labelled) >= 100
    assert sum(pair.is_same for pair in labelled) >= 30


@pytest.mark.parametrize("half", HALVES)
def test_nothing_is_joined_across_families(half: str) -> None:
    strangers = [pair for pair in pairs(half, strangers=True) if pair.one.family != pair.other.family]
    assert [pair for pair in strangers if pair.compared().is_same] == []


def test_items_of_one_event_are_found_by_their_signs() -> None:
    missed = []
    for pair in (pair for half in HALVES for pair in pairs(half) if pair.is_same):
        signs = [signs_of(item(one.title, one.text, day=one.day)) for one in (pair.one, pair.other)]
        if len(signs[0] & signs[1]) < SIGNS_SHARED:
            missed.append((pair.one.title, pair.other.title))
    assert missed == []


@needs_sample
def test_no_two_items_of_the_real_page_are_one_story() -> None:
    drafts = read_page(sample_text(), source="sample").drafts
    traits = [traits_of(one.title, one.paragraphs, DAY, one.language, one.source) for one in drafts]
    joined = [
        (drafts[a].title, drafts[b].title)
        for a in range(len(traits))
        for b in range(a)
        if likeness(traits[a], traits[b]).is_same
    ]
    assert (len(drafts), joined) == (8, [])


# --- what weighs --------------------------------------------------------------------------------------------


TOLD = (
    "Northgate Steel to close its Varna mill",
    "Northgate Steel will close its mill in Varna by June, it said, and 850 people lose their jobs.",
)


def test_an_item_is_like_itself() -> None:
    assert likeness(item(*TOLD), item(*TOLD)).score == 1


@pytest.mark.parametrize(
    "told",
    [
        ("Ports", "Words."),
        ("Test", "Test."),
        # the same newspaper prints it twice
        ("Ferry waits", "The ferry waits."),
        ("停运", "渡轮停运。"),
    ],
)
def test_an_item_in_the_same_words_is_fully_alike_however_little_it_says(told: tuple[str, str]) -> None:
    title, text = told
    one, other = (traits_of(title, [text], DAY + timedelta(days=days), "en", "The Post") for days in (0, 1))
    found = likeness(one, other)
    assert (found.score, found.against) == (1, ())
    assert len(signs_of(one) & signs_of(other)) >= SIGNS_SHARED, "it is found, too"


def test_little_that_is_not_the_same_to_the_last_sign_is_still_too_little_to_judge_by() -> None:
    found = likeness(item("Ports", "Words."), item("Ports", "Words"))
    assert (found.score, found.against) == (0, ("little is said",))
    days_apart = item("Ports", "Words.", day=DAY + timedelta(days=WINDOW_DAYS + 1))
    assert likeness(item("Ports", "Words."), days_apart).against == ("days apart",)


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ("850", "320", "other figures"),
        ("close", "open", "the other way round"),
    ],
)
def test_one_word_can_make_it_another_event(was: str, becomes: str, why: str) -> None:
    other = [text.replace(was, becomes) for text in TOLD]
    found = likeness(item(*TOLD), item(*other))
    assert why in found.against
    assert found.score < likeness(item(*TOLD), item(*TOLD)).score


def test_another_name_makes_it_another_event() -> None:
    other = [text.replace("Northgate Steel", "Kell Brothers").replace("Varna", "Split") for text in TOLD]
    found = likeness(item(*TOLD), item(*other))
    assert "other names" in found.against
    assert not found.is_same


def test_words_alone_hold_nothing_together() -> None:
    words = "the ferry was late again since fog lay over the harbour and no pilot would leave the quay"
    assert not likeness(item("A ferry is late", words), item("Fog holds a ferry up", words)).is_same


@pytest.mark.parametrize("kind", ["day", "language"])
def test_items_far_apart_are_never_compared(kind: str) -> None:
    other = item(*TOLD, day=DAY + timedelta(WINDOW_DAYS + 1)) if kind == "day" else item(*TOLD, language="de")
    assert likeness(item(*TOLD), other).score == 0


def test_figures_agree_however_they_are_written() -> None:
    one = item("Sale", "It was sold for $1.2bn, 25% more than the 3,412 tonnes of December 1.")
    other = item("Sale", "It fetched 1.18 billion dollars: 25 per cent over the 3,400 tonnes of 1 December.")
    assert set(likeness(one, other).shared) == {"1,200,000,000", "25%", "3,412", "12/1"}


def test_chinese_figures_agree_with_each_other() -> None:
    one = item("公告", "净利润12.5亿元，增长百分之二十五，12月1日生效。", language="zh-Hans")
    other = item("公告", "净利润1250000000元，12月1日起。", language="zh-Hant")
    assert set(likeness(one, other).shared) == {"1,250,000,000", "12/1"}


@pytest.mark.parametrize("title", ["", "…", "！", "7", "2026"])
def test_items_that_say_next_to_nothing_are_not_joined(title: str) -> None:
    assert not likeness(item(title), item(title)).is_same


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_can_be_compared_either_way_round(one: str, other: str) -> None:
    there, back = likeness(item(one, other), item(other)), likeness(item(other), item(one, other))
    assert there.score == pytest.approx(back.score)
    assert 0 <= there.score <= 1
    assert len(signs_of(item(one, other))) <= 40


def test_the_set_is_read_whole() -> None:
    read = [one for half in HALVES for one in tellings(half)]
    assert len({one.source for one in read}) > 20
    assert {one.language for one in read} == {"en", "zh-Hans"}


def test_signs_are_those_that_stores_have_kept_of_other_items() -> None:
    assert signs_of(item("Gallium exports stop", "In Varna 870 people wait.")) == {
        -8642861606350300385,
        2276231386414177954,
        8835730056367526838,
    }
