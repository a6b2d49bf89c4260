"""The line `Source: NAME, Month D, YYYY` in the ways people type it."""

from __future__ import annotations

from datetime import date

import pytest

from digest.ingest.sourceline import SourceLine, SourceLineError, is_source_line, parse_source_line


@pytest.mark.parametrize(
    "line",
    [
        "Source: Bay News, April 8, 2024",
        "source: Bay News, april 8, 2024",
        "Sources: Bay News, Apr 8, 2024",
        "Source : Bay News , Apr. 08 , 2024.",
        "Source:\u00a0Bay News,\u00a0April\u00a08,\u00a02024\u00a0",
        "Source：Bay News，April 8，2024",
        "SOURCE:Bay News,APRIL 8th,2024",
    ],
)
def test_small_differences_of_typing_do_not_matter(line: str) -> None:
    assert is_source_line(line)
    assert parse_source_line(line) == SourceLine("Bay News", date(2024, 4, 8))


@pytest.mark.parametrize(
    "name",
    [
        "Bay News, Evening Edition",
        "Bay, Harbor, and River, Inc.",
        "新华社，北京",
        "May 3, 2024, Daily",
        "A  B",
    ],
)
def test_a_name_is_kept_as_printed_with_its_commas(name: str) -> None:
    assert parse_source_line(f"Source: {name}, Sept. 8, 2024").name == name


@pytest.mark.parametrize("number", range(1, 13))
def test_every_month_is_known_in_full_and_by_three_letters(number: int) -> None:
    name = f"{date(2024, number, 1):%B}"
    for month in (name, name[:3], f"{name[:3]}."):
        assert parse_source_line(f"Source: X, {month} 1, 2024").day == date(2024, number, 1)


@pytest.mark.parametrize(
    "line", ["Sources say so", "Source code: open", "The source: unknown", "Resource: X"]
)
def test_a_line_that_only_resembles_one_is_none(line: str) -> None:
    assert not is_source_line(line)


@pytest.mark.parametrize(
    "line", ["Source: X", "Source: X, Ma 1, 2024", "Source: X, April 31, 2024", "Source: X, 2024"]
)
def test_a_line_without_a_real_date_is_refused(line: str) -> None:
    with pytest.raises(SourceLineError, match="source line"):
        parse_source_line(line)
