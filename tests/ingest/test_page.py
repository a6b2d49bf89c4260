"""The grammar of a page: what is a title, what is navigation, and what is refused with which reason."""

from __future__ import annotations

import time
from datetime import date

import pytest

from digest.core.model import DraftBriefing
from digest.ingest.gathered import Gathered
from digest.ingest.page import read_page
from subscribers.model import Section

FIRST = "Harbor Opens Again After the Storm\n\nShips came in at noon.\n\nSource: Bay News, May 3, 2024\n"
SECOND = "Ferry Fares Rise in the North\n\nA ticket costs more now.\n\nSource: Bay News, May 4, 2024\n"


def page(text: str) -> Gathered:
    return read_page(text, source="page.txt")


def titles(text: str) -> list[str]:
    return [draft.title for draft in page(text).drafts]


def only(text: str) -> DraftBriefing:
    gathered = page(text)
    assert gathered.rejected == ()
    (draft,) = gathered.drafts
    return draft


def refusal(text: str) -> tuple[int, str]:
    (rejected,) = page(text).rejected
    assert rejected.source == "page.txt"
    return rejected.line, rejected.reason


# --- items --------------------------------------------------------------------------------------------------


def test_an_item_is_title_paragraphs_source_and_date() -> None:
    assert only(FIRST) == DraftBriefing(
        title="Harbor Opens Again After the Storm",
        paragraphs=("Ships came in at noon.",),
        source="Bay News",
        source_date=date(2024, 5, 3),
        line=1,
    )


def test_items_keep_the_order_of_the_page_whatever_their_dates() -> None:
    days = [draft.source_date for draft in page(SECOND + "\n" + FIRST).drafts]
    assert days == [date(2024, 5, 4), date(2024, 5, 3)]


def test_section_and_topics_hold_for_every_item() -> None:
    gathered = read_page(FIRST + "\n" + SECOND, source="", section=Section.REPORT, topics=("energy",))
    assert {(draft.section, draft.topics) for draft in gathered.drafts} == {(Section.REPORT, ("energy",))}


def test_text_is_kept_as_it_stands() -> None:
    title, paragraph = "“Old” Harbor — reopened…", "He said:  ‘it’s\u00a0open’ (“开放”)  —\tat last."
    draft = only(f"{title}\n\n{paragraph}\n\nSource: Bay News, May 3, 2024")
    assert (draft.title, draft.paragraphs) == (title, (paragraph,))


def test_a_paragraph_of_several_lines_keeps_its_line_ends() -> None:
    text = FIRST.replace("Ships came in at noon.", "Ships came in\nat noon.")
    assert only(text).paragraphs == ("Ships came in\nat noon.",)


def test_a_title_of_several_lines_becomes_one() -> None:
    assert only(FIRST.replace("Again After", "Again \n  After")).title == "Harbor Opens Again After the Storm"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_kind_of_line_end_gives_the_same(end: str) -> None:
    assert page((FIRST + "\n" + SECOND).replace("\n", end)) == page(FIRST + "\n" + SECOND)


def test_blank_lines_may_hold_white_space_nobody_sees() -> None:
    assert page((FIRST + "\n" + SECOND).replace("\n\n", "\n\u00a0\u200b \t\n")) == page(FIRST + "\n" + SECOND)


def test_a_byte_order_mark_is_no_part_of_the_title() -> None:
    assert titles("\ufeff" + FIRST) == titles(FIRST)


def test_the_last_line_may_lack_its_end() -> None:
    assert page(FIRST.rstrip("\n")) == page(FIRST)


def test_a_source_line_needs_no_blank_line_around_it() -> None:
    text = (FIRST + SECOND).replace("\n\nSource", "\nSource")
    assert len(page(text).drafts) == 2


@pytest.mark.parametrize(
    "text", ["", "\n\n", "\ufeff\n \u00a0\n", "Skip to content\n\nLatest Briefings\n", "---\n"]
)
def test_a_page_without_items_gives_nothing_and_refuses_nothing(text: str) -> None:
    assert page(text) == Gathered()


def test_long_paragraphs_are_no_titles_and_long_titles_no_paragraphs() -> None:
    title, paragraph = "A Very " + "Long " * 60 + "Title", "Short one."
    draft = only(f"{title}\n\n{paragraph}\n\nSource: Bay News, May 3, 2024")
    assert (draft.title, draft.paragraphs) == (title, (paragraph,))


# --- what stands above the first item -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "Latest Briefings Latest\u00a0Hot Topics\n\n",
        "Skip to content\n\n\n\nLatest Briefings Latest Hot Topics\nLatest Analyses Latest Reports\n\n",
        "Skip to content\n\nThe Harbor Herald\n\nBriefings\n\n",
        "The Harbor Herald\n\nHome\nAbout\nContact\n\n",
        "Home | About | Contact\n\nSearch\n\nMonday Edition\n\n-----\n\n",
        "=====\n\n",
        "首页\n\n关于\n\n",
    ],
    ids=lambda header: repr(header)[:40],
)
def test_navigation_before_the_first_title_is_left_out(header: str) -> None:
    assert titles(header + FIRST + "\n" + SECOND) == titles(FIRST + "\n" + SECOND)


def test_a_title_that_asks_is_found_below_navigation() -> None:
    text = "The Harbor Herald\n\n" + FIRST.replace("After the Storm", "After the Storm?")
    assert titles(text) == ["Harbor Opens Again After the Storm?"]


