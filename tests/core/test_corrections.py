"""When a changed text says something else, and what one copy holds of corrections."""

from __future__ import annotations

import pytest

from digest.core.corrections import CORRECTIONS, says_something_else
from digest.core.model import Candidate, LeftOut, Selection, Skip, TopicGroup
from digest.core.selection import Rules, Selector
from subscribers.model import Bookmark, Profile, Section

TITLE = "Harbour fees rise"
BODY = "The harbour office raises its fees by 12 percent, to 1,400 crowns a berth, from March."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BODY, BODY.replace("12 percent", "21 percent")),
        (BODY, BODY.replace("1,400", "14,00")),
        (BODY, BODY.replace("raises", "will not raise")),
        (BODY, BODY.replace("March", "April")),
        (BODY, BODY + " Fishing boats pay nothing."),
        (BODY, BODY.replace(", from March", "")),
        (BODY, BODY.replace("fees", "rents")),
        ("港口费用上涨百分之十二。", "港口费用下涨百分之十二。"),
        ("It may sail.", "It can sail."),
        # four letters are too few to tell a slip
        (BODY, BODY.replace("fees", "feas")),
        (BODY, BODY.replace("percent", "pexxxxt")),
        # a word is gone, and what is left of the place looks like the other
        (BODY, BODY.replace("harbour office", "harbor")),
    ],
)
def test_another_figure_or_word_says_something_else(before: str, after: str) -> None:
    assert says_something_else((TITLE, before), (TITLE, after))
    assert says_something_else((before, BODY), (after, BODY))


@pytest.mark.parametrize(
    "after",
    [
        BODY,
        BODY.replace("The harbour", "The  Harbour"),
        BODY.replace(", to", " — to"),
        BODY.replace("percent", "per cent").replace("per cent", "percent"),
        BODY.replace("harbour", "harbor"),
        BODY.replace("office", "offiec"),
        BODY.replace("berth", "berht"),
        BODY.replace(" 12", "\u00a012"),
    ],
)
def test_spelling_and_typesetting_say_the_same(after: str) -> None:
    assert not says_something_else((TITLE, BODY), (TITLE, after))


@pytest.mark.parametrize("between", [" ", " of the "], ids=["side-by-side", "apart"])
def test_three_slips_are_mended_and_a_fourth_makes_another_text(between: str) -> None:
    words = ["harbour", "berths", "crowns", "percent", "fishing", "ferries"]

    def spelt_anew(count: int) -> str:
        return between.join([*(word[:-1] + "z" for word in words[:count]), *words[count:]])

    assert not says_something_else((between.join(words),), (spelt_anew(3),))
    assert says_something_else((between.join(words),), (spelt_anew(4),))


def test_words_are_the_same_that_have_seven_of_ten_letters_in_common() -> None:
    assert not says_something_else(("shipowners",), ("shipownxyz",))
    assert says_something_else(("shipowners",), ("shipowwxyz",))


def test_long_texts_that_say_the_same_words_often_are_compared_like_any() -> None:
    before = "the fees of the harbour rise " * 100
    assert says_something_else((before,), (before + "again",))
    assert not says_something_else((before,), (before.replace("harbour", "harbor", 1),))
    # a script without spaces makes one word of a sentence
    sentence = "ทะเล" * 100
    assert not says_something_else((sentence,), ("ธ" + sentence[1:],))


def test_paragraphs_may_be_divided_elsewhere() -> None:
    one, two = BODY.split(", to")
    assert not says_something_else((TITLE, BODY), (TITLE, one, f"To {two}"))


def news(number: int, **changes: object) -> Candidate:
    values: dict[str, object] = {
        "number": number,
        "briefing_id": number,
        "section": Section.BRIEFING,
        "topics": ("economy",),
        "lead": False,
        "weight": 0,
        "retracted": False,
        "batch": number,
    }
    return Candidate(**{**values, **changes})  # type: ignore[arg-type]


def correction(number: int, of: int, **changes: object) -> Candidate:
    return news(number, briefing_id=of, topics=(), batch=0, corrects=of, **changes)


def select(
    *candidates: Candidate, bookmark: Bookmark, cap: int | None = None, topics: str = "economy"
) -> Selection:
    rules = Rules(frozenset(Section), cap, ("economy", "energy"))
    upto = max(candidate.number for candidate in candidates)
    return Selector(candidates, rules).regular(Profile(topics=frozenset({topics})), bookmark, upto)


def test_who_is_owed_a_correction_gets_it_below_the_news() -> None:
    found = select(news(3), correction(2, 1), bookmark=Bookmark(1, (2,)))
    assert found.groups == (TopicGroup("economy", (3,)), TopicGroup(CORRECTIONS, (2,)))
    assert found.next_bookmark == Bookmark(3)


def test_past_all_others_it_goes_with_a_reason() -> None:
    found = select(correction(2, 1), bookmark=Bookmark(1))
    assert (found.skip, found.left_out) == (Skip.NOTHING_NEW, {LeftOut.TEXT_NOT_HAD: (2,)})
    assert found.next_bookmark == Bookmark(2)


def test_the_news_and_its_correction_are_never_in_one_copy() -> None:
    found = select(news(1), correction(2, 1), bookmark=Bookmark(1, (1, 2)))
    assert (found.numbers, found.left_out) == ((1,), {LeftOut.TEXT_NOT_HAD: (2,)})


def test_of_several_corrections_the_newest_is_told() -> None:
    found = select(correction(2, 1, superseded=True), correction(3, 1), bookmark=Bookmark(1, (2, 3)))
    assert (found.numbers, found.left_out) == ((3,), {LeftOut.CORRECTED_AGAIN: (2,)})


def test_what_was_taken_back_is_not_corrected_any_more() -> None:
    found = select(correction(2, 1, retracted=True), bookmark=Bookmark(1, (2,)))
    assert found.left_out == {LeftOut.RETRACTED: (2,)}


def test_a_correction_is_told_whatever_the_reader_follows_by_now() -> None:
    assert select(correction(2, 1), bookmark=Bookmark(1, (2,)), topics="energy").numbers == (2,)


def test_a_correction_takes_nobodys_room_under_a_cap() -> None:
    found = select(news(3), news(4), correction(2, 1), bookmark=Bookmark(1, (2,)), cap=1)
    assert (found.numbers, found.deferred) == ((4, 2), (3,))


def test_what_is_owed_beyond_the_issue_stays_owed() -> None:
    rules = Rules(frozenset(Section), None, ("economy",))
    selector = Selector([news(1), news(2), correction(3, 1)], rules)
    found = selector.regular(Profile(), Bookmark(1, (3,)), 2)
    assert (found.numbers, found.next_bookmark) == ((2,), Bookmark(2, (3,)))


def test_by_hand_no_correction_is_sent() -> None:
    rules = Rules(frozenset(Section), None, ("economy",))
    selector = Selector([news(1), correction(2, 1)], rules)
    found = selector.by_hand(
        Profile(), Bookmark(0, (2,)), chosen=None, since=0, upto=2, ignore_bookmarks=False
    )
    assert (found.numbers, found.next_bookmark) == ((1,), Bookmark(0, (2,), (1,)))
