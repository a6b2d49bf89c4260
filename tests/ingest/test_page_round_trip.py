"""What is printed as a page reads back as the same items, whatever the items look like."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.model import DraftBriefing
from digest.errors import InputError
from digest.ingest.page import print_page, read_page
from digest.ingest.sourceline import SourceLine, parse_source_line

#: What could be mistaken for something else on a page.
TRICKY = st.sampled_from(
    [
        "Latest Reports Show a Rise",
        "What This Means for Trade",
        "Ships Sail Again From the North",
        "Ships sail again.",
        "Ships sail again",
        "Will Ships Sail Again This Year?",
        "Sources say no",
        "* * *",
        "一行中文",
        "一行中文。",
        "“Quoted,” she said",
    ]
)
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
LINES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
PARAGRAPHS = st.one_of(TRICKY, LINES, st.lists(LINES, min_size=2, max_size=3).map("\n".join))
DRAFTS = st.builds(
    DraftBriefing,
    title=st.one_of(TRICKY, LINES),
    paragraphs=st.lists(PARAGRAPHS, min_size=1, max_size=5).map(tuple),
    source=st.one_of(st.sampled_from(["VOA", "Bay News, Evening Edition", "新华社"]), LINES),
    source_date=st.dates(),
)


def core(draft: DraftBriefing) -> tuple[object, ...]:
    return draft.title, draft.paragraphs, draft.source, draft.source_date


def printable(draft: DraftBriefing) -> bool:
    """True for what can stand on a page at all: no line but the last begins as a source line does."""
    try:
        print_page([draft])
    except InputError:
        return False
    return True


@given(st.lists(DRAFTS.filter(printable), max_size=6))
def test_items_printed_as_a_page_read_back_the_same(drafts: list[DraftBriefing]) -> None:
    gathered = read_page(print_page(drafts), source="")
    assert [core(draft) for draft in gathered.drafts] == [core(draft) for draft in drafts]
    assert gathered.rejected == ()


@given(st.lists(DRAFTS, max_size=4).map(lambda drafts: "\n\n".join(core_text(draft) for draft in drafts)))
def test_what_was_read_from_a_page_can_be_printed_and_is_the_same(text: str) -> None:
    drafts = read_page(text, source="").drafts
    assert [core(draft) for draft in read_page(print_page(drafts), source="").drafts] == [
        core(draft) for draft in drafts
    ]


@given(st.text())
def test_any_text_whatever_reads_without_failing_and_prints_back(text: str) -> None:
    drafts = read_page(text, source="").drafts
    assert [core(draft) for draft in read_page(print_page(drafts), source="").drafts] == [
        core(draft) for draft in drafts
    ]


@given(TRICKY.filter(lambda title: any(map(str.isalnum, title))), st.lists(TRICKY, min_size=1, max_size=6))
def test_paragraphs_that_look_like_titles_can_always_be_printed(title: str, paragraphs: list[str]) -> None:
    draft = DraftBriefing(title, tuple(paragraphs), source="VOA", source_date=date(2024, 5, 3))
    (again,) = read_page(print_page([draft]), source="").drafts
    assert core(again) == core(draft)


@given(DRAFTS.filter(printable))
def test_title_and_paragraphs_stand_on_the_page_verbatim(draft: DraftBriefing) -> None:
    text = print_page([draft])
    assert all(part in text for part in (draft.title, *draft.paragraphs))


@given(st.sampled_from(["VOA", "A, B, C", "May 3, 2024", "新华社，北京"]), st.dates())
def test_a_source_line_printed_reads_back(name: str, day: date) -> None:
    assert parse_source_line(str(SourceLine(name, day))) == SourceLine(name, day)


GOOD = DraftBriefing("Harbor Opens", ("Ships came.",), source="Bay News", source_date=date(2024, 5, 3))


@pytest.mark.parametrize(
    "draft",
    [
        replace(GOOD, source=None, source_date=None),
        replace(GOOD, paragraphs=()),
        replace(GOOD, title="Two\nLines"),
        replace(GOOD, title=" Harbor Opens"),
        replace(GOOD, title="Latest Reports"),
        replace(GOOD, title="***"),
        replace(GOOD, paragraphs=("One.\n\nTwo.",)),
        replace(GOOD, paragraphs=("Source: Bay News, May 3, 2024",)),
    ],
)
def test_what_a_page_cannot_hold_is_refused_by_title(draft: DraftBriefing) -> None:
    with pytest.raises(InputError, match="cannot be printed as a page"):
        print_page([GOOD, draft])


def core_text(draft: DraftBriefing) -> str:
    assert draft.source is not None
    assert draft.source_date is not None
    blocks = [draft.title, *draft.paragraphs, str(SourceLine(draft.source, draft.source_date))]
    return "\n\n".join(blocks)