def test_a_title_may_be_the_first_line_of_the_page() -> None:
    assert only(FIRST).line == 1


def test_subtitles_all_over_the_page_leave_the_first_title_in_its_place() -> None:
    subtitled = (FIRST + "\n" + SECOND).replace("\n\nShips", "\n\nOn the coast\n\nShips")
    subtitled = subtitled.replace("\n\nA ticket", "\n\nOn the river\n\nA ticket")
    assert titles(subtitled) == titles(FIRST + "\n" + SECOND)


def test_without_any_sentence_the_first_block_is_the_title() -> None:
    draft = only("harbor open\n\nships back\n\nSource: Bay News, May 3, 2024")
    assert (draft.title, draft.paragraphs) == ("harbor open", ("ships back",))


def test_a_title_may_hold_a_word_for_a_section() -> None:
    assert titles(FIRST.replace("Harbor Opens", "Analysis of Reports")) == [
        "Analysis of Reports Again After the Storm"
    ]


# --- paragraphs that look like titles, titles whose source is missing ---------------------------------------


def test_a_short_line_between_paragraphs_stays_a_paragraph() -> None:
    text = FIRST.replace("noon.\n", "noon.\n\nWhat comes next\n\nMore ships.\n")
    assert only(text).paragraphs == ("Ships came in at noon.", "What comes next", "More ships.")


def test_an_indented_block_is_a_paragraph_whatever_it_looks_like() -> None:
    text = FIRST.replace("noon.\n", "noon.\n\n    All Ships Now Sail Again\n\nMore ships.\n")
    assert only(text).paragraphs[1] == "All Ships Now Sail Again"


def test_entries_of_a_list_are_no_titles() -> None:
    listed = "noon:\n\n- Big Ships Sail First\n\n- Small Ships Sail Second\n\nThat is all.\n"
    assert len(only(FIRST.replace("noon.\n", listed)).paragraphs) == 4


def test_an_item_whose_source_is_missing_is_not_mixed_with_the_next() -> None:
    unsourced = FIRST[: FIRST.index("Source")]
    gathered = page(unsourced + SECOND)
    assert [draft.title for draft in gathered.drafts] == ["Ferry Fares Rise in the North"]
    assert refusal(unsourced + SECOND) == (
        1,
        "“Harbor Opens Again After the Storm” has no source line before the next title in line 5, "
        "such as “Source: Harbour Post, May 4, 2026”",
    )


# --- refusals -----------------------------------------------------------------------------------------------


def test_an_item_without_a_source_is_refused_where_it_begins() -> None:
    line, reason = refusal(FIRST + "\n" + SECOND[: SECOND.index("Source")])
    assert line == 7
    assert reason.startswith(
        "“Ferry Fares Rise in the North” has no source line before the end, such as “Source: "
    )


def test_a_footer_after_the_last_source_is_refused_as_an_item_without_one() -> None:
    gathered = page(FIRST + "\nCopyright Bay News\n\nAll rights reserved.\n")
    assert len(gathered.drafts) == 1
    assert [(one.line, "no source line" in one.reason) for one in gathered.rejected] == [(7, True)]


def test_a_source_line_without_a_title_is_refused() -> None:
    gathered = page(FIRST + "\nSource: Bay News, May 4, 2024\n\n" + SECOND)
    assert len(gathered.drafts) == 2
    assert [(one.line, one.reason) for one in gathered.rejected] == [
        (7, "no title stands before this source line")
    ]


def test_an_item_without_text_is_refused() -> None:
    line, reason = refusal("Harbor Opens Again\n\nSource: Bay News, May 3, 2024")
    assert (line, reason) == (1, "“Harbor Opens Again” has no text: part title and text by a blank line")


def test_the_reason_quotes_no_more_of_a_title_than_finds_it() -> None:
    _line, reason = refusal("Harbor " * 1000 + "\n\nSource: Bay News, May 3, 2024")
    assert len(reason) < 150


@pytest.mark.parametrize(
    ("credit", "complaint"),
    [
        ("Source: Bay News", "has no date"),
        ("Source:", "has no date"),
        ("Source: Bay News, May 2024", "has no date"),
        ("Source: Bay News, May 3, 24", "has no date"),
        ("Source: Bay News, February 30, 2024", "February 30, 2024 of the source line does not exist"),
        ("Source: Bay News, May 0, 2024", "does not exist"),
        ("Source: Bay News, Mai 3, 2024", "'Mai'"),
        ("Source: May 3, 2024", "names no source"),
        ("Source: , May 3, 2024", "names no source"),
    ],
)
def test_a_source_line_that_cannot_be_read_is_refused_with_its_line(credit: str, complaint: str) -> None:
    gathered = page(FIRST.replace("Source: Bay News, May 3, 2024", credit) + "\n" + SECOND)
    assert len(gathered.drafts) == 1
    (rejected,) = gathered.rejected
    assert rejected.line == 5
    assert complaint in rejected.reason
    assert "line 1" in rejected.reason


# --- how much -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece",
    ["\n", "a\n", ".”", "Latest Briefings ", "Aa Bbbb Cccc Dddd\n\n", "Source: a, b, ", FIRST + "\n"],
    ids=repr,
)
def test_the_time_grows_with_the_length_of_the_page_and_no_faster(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.process_time()
        page(text)
        return time.process_time() - began

    small = min(seconds(50_000) for _try in range(3))
    # eight times the text; quadratic work would take sixty-four times as long
    assert min(seconds(400_000) for _try in range(2)) < 24 * small + 0.05
