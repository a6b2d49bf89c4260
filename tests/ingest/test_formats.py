"""Bytes at the door: which format they are, how they are decoded, and what is not let in."""

from __future__ import annotations

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.formats import FORMATS, read
from digest.ingest.gathered import Gathered
from digest.ingest.plaintext import clean
from subscribers.model import Section

PAGE = "“Harbor” Opens — 开放\n\nShips came in.\n\nSource: Bay News, May 3, 2024\n"
ITEM = '{"title": "“Harbor” Opens — 开放", "body": "Ships came in."}'


def gather(data: bytes, format: str | None = None) -> Gathered:
    return read(data, source="in.txt", format=format)


@pytest.mark.parametrize("text", [PAGE, ITEM, f"[{ITEM}]", f'\n {{"items": [{ITEM}]}}', f"{ITEM}\n{ITEM}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_format_and_the_encoding_are_recognised(text: str, encoding: str) -> None:
    (draft, *_rest) = gather(text.encode(encoding)).drafts
    assert (draft.title, draft.paragraphs) == ("“Harbor” Opens — 开放", ("Ships came in.",))


def test_utf_16_is_known_by_its_mark_in_either_order() -> None:
    big = codecs.BOM_UTF16_BE + PAGE.encode("utf-16-be")
    little = codecs.BOM_UTF16_LE + PAGE.encode("utf-16-le")
    assert gather(big) == gather(little) == gather(PAGE.encode())


def test_a_page_that_begins_with_a_bracket_is_still_a_page() -> None:
    (draft,) = gather(b"[Update] Harbor Opens\n\nShips came in.\n\nSource: Bay News, May 3, 2024").drafts
    assert draft.title == "[Update] Harbor Opens"


def test_a_file_that_is_named_json_is_judged_as_json() -> None:
    found = read(f"[1, {ITEM}]".encode(), source="Items.JSON")
    assert [len(found.drafts), len(found.rejected)] == [1, 1]
    with pytest.raises(InputError, match=r"items\.jsonl is not a list of items in JSON"):
        read(b"Harbor Opens", source="items.jsonl")
    assert read(b"", source="items.json").drafts == ()


def test_a_format_that_is_named_is_taken_at_its_word() -> None:
    assert gather(PAGE.encode(), format="page") == gather(PAGE.encode())
    with pytest.raises(InputError, match="must begin with"):
        gather(PAGE.encode(), format="json")


@pytest.mark.parametrize("text", [PAGE, ITEM])
def test_section_and_topics_reach_the_items(text: str) -> None:
    found = read(text.encode(), source="", section=Section.HOT_TOPIC, topics=("energy",))
    assert [(draft.section, draft.topics) for draft in found.drafts] == [(Section.HOT_TOPIC, ("energy",))]


def test_an_empty_file_gives_nothing() -> None:
    assert gather(b"") == Gathered()


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="'docx' is not known") as caught:
        gather(b"", format="docx")
    assert all(name in str(caught.value) for name in FORMATS)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"Harbor\0Opens", "NUL bytes"),
        (PAGE.encode("utf-16-le"), "NUL bytes|cannot be read"),
        (PAGE.encode("utf-32"), "NUL bytes"),
        (b"Title\n\nna\xefve", "byte 0xef in line 3"),
        (b"\xef\xbb\xbfTitle\n\xff", "byte 0xff in line 2"),
        (b"\x89Ports\n\0\0\0", "byte 0x89 in line 1"),
        (codecs.BOM_UTF16_LE + b"a", "cannot be read"),
    ],
)
def test_what_is_not_text_is_refused_in_one_line_that_names_it(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        gather(data)
    assert str(caught.value).startswith("in.txt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html><html>", '<?xml version="1.0"?><svg>', "\n<HTML>", "<html lang='en'>"]
)
def test_markup_is_not_taken_for_a_page_of_text(text: str) -> None:
    with pytest.raises(InputError, match="looks like a web page"):
        gather(text.encode())


@given(st.text(st.characters(codec="utf-8")))
def test_cleaning_leaves_everything_but_control_characters_as_it_was(text: str) -> None:
    kept = [c for c in clean(text) if c not in "\n "]
    assert kept == [
        c for c in text.removeprefix("\ufeff") if c == "\t" or (unicodedata.category(c) != "Cc" and c != " ")
    ]


@given(st.text(st.characters(codec="utf-8")))
def test_cleaning_twice_changes_nothing_more_in_lines_and_controls(text: str) -> None:
    once = clean(text)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in once)
    assert once.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@pytest.mark.parametrize("mark", ["\f", "\v", "\x85"])
def test_characters_that_part_words_still_part_them(mark: str) -> None:
    assert clean(f"one{mark}two") == "one two"
