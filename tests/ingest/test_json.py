"""Items in JSON: the three shapes, every key, and a refusal for every mistake."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import DraftBriefing
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.jsonlines import read_json
from subscribers.model import Section

GOOD: dict[str, Any] = {"title": "Harbor Opens", "body": "Ships came in.\n\nMore will come."}
FULL: dict[str, Any] = {
    **GOOD,
    "section": "analyses",
    "topics": ["economy", "energy"],
    "source": "Bay News",
    "source_date": "2024-05-03",
    "url": "https://bay.example/harbor?p=1",
    "language": "zh-Hans",
}


def gather(document: object) -> Gathered:
    return read_json(document if isinstance(document, str) else json.dumps(document), source="items.json")


def only(item: dict[str, Any]) -> DraftBriefing:
    gathered = gather([item])
    assert gathered.rejected == ()
    (draft,) = gathered.drafts
    return draft


def refusal(item: object) -> str:
    gathered = gather([item])
    assert gathered.drafts == ()
    (rejected,) = gathered.rejected
    return rejected.reason


# --- shapes -------------------------------------------------------------------------------------------------


def test_every_key_finds_its_place() -> None:
    assert only(FULL) == DraftBriefing(
        title="Harbor Opens",
        paragraphs=("Ships came in.", "More will come."),
        section=Section.ANALYSIS,
        topics=("economy", "energy"),
        source="Bay News",
        source_date=date(2024, 5, 3),
        url="https://bay.example/harbor?p=1",
        language="zh-Hans",
        line=1,
    )


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([GOOD, FULL]),
        json.dumps([GOOD, FULL], indent=2),
        json.dumps({"items": [GOOD, FULL]}, indent="\t"),
        f"{json.dumps(GOOD)}\n\n{json.dumps(FULL)}\n",
    ],
    ids=["array", "indented array", "items", "lines"],
)
def test_an_array_an_object_with_items_and_lines_say_the_same(text: str) -> None:
    found = gather(text)
    assert [draft.source for draft in found.drafts] == [None, "Bay News"]
    assert found.rejected == ()


def test_one_object_alone_is_one_item_however_it_is_laid_out() -> None:
    assert len(gather(json.dumps(FULL)).drafts) == len(gather(json.dumps(FULL, indent=4)).drafts) == 1


@pytest.mark.parametrize("text", ["", " \n ", "[]", '{"items": []}'])
def test_no_items_give_nothing(text: str) -> None:
    assert gather(text) == Gathered()


@given(st.lists(st.booleans(), max_size=12), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_each_item_keeps_the_line_where_it_begins(good: list[bool], indent: Any, wrapped: bool) -> None:
    items = [GOOD | {"title": f"Title {n}"} if fine else {"title": n} for n, fine in enumerate(good)]
    text = "\n" + json.dumps({"items": items} if wrapped else items, indent=indent)
    found = gather(text)
    lines = text.split("\n")
    begun = [n for n, line in enumerate(lines, 1) if line.strip() == "{" and (n > 2 or not wrapped)]
    wanted = begun if indent is not None else [2] * len(items)
    taken = sorted([draft.line for draft in found.drafts] + [refused.line for refused in found.rejected])
    assert taken == wanted


def test_section_and_topics_for_all_hold_where_an_item_says_nothing() -> None:
    found = read_json(json.dumps([GOOD, FULL]), source="", section=Section.REPORT, topics=("finance",))
    assert [draft.section for draft in found.drafts] == [Section.REPORT, Section.ANALYSIS]
    assert [draft.topics for draft in found.drafts] == [("finance",), ("economy", "energy")]


# --- text ---------------------------------------------------------------------------------------------------


def test_paragraphs_may_be_given_one_by_one() -> None:
    item = {"title": "Harbor Opens", "paragraphs": ["Ships came in.", "More\nwill come.\n\nSoon."]}
    assert only(item).paragraphs == ("Ships came in.", "More\nwill come.", "Soon.")


def test_text_is_kept_verbatim_but_for_control_characters_and_line_ends() -> None:
    item = {"title": "“Harbor”\u00a0opens…", "body": "It’s  open\u0000 (“开放”)\u0007\r\n\r\nAt\tlast"}
    draft = only(item)
    assert draft.title == "“Harbor”\u00a0opens…"
    assert draft.paragraphs == ("It’s  open (“开放”)", "At\tlast")


def test_a_null_counts_as_not_said() -> None:
    nothing = dict.fromkeys(["section", "topics", "source", "source_date", "url", "language"])
    assert only(GOOD | nothing) == only(GOOD)


def test_without_a_source_it_is_the_newsrooms_own() -> None:
    assert (only(GOOD).source, only(GOOD).source_date) == (None, None)


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"headline": "x"}, "the key 'headline' is not known"),
        ({"title": ""}, "title is missing"),
        ({"title": None}, "title is missing"),
        ({"title": "***"}, "title is missing or holds no letter"),
        ({"title": "\u3164\u2060!"}, "title is missing or holds no letter"),
        ({"title": 7}, "title is not text"),
        ({"title": "Half \ud83d"}, "title: the text holds half a character"),
        ({"body": " \n "}, "the item has no text"),
        ({"body": None}, "either body or paragraphs"),
        ({"paragraphs": ["x"]}, "either body or paragraphs"),
        ({"body": None, "paragraphs": "x"}, "paragraphs is not a list"),
        ({"body": None, "paragraphs": [1]}, "paragraphs is not text"),
        ({"body": None, "paragraphs": []}, "the item has no text"),
        ({"section": "gossip"}, "section 'gossip' is not known"),
        ({"topics": "economy"}, "topics is not a list"),
        ({"source": "Bay News"}, "source stands without source_date"),
        ({"source_date": "2024-05-03"}, "source_date stands without source"),
        ({"source": "Bay News", "source_date": "May 3, 2024"}, "'May 3, 2024' is not a date"),
        ({"source": "Bay News", "source_date": "2024-02-30"}, "'2024-02-30' is not a date"),
        ({"url": "bay.example/harbor"}, "is not an absolute http or https address"),
        ({"url": "javascript:alert(1)"}, "is not an absolute http or https address"),
        ({"url": "https://bay.example/a b"}, "is not an absolute http or https address"),
        ({"url": "http://[::1"}, "is not an absolute http or https address"),
        ({"language": "Klingonese"}, "language 'Klingonese' is not known"),
    ],
)
def test_a_mistake_in_an_item_is_refused_by_name(change: dict[str, Any], complaint: str) -> None:
    assert complaint in refusal(GOOD | change)


@pytest.mark.parametrize("item", ["text", 7, None, [], True])
def test_what_is_no_object_is_no_item(item: object) -> None:
    assert "not an object" in refusal(item)


def test_a_wrong_item_leaves_the_others() -> None:
    found = gather([GOOD, {"title": "x"}, FULL])
    assert (len(found.drafts), len(found.rejected)) == (2, 1)
    assert found.rejected[0].source == "items.json"


def test_a_broken_line_leaves_the_others() -> None:
    found = gather(f'{json.dumps(GOOD)}\n{{"title": "x",\n{json.dumps(FULL)}\n')
    assert len(found.drafts) == 2
    assert [(one.line, "not valid JSON" in one.reason) for one in found.rejected] == [(2, True)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Harbor Opens\n\nShips came in.", "must begin with"),
        ('[{"title": "x"}', "not valid JSON"),
        (f"[\n{json.dumps(GOOD)},\n{json.dumps(GOOD)}\n", r"line 4, column 1"),
        ('{"title": "x",\n"paragraphs": [\n"one"\n', "not valid JSON"),
        ('{"items": 7}', "is not a list"),
        ('{"items": [], "title": "x"}', "'title' beside"),
        (f'{{"items": [{json.dumps(GOOD)}], "items": []}}', "'items' is given twice"),
        ('[{"title": "x", "title": "y", "body": "z"}]', "'title' is given twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "not valid JSON"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_as_a_whole(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        gather(text)
    assert str(caught.value).startswith("items.json")
    assert "\n" not in str(caught.value)
