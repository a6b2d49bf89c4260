"""Markdown with front matter becomes items, one or many; what cannot be one is refused by its line."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import read
from digest.ingest.frontmatter import read_markdown
from digest.ingest.gathered import Gathered
from subscribers.model import Section

TWO = """
---
title: "Ports agree: a common queue"
topics: [shipping, economy]
source: Harbour Post
source_date: 2026-11-23
url: https://example.org/ports
---
Eight ports will share **one** list.

- It begins in May.
- Nobody pays.

---
title: Night trains
section: report
topics: rail, economy
---

# They return

Said the [railway](https://example.org/rail).

---

After a rule.
"""


def gather(text: str) -> Gathered:
    return read_markdown(text, source="x.md")


def test_many_items_stand_in_one_text() -> None:
    first, second = read(TWO.encode(), source="notes").drafts
    assert (first.title, first.topics, first.line) == (
        "Ports agree: a common queue",
        ("shipping", "economy"),
        2,
    )
    assert (first.source, first.source_date, first.url) == (
        "Harbour Post",
        date(2026, 11, 23),
        "https://example.org/ports",
    )
    assert first.paragraphs == ("Eight ports will share one list.", "• It begins in May.", "• Nobody pays.")
    assert (second.title, second.section, second.topics) == (
        "Night trains",
        Section.REPORT,
        ("rail", "economy"),
    )
    assert second.paragraphs == (
        "They return",
        "Said the railway (https://example.org/rail).",
        "After a rule.",
    )


def test_without_front_matter_first_headings_are_titles() -> None:
    text = (
        "# Night trains #\n\nThey return.\n\n```\n# no title\n---\ntitle: no\n---\n```\n\n# Ports\n\nAgree.\n"
    )
    found = read(text.encode(), source="notes.md").drafts
    assert [(one.title, one.line) for one in found] == [("Night trains", 1), ("Ports", 12)]
    assert found[0].paragraphs == ("They return.", "# no title\n---\ntitle: no\n---")


def test_a_heading_is_the_title_where_the_front_matter_has_none() -> None:
    (draft,) = gather("---\nlanguage: de\ntopics:\n  - rail\n---\n\n# Nachtzüge\n\nSie kommen.\n").drafts
    assert (draft.title, draft.paragraphs, draft.language) == ("Nachtzüge", ("Sie kommen.",), "de")


def test_a_text_of_an_item_may_stand_in_its_front_matter() -> None:
    (draft,) = gather("---\ntitle: Night trains\nbody: |\n  They return.\n\n  Soon.\n---\n").drafts
    assert draft.paragraphs == ("They return.", "Soon.")


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("They return.\n", 1, "title is missing"),
        ("\n\nThey return.\n\n---\ntitle: A\n---\nb", 3, "title is missing"),
        ("---\ntitle: Night trains\n---\n", 1, "either body or paragraphs"),
        ("---\ntitle: A\nmood: good\n---\nb", 1, "the key 'mood' is not known"),
        ("---\ntitle: A\ntitle: B\n---\nc", 1, "'title' is given twice"),
        ("---\ntitle: A\nbody: b\n---\nc", 1, "below its front matter and another within it"),
        ("---\ntitle: [A, [B]]\n---\nc", 1, "title is neither text nor a list of texts"),
        ("---\ntitle: [A]\n---\nc", 1, "title is not text"),
        ("---\ntitle: {a: b}\n---\nc", 1, "title is neither text"),
        ("---\ntitle: 'A\n---\nc", 1, r"is not YAML: .*\(its line"),
        ("---\ntitle: !!python/object:os.system A\nsource_date: 23 May\n---\nc", 1, "source_date '23 May'"),
        ("---\ntitle: A\nsource: " + "x" * 10_000 + "\n---\nc", 1, "more than 10,000 signs"),
        ("---\ntitle: " + "[" * 9000 + "\n---\nc", 1, "is not YAML"),
        ("---\ntitle: &a [*a]\n---\nc", 1, "is not YAML|neither text"),
        ("---\nsource: A\n- b\n---\nc", 1, "is not YAML"),
        ("---\ntitle: A\ntopics: {a: b}\n---\nc", 1, "topics is neither"),
        ("---\ntitle: A\n---\n<b>", 1, "no text"),
    ],
)
def test_what_is_no_item_is_refused_by_its_line(text: str, line: int, complaint: str) -> None:
    found = gather(text)
    refusal = found.rejected[0]
    assert refusal.line == line
    assert re.search(complaint, refusal.reason), refusal.reason
    assert "\n" not in refusal.reason


def test_one_that_is_wrong_leaves_the_others() -> None:
    found = gather("---\ntitle: A\nmood: good\n---\nb\n---\ntitle: C\n---\nd\n")
    assert [one.title for one in found.drafts] == ["C"]
    assert [one.line for one in found.rejected] == [1]


def test_front_matter_is_not_cut_where_another_key_stands() -> None:
    (draft,) = gather("# A\n\nbefore\n\n---\nmood: good\n---\n\nafter\n").drafts
    assert draft.paragraphs[0] == "before"
    assert draft.paragraphs[-1] == "after"


def test_a_text_of_rules_is_read_in_time() -> None:
    found = gather("---\ntitle: x\n" * 20_000)
    assert len(found.drafts) + len(found.rejected) > 0


_PIECES = st.sampled_from(
    (
        *("---\n", "title: A\n", "body: |\n", "  b\n", "topics: [a, b]\n", "# H\n", "\n", "```\n", "~~~~\n"),
        *("&a *a\n", "words\n", "- x\n", "source: [\n", "'", '"', "{", ": ", "\t", "!!binary x\n", "%TAG\n"),
        *("...\n", "? \n"),
    )
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_whatever_it_is_made_of_it_is_taken_or_refused(text: str) -> None:
    found = read(text.encode(), source="x", format="markdown")
    assert found.drafts or found.rejected or not text.strip()
    assert all(one.title and one.paragraphs for one in found.drafts)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_front_matter_is_read_or_refused(text: str) -> None:
    read(f"---\ntitle: {text}\n---\n{text}\n".encode(), source="x", format="markdown")
