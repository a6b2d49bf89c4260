"""What an item is compared by: names, figures and words that are taken from its text, and what they weigh."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from digest.core.figures import Figure, Kind
from digest.core.likeness import WINDOW_DAYS, Likeness, Traits, likeness, traits_of

DAY = date(2026, 11, 24)
NAME, WORD, COMMON = 3.0, 1.0, 0.3


def traits(title: str, *paragraphs: str, **more: Any) -> Traits:
    return traits_of(title, paragraphs, more.get("day", DAY), more.get("language", "en"), more.get("source"))


def amount(number: int, digits: int) -> Figure:
    return Figure(Kind.AMOUNT, Decimal(number), digits)


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # within a sentence a capital makes a name
        ("the mill in Varna closes", {"varna"}),
        # at its beginning only beside another one, or as an owner
        ("Ferries wait in port", set()),
        ("Northgate Steel waits", {"northgat", "steel"}),
        ("Northgate Steel", {"northgat", "steel"}),
        ("Varna's mill waits", {"varna"}),
        ("Varna’s mill waits", {"varna"}),
        # a sentence ends at its signs, at quotation marks, and with its line
        ("it waits. Ferries go", set()),
        ('it said "Ferries go"', set()),
        ("it waits: Ferries go", set()),
        ("it waits\nFerries go", set()),
        # the last word of a sentence has none behind it
        ("Ferries", set()),
        # words of every other item are no names, however they are written
        ("the Minister and the Court wait in Varna", {"varna"}),
        ("they met The Monday after", set()),
    ],
)
def test_names_are_words_with_a_capital_where_no_sentence_begins(text: str, names: set[str]) -> None:
    assert set(traits("", text).names) == names


def test_names_are_told_as_they_are_written() -> None:
    assert traits("", "the mill in Varna, VARNA's own, and İzmir").names == {
        "varna": "Varna",
        "izmir": "İzmir",
    }


def test_paragraphs_do_not_run_into_each_other() -> None:
    assert set(traits("", "the mill in Varna", "Ferries wait").names) == {"varna"}


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Mill closes after storm in Varna", {"varna"}),
        # half of the long words at most
        ("Mill closes Northgate after Varna", {"northgat", "varna"}),
        ("Mill Closes Northgate after Varna", set()),
        # short words do not count
        ("Mill of The Old Sea closes after storm in Varna", {"sea", "varna"}),
        ("Mill Closes After Storm In Varna", set()),
        # nor does the first one
        ("Northgate closes Varna", {"varna"}),
        # letters within a word say nothing
        ("They see mILLS oPENS in Varna", {"varna"}),
        # the second one does, and so does one of four letters
        ("Mill Closes Varna after", set()),
        ("Mill Kell Opal waits", set()),
    ],
)
def test_a_title_with_capitals_all_along_names_nobody(title: str, names: set[str]) -> None:
    assert set(traits(title).names) == names


# --- words and what they weigh ------------------------------------------------------------------------------


def test_names_weigh_most_and_words_of_every_other_item_least() -> None:
    assert traits("", "a ferry of Varna waits for the minister's report").words == {
        "ferr": WORD,
        "varna": NAME,
        "wait": WORD,
        "minister": COMMON,
        "report": COMMON,
    }


def test_figures_are_no_words_and_part_those_beside_them() -> None:
    found = traits("", "a ferry870ship holds 1.2 million pilots")
    assert found.words == {"ferr": WORD, "ship": WORD, "hold": COMMON, "pilot": WORD}
    assert found.figures == {amount(870, 2), Figure(Kind.AMOUNT, Decimal(1_200_000), 2)}


def test_of_its_days_the_text_gives_dates_and_the_title_weekdays_as_well() -> None:
    found = traits("Ferry waits on Tuesday", "On Monday, 3 March, it waited.")
    day, weekday = Figure(Kind.DAY, Decimal(303), 4), Figure(Kind.WEEKDAY, Decimal(2), 1)
    assert found.title_figures == {weekday}
    assert found.figures == {weekday, day}


def test_who_tells_it_is_known_however_it_is_written() -> None:
    assert traits("", source=" The Harbour’s Post ").source == "the harbour's post"
    assert traits("").source == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # pairs of characters between the words of every item
        ("瓦尔纳", {"瓦尔": WORD, "尔纳": WORD}),
        ("港", {"港": WORD}),
        # words of every item count a little, those of one character not at all, and both part the rest
        ("瓦尔公司渡轮", {"瓦尔": WORD, "公司": COMMON, "渡轮": WORD}),
        ("瓦尔的渡轮", {"瓦尔": WORD, "渡轮": WORD}),
        ("人民币", {"人民币": COMMON}),
        # Latin letters beside them are words by themselves
        ("kell渡轮northgate", {"kell": WORD, "渡轮": WORD, "northgat": WORD}),
        ("渡轮kell港口", {"渡轮": WORD, "kell": WORD, "港口": WORD}),
    ],
)
def test_chinese_counts_by_pairs_of_characters(text: str, words: dict[str, float]) -> None:
    assert traits("", text, language="zh-Hans").words == words


@pytest.mark.parametrize(
    ("title", "turns"),
    [
        ("Exports rise as the mill opens", {"up", "begun"}),
        ("出口下降", {"down"}),
        ("Export下降", {"down"}),
        ("Ferry waits", set()),
    ],
)
def test_which_way_things_go_is_read_from_the_title(title: str, turns: set[str]) -> None:
    assert traits(title, "It fell.").turns == turns


# --- what two items have in common --------------------------------------------------------------------------

TOLD = "the mill of Northgate in Varna closes"


def test_nothing_is_compared_across_languages_and_days() -> None:
    here, later = traits("", TOLD), traits("", TOLD, day=date(2026, 11, 24 + WINDOW_DAYS))
    assert likeness(here, later).score > 0
    too_late = traits("", TOLD, day=date(2026, 11, 25 + WINDOW_DAYS))
    assert likeness(here, too_late) == Likeness(0.0, (), ("days apart",))
    assert likeness(here, traits("", TOLD, language="de")) == Likeness(0.0, (), ("other language",))


@pytest.mark.parametrize(
    ("text", "language", "is_enough"),
    [
        # two names, even by themselves; one name weighs too little, whatever words go with it
        ("in Varna and Split", "en", True),
        ("a mill in Varna and Split", "en", True),
        ("a mill in Varna and a ferry at the quay of the harbour waits for fog", "en", False),
        # a name and a figure
        ("a mill in Varna for 870", "en", True),
        # one figure alone holds nothing together, but where names cannot be told from words
        ("a ferry at the quay of the harbour waits for 870", "en", False),
        ("渡轮在港口等待雾散870", "zh", True),
        ("渡轮在港口等待雾散", "zh", False),
    ],
)
def test_two_names_or_figures_hold_items_together(text: str, language: str, is_enough: bool) -> None:
    found = likeness(traits("", text, language=language), traits("", text, language=language))
    assert (found.score > 0) is is_enough
    if not is_enough:
        assert found == Likeness(0.0, (), ("little is said",))


def test_what_they_share_is_told_once_as_it_is_written() -> None:
    one = traits("", "Northgate sold 870 tonnes in Varna, and 870 more")
    other = traits("", "it was Northgate that sold 870 tonnes to Split")
    assert likeness(one, traits("", "they say that in Varna 870 were sold by Kell")).shared == (
        "Varna",
        "870",
    )
    assert "Split" not in likeness(one, other).shared


def test_no_score_is_beyond_one_or_below_nothing() -> None:
    """Every figure of the one agrees with several of the other."""
    one = traits("Northgate sells 12.5% in Varna", "12.5% and 12.50 percent, 1.2 million and 1.18 million")
    other = traits("Northgate sells 12.5% in Varna", "1.2 million, 1.21 million, 1.19 million, 1,200,000")
    assert likeness(one, other).score == 1.0
    far = traits("Kell buys 90% of Split", "9 million, 9.9 million", source="x")
    assert 0.0 <= likeness(one, far).score < 0.2


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        # of one kind in both titles, and each unknown to the other item
        (("Mill sells 870",), ("Mill sells 340",), True),
        (("Mill sells 870", "of 340"), ("Mill sells 340",), False),
        (("Mill sells 870",), ("Mill sells 340", "of 870"), False),
        (("Mill sells 870",), ("Mill sells",), False),
        # of kinds that cannot be compared
        (("Mill sells 870",), ("Mill sells 34%",), False),
        (("Mill sells on Tuesday",), ("Mill sells on Friday",), True),
    ],
)
def test_other_figures_in_titles_speak_against_it(
    one: tuple[str, ...], other: tuple[str, ...], against: bool
) -> None:
    common = "in Varna Northgate said so"
    here, there = traits(*one, common), traits(*other, common)
    assert ("other figures in the titles" in likeness(here, there).against) is against
    assert ("other figures in the titles" in likeness(there, here).against) is against


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        ("rises", "falls", True),
        ("falls", "rises", True),
        ("rises", "climbs", False),
        ("rises", "waits", False),
        ("rises", "opens", False),
    ],
)
def test_the_other_way_round_is_another_event(one: str, other: str, against: bool) -> None:
    common = "in Varna Northgate said so"
    found = likeness(traits(f"Mill {one}", common), traits(f"Mill {other}", common))
    assert ("the other way round" in found.against) is against


def test_one_source_tells_a_thing_once() -> None:
    one, again = traits("Mill", TOLD, source="Harbour Post"), f"{TOLD} again"
    assert "the same source" in likeness(one, traits("Mill", again, source="harbour post")).against
    assert "the same source" not in likeness(one, traits("Mill", again)).against
    assert "the same source" not in likeness(traits("Mill", TOLD), traits("Mill", again)).against
    # but what it prints twice, to the last sign
    assert likeness(one, traits("Mill", TOLD, source="harbour post")).score == 1


def test_names_in_one_title_that_the_other_item_does_not_know_speak_against_it() -> None:
    common = "they met Northgate and Kell at the quay"
    named = traits("Mill waits for Varna", common)
    unnamed, known = traits("Mill waits", common), traits("Mill waits", f"{common} in Varna")
    for one, other in ((named, unnamed), (unnamed, named)):
        assert "other names" in likeness(one, other).against
    assert "other names" not in likeness(named, known).against
    assert "other names" not in likeness(unnamed, unnamed).against
