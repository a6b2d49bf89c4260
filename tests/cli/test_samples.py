"""The sample briefings that come with the project: two days of an invented newsroom, as pages of text."""

from __future__ import annotations

from importlib.resources import files

from digest.core.model import DraftBriefing
from digest.ingest.page import read_page


def briefings_of(day: str) -> dict[str, DraftBriefing]:
    """The items of a sample page by title; nothing on it may be refused."""
    page = files("digest.cli").joinpath(f"samples/{day}.txt").read_text(encoding="utf-8")
    gathered = read_page(page, source=day)
    assert gathered.rejected == ()
    return {draft.title: draft for draft in gathered.drafts}


def test_first_day_has_eight_briefings_and_the_second_five() -> None:
    assert (len(briefings_of("day-one")), len(briefings_of("day-two"))) == (8, 5)


def test_every_briefing_has_a_few_paragraphs_and_a_dated_source() -> None:
    for draft in [*briefings_of("day-one").values(), *briefings_of("day-two").values()]:
        assert 3 <= len(draft.paragraphs) <= 5
        assert draft.source
        assert draft.source_date is not None


def test_second_day_corrects_one_briefing_of_the_first_and_tells_nothing_else_again() -> None:
    first, second = briefings_of("day-one"), briefings_of("day-two")
    (again,) = first.keys() & second.keys()
    assert (first[again].source, first[again].source_date) == (
        second[again].source,
        second[again].source_date,
    )
    assert first[again].paragraphs != second[again].paragraphs


def test_source_may_have_a_comma_in_its_name() -> None:
    sources = {draft.source for draft in briefings_of("day-one").values()}
    assert "Wharf, Rail and River Weekly" in sources
