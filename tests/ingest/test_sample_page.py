"""The newsroom's own page: every item of it, word for word, under the topics an editor would choose."""

from __future__ import annotations

from datetime import date

import pytest

from digest.core.model import DraftBriefing
from digest.ingest.formats import read
from digest.ingest.page import print_page, read_page
from digest.ingest.sources import source_key
from digest.ingest.taxonomy import default_topics
from digest.ingest.topics import TopicRules
from tests.ingest.sample import needs_sample, sample_bytes, sample_text

pytestmark = needs_sample

#: fragment of the title, its line, paragraphs, source, date
EXPECTED = (
    ("Upgrade Domestic Equipment", 10, 6, "Radio Free Asia", date(2024, 4, 12)),
    ("Gallium Export", 26, 5, "Radio France International", date(2024, 4, 12)),
    ("Social Media Reaction", 40, 4, "Voice of America", date(2024, 4, 14)),
    ("Social Work Departments", 52, 2, "Xinhua", date(2024, 2, 22)),
    ("E-commerce Platforms", 60, 3, "Xinhua", date(2024, 2, 23)),
    ("Used Car Exports", 70, 3, "Xinhua", date(2024, 2, 27)),
    ("Currency Swaps", 80, 3, "VOA", date(2024, 3, 27)),
    ("Mortgage Loans", 90, 3, "Sina", date(2024, 4, 8)),
)
#: what an editor accepts, by position: the first topic is the main one
TOPICS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("economy",), ("technology",), ("economy", "technology"), ("technology", "economy")),
    (("energy", "economy"),),
    (("society", "international"),),
    (("politics",),),
    (("economy",),),
    (("economy",),),
    (("finance",),),
    (("finance",),),
)


def drafts() -> tuple[DraftBriefing, ...]:
    return read(sample_bytes(), source="sample").drafts


def test_all_eight_items_are_found_where_they_stand() -> None:
    found = drafts()
    assert len(found) == len(EXPECTED)
    for draft, (fragment, line, paragraphs, source, day) in zip(found, EXPECTED, strict=True):
        assert fragment in draft.title
        assert (draft.line, len(draft.paragraphs)) == (line, paragraphs)
        assert (draft.source, draft.source_date) == (source, day)


def test_nothing_of_it_is_refused() -> None:
    assert read(sample_bytes(), source="sample").rejected == ()


def test_titles_and_paragraphs_are_lines_of_the_page_word_for_word() -> None:
    lines = {line.strip() for line in sample_text().split("\n")}
    for draft in drafts():
        assert {draft.title, *draft.paragraphs} <= lines


def test_no_line_of_an_item_is_lost() -> None:
    lines = [line.strip() for line in sample_text().split("\n")[9:] if line.strip()]
    kept = [text for draft in drafts() for text in (draft.title, *draft.paragraphs)]
    assert kept == [line for line in lines if not line.startswith("Source:")]


def test_printed_and_read_again_it_is_the_same() -> None:
    again = read_page(print_page(drafts()), source="again")
    assert [cut(draft) for draft in again.drafts] == [cut(draft) for draft in drafts()]


@pytest.mark.parametrize("missing", range(8))
def test_without_one_source_line_that_item_alone_is_refused(missing: int) -> None:
    lines = sample_text().split("\n")
    at = [number for number, line in enumerate(lines) if line.startswith("Source:")][missing]
    gathered = read_page("\n".join(lines[:at] + lines[at + 1 :]), source="sample")
    assert [refused.line for refused in gathered.rejected] == [EXPECTED[missing][1]]
    assert len(gathered.drafts) == 7


def test_without_its_header_it_reads_the_same() -> None:
    headless = "\n".join(sample_text().split("\n")[9:])
    assert [cut(draft) for draft in read_page(headless, source="").drafts] == [
        cut(draft) for draft in drafts()
    ]


def test_two_copies_in_a_row_are_sixteen_items() -> None:
    twice = sample_text() + "\n\n" + sample_text()
    gathered = read_page(twice, source="twice")
    assert (len(gathered.drafts), gathered.rejected) == (16, ())


def test_every_item_lands_where_an_editor_would_put_it() -> None:
    rules = TopicRules(default_topics())
    for draft, accepted in zip(drafts(), TOPICS, strict=True):
        marks = rules.assign(draft.title, draft.paragraphs)
        assert tuple(mark.slug for mark in marks) in accepted, (draft.title, marks)


def test_the_reason_for_a_topic_names_what_the_item_is_about() -> None:
    rules = TopicRules(default_topics())
    gallium, swaps = drafts()[1], drafts()[6]
    assert rules.assign(gallium.title, gallium.paragraphs)[0].reason.startswith("gallium")
    assert rules.assign(swaps.title, swaps.paragraphs)[0].reason.startswith("currency swap")


def test_the_abbreviated_source_is_the_same_source() -> None:
    named = [draft.source for draft in drafts()]
    assert source_key(named[6] or "") == source_key(named[2] or "")


def cut(draft: DraftBriefing) -> tuple[object, ...]:
    return draft.title, draft.paragraphs, draft.source, draft.source_date
