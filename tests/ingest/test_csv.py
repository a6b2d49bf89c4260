"""Tables become items, line by line: with our headings, or with a mapping from others."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.csvtable import looks_like_table, read_csv
from digest.ingest.formats import read
from digest.ingest.headings import HEADINGS, ForeignTable, HeadingsError, guessed_keys, told_apart
from subscribers.model import Section

TABLE = """Title,Body,Source,Source Date,Topics,URL
Ports agree,"Eight ports
will share.

They begin in May.",Harbour Post,2026-11-23,"shipping; economy",https://example.org/ports
Night trains,"Said ""soon"".",,,,
"""


def test_a_table_becomes_items() -> None:
    first, second = read(TABLE.encode(), source="desk.txt").drafts
    assert (first.title, first.paragraphs) == (
        "Ports agree",
        ("Eight ports\nwill share.", "They begin in May."),
    )
    assert (first.source, first.source_date) == ("Harbour Post", date(2026, 11, 23))
    assert (first.topics, first.url, first.line) == (
        ("shipping", "economy"),
        "https://example.org/ports",
        2,
    )
    assert (second.paragraphs, second.source, second.line) == (('Said "soon".',), None, 6)


@pytest.mark.parametrize("between", [";", "\t"])
def test_other_signs_between_cells_are_understood(between: str) -> None:
    text = f"title{between}body\nNight trains{between}They return.\n"
    (draft,) = read(text.encode(), source="x").drafts
    assert (draft.title, draft.paragraphs) == ("Night trains", ("They return.",))


def test_headings_of_others_are_mapped_or_left_out() -> None:
    text = "Überschrift;Text;Kürzel\nNight trains;They return.;ab\n"
    found = read_csv(text, source="x", columns={"überschrift": "title", "Text": "body", "Kürzel": ""})
    assert [(one.title, one.paragraphs) for one in found.drafts] == [("Night trains", ("They return.",))]


@pytest.mark.parametrize(
    ("header", "columns", "complaint"),
    [
        ("title,body,mood", {}, "the column 'mood' is not known: say which of body, language"),
        ("title,body,text", {"text": "body"}, "two columns hold body"),
        ("title,body", {"Headline": "title"}, "has no column 'Headline': it has title, body"),
        ("title,body", {"title": "headline"}, "the column 'title' is not known"),
    ],
)
def test_headings_that_make_a_table_useless_are_named(
    header: str, columns: dict[str, str], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        read_csv(f"{header}\na,b,c\n", source="x.csv", columns=columns)


def test_columns_are_for_tables() -> None:
    with pytest.raises(InputError, match="columns are for tables: x is to be read as json"):
        read(b"[]", source="x", format="json", columns={"a": "title"})


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (",They return.", "title is missing"),
        ("Night trains,", "either body or paragraphs"),
        ("Night trains,They return.,2026-11-23", "source_date stands without source"),
        ("Night trains,They return.,,more", "cell 'more' stands under no column"),
        ('Night trains,"They', "cannot be read|unexpected end|as CSV"),
    ],
)
def test_a_wrong_line_is_refused_and_the_rest_is_taken(line: str, complaint: str) -> None:
    found = read_csv(f"title,body,source_date\n{line}\n", source="x.csv")
    (refusal,) = found.rejected
    assert (found.drafts, refusal.line) == ((), 2)
    assert re.search(complaint, refusal.reason), refusal.reason


def test_section_and_topics_hold_where_a_line_says_nothing() -> None:
    found = read_csv(
        "title,body,section,topics\nA,b,,\nC,d,report,energy\n",
        source="x",
        section=Section.HOT_TOPIC,
        topics=("economy",),
    )
    assert [(one.section, one.topics) for one in found.drafts] == [
        (Section.HOT_TOPIC, ("economy",)),
        (Section.REPORT, ("energy",)),
    ]


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("a page", "Night Trains, Body and Title\n\nThey return.\n", False),
        ("a title alone", "Title\n\nThey return.\n", False),
        ("a table", '\n"Title";"Text";"Source"\n', True),
        ("a long line", "title,body," + "x" * 2000, False),
    ],
)
def test_tables_are_recognised_by_their_headings(name: str, text: str, is_one: bool) -> None:
    assert looks_like_table(text) is is_one, name


def test_a_name_decides_where_the_first_line_says_nothing() -> None:
    with pytest.raises(InputError, match="'Headline' is not known"):
        read(b"Headline,Text\nA,b\n", source="desk.csv")
    assert read(b"", source="desk.csv").drafts == ()


_CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.lists(st.lists(_CELL, max_size=10), max_size=8))
def test_each_line_is_taken_or_refused(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADINGS, *rows])
    found = read(out.getvalue().encode(), source="x", format="csv")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(found.drafts) + len(found.rejected) == len(filled)


@given(st.text(st.sampled_from('title,body;\t"\n\r ab\ufeff'), max_size=200))
def test_whatever_a_table_is_made_of_it_is_read_or_refused_in_words(text: str) -> None:
    with suppress(InputError):
        found = read(text.encode(), source="x", format="csv")
        assert all(one.title and one.paragraphs for one in found.drafts)


def test_headings_that_say_nothing_are_handed_on_with_the_first_cells() -> None:
    with pytest.raises(HeadingsError) as caught:
        read_csv("Text,text,,\nA  b,,c,\n,d\n", source="x.csv")
    assert caught.value.table == ForeignTable(
        ("Text", "text (2)", "", "(2)"), samples=(("A b",), ("d",), ("c",), ())
    )


def test_columns_without_a_heading_are_left_out_unless_somebody_names_them() -> None:
    text = "title,body,,\nNight trains,They return.,x,energy\n"
    assert [one.topics for one in read_csv(text, source="x").drafts] == [()]
    assert [one.topics for one in read_csv(text, source="x", columns={"(2)": "topics"}).drafts] == [
        ("energy",)
    ]


@pytest.mark.parametrize(
    ("headings", "apart"),
    [
        (("A", "a", "B"), ("A", "a (2)", "B")),
        (("A", "A", "A (2)"), ("A", "A (2)", "A (2) (2)")),
        (("A (2)", "A", "A"), ("A (2)", "A", "A (3)")),
    ],
    ids=["twice", "second first", "second last"],
)
def test_no_two_headings_are_alike(headings: tuple[str, ...], apart: tuple[str, ...]) -> None:
    assert told_apart(headings) == apart


def test_columns_of_the_same_name_are_mapped_apart() -> None:
    columns = {"Text": "title", "Text (2)": "body"}
    (draft,) = read_csv("Text,Text\nNight trains,They return.\n", source="x", columns=columns).drafts
    assert (draft.title, draft.paragraphs) == ("Night trains", ("They return.",))


@pytest.mark.parametrize(
    ("headings", "keys"),
    [
        (("Headline", "Text", "Date"), ["title", "body", "source_date"]),
        (("Title", "Headline", "BODY"), ["title", "", "body"]),
        (("标题", "正文", "العنوان", "الرابط"), ["title", "body", "", "url"]),
        (("mood", ""), ["", ""]),
    ],
    ids=["others", "twice", "languages", "nothing"],
)
def test_what_columns_mean_is_guessed_from_their_headings(headings: tuple[str, ...], keys: list[str]) -> None:
    assert guessed_keys(headings) == keys
