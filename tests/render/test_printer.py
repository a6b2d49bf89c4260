"""Copies put together from a sheet are the mails that a slow and simple way would have printed."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from msgspec.structs import replace

from digest.core.model import Copy
from digest.render.page import Personal
from digest.render.printer import Printer, Sheet, print_sheet, rendition
from subscribers.model import Format, Profile, Section
from tests.render.pages import document
from tests.render.samples import (
    ADA,
    ANYBODY,
    BOUNDARY,
    EIGHT,
    EIGHT_GROUPS,
    NAMELESS,
    NEWSLETTER,
    TOPICS,
    VIEW_URL,
    briefing,
    copy_of,
    issue,
    straightforward,
)

TEXT_ONLY = Profile(format=Format.TEXT)
COPIES = {
    "all eight": copy_of(issue(), *EIGHT_GROUPS),
    "two, no contents": copy_of(issue(), ("society", (3,)), ("economy", (4,))),
    "the same item under another topic": copy_of(issue(), ("energy", (2, 5, 1))),
    "some deferred": copy_of(issue(), ("economy", (7, 2, 4)), deferred=(1, 3)),
    "one deferred, days missed": copy_of(
        issue(), ("technology", (5,)), deferred=(8,), covers_from=date(2026, 11, 21)
    ),
    "dates in Chinese": copy_of(issue(), ("society", (3, 6)), profile=Profile(language="zh-Hans")),
    "some topics and sections": copy_of(
        issue(),
        ("society", (8,)),
        profile=Profile(topics=frozenset({"society", "energy"}), sections=frozenset({Section.PERSPECTIVE})),
    ),
    "by hand": copy_of(
        issue(
            cadence_id=None, subject="Three things before the vote", intro="Dear all,\n\nread <this> first."
        ),
        ("economy", (2,)),
        cadence=None,
    ),
    "only the editors' words": copy_of(issue(intro="No news today.")),
}


def sheet_for(copy: Copy) -> Sheet:
    return print_sheet(copy.issue, NEWSLETTER, EIGHT, TOPICS, "classic", copy.profile.language)


def letters(text: str) -> str:
    """The text without the spaces, which wrapping changes."""
    return "".join(text.split())


@pytest.mark.parametrize("view_url", [VIEW_URL, ""], ids=["link", "no link"])
@pytest.mark.parametrize("reader", [ADA, NAMELESS, ANYBODY], ids=["Ada", "nameless", "anybody"])
@pytest.mark.parametrize("copy", COPIES.values(), ids=list(COPIES))
def test_a_copy_is_what_the_straightforward_way_prints(copy: Copy, reader: Personal, view_url: str) -> None:
    made = rendition(copy, sheet_for(copy), BOUNDARY, view_url)
    text, page = straightforward(copy, reader, EIGHT, view_url)
    assert made.plain_text(reader) == text
    assert made.html_text(reader) == page


def test_a_mail_links_to_its_page_in_both_parts_and_the_page_to_nothing_of_a_readers() -> None:
    copy = COPIES["all eight"]
    made = rendition(copy, sheet_for(copy), BOUNDARY, VIEW_URL)
    assert f"View in browser: {VIEW_URL}\n" in made.plain_text(ADA)
    ours = ["View in browser", "Preferences", "Unsubscribe"]
    assert document(made.html_text(ADA)).xpath("//*[@class='tools']/a/text()") == ours
    assert VIEW_URL in document(made.html_text(ADA)).xpath("//a/@href")
    page = document(made.html_text(ANYBODY))
    assert not page.xpath("//*[@class='tools'] | //a[not(@href) or @href='']")
    assert page.xpath("//*[@class='summary']/text()")[-1] == "One item is gone."
    assert "You get" not in page.text_content()


def test_premailer_runs_once_however_many_cohorts_and_readers(premailer_runs: list[int]) -> None:
    printer = Printer(issue(), NEWSLETTER, EIGHT, TOPICS)
    for first in range(1, 9):
        for second in range(1, 9):
            made = printer.rendition(
                copy_of(issue(), ("economy", (first,)), ("society", (second,))), BOUNDARY
            )
            for reader in (ADA, NAMELESS, replace(ADA, name="Grace")):
                assert made.body(reader)
    assert len(premailer_runs) == 1


def test_premailer_runs_once_for_each_language(premailer_runs: list[int]) -> None:
    printer = Printer(issue(), NEWSLETTER, EIGHT, TOPICS)
    for language in ("en", "zh-Hans", "en", "ar", "zh-Hans"):
        copy = copy_of(issue(), ("economy", (1,)), profile=Profile(language=language))
        printer.rendition(copy, BOUNDARY)
    assert len(premailer_runs) == 3


def test_premailer_never_runs_for_readers_of_plain_text(premailer_runs: list[int]) -> None:
    printer = Printer(issue(), NEWSLETTER, EIGHT, TOPICS)
    text_copy = copy_of(issue(), *EIGHT_GROUPS, profile=TEXT_ONLY)
    printer.rendition(text_copy, BOUNDARY)
    assert premailer_runs == []
    printer.rendition(copy_of(issue(), *EIGHT_GROUPS), BOUNDARY)
    printer.rendition(text_copy, BOUNDARY)
    assert len(premailer_runs) == 1


def test_a_sheet_without_html_says_so_when_html_is_wanted() -> None:
    sheet = print_sheet(issue(), NEWSLETTER, EIGHT, TOPICS, "classic", "en", formats={Format.TEXT})
    with pytest.raises(ValueError, match="plain text only"):
        rendition(copy_of(issue(), *EIGHT_GROUPS), sheet, BOUNDARY)


def test_a_topic_removed_since_the_planning_goes_by_the_last_resort() -> None:
    copy = copy_of(issue(), ("removed-since", (1,)))
    assert "GENERAL\n=======\n\n[Lead story]\nPorthaven Lets" in rendition(
        copy, sheet_for(copy), BOUNDARY
    ).plain_text(ADA)


@pytest.mark.parametrize("copy", COPIES.values(), ids=list(COPIES))
def test_both_parts_hold_the_same_items_in_the_same_order(copy: Copy) -> None:
    made = rendition(copy, sheet_for(copy), BOUNDARY)
    text = letters(made.plain_text(ADA))
    page = document(made.html_text(ADA))
    words = letters(page.text_content())
    shown = [EIGHT[number] for group in copy.groups for number in group.numbers]
    assert [letters(node.text_content()) for node in page.iter("h3")] == [
        letters(item.title) for item in shown
    ]
    positions = [text.rindex(letters(item.title)) for item in shown]
    assert positions == sorted(positions)
    for item in shown:
        for said in (item.title, item.source or "", *item.paragraphs):
            assert letters(said) in words
            assert letters(said) in text
        assert not item.url or (item.url in text and page.xpath("//a[@href=$url]", url=item.url))
    for number in copy.deferred:
        assert letters(EIGHT[number].title) in words
        assert letters(EIGHT[number].title) in text


@pytest.mark.parametrize(
    ("copy", "subject"),
    [
        (
            COPIES["all eight"],
            "Porthaven Lets Its Fishing Fleet Run on Ammonia, and the Whole… · The Harbour Letter, Nov 24",
        ),
        (
            COPIES["two, no contents"],
            "Lanzhou Opens a School for Repairing What Others Throw Away · The Harbour Letter, Nov 24",
        ),
        (COPIES["by hand"], "Three things before the vote"),
        (COPIES["only the editors' words"], "The Harbour Letter, Nov 24"),
    ],
)
def test_the_subject_names_the_lead_unless_an_editor_wrote_one(copy: Copy, subject: str) -> None:
    made = rendition(copy, sheet_for(copy), BOUNDARY)
    assert made.subject == subject
    assert f"<title>{subject}</title>" in (made.html_text(ADA) or "")


def test_an_editors_subject_is_one_line() -> None:
    copy = copy_of(issue(subject="Two\r\nBcc: x@y.example"), ("economy", (2,)))
    assert rendition(copy, sheet_for(copy), BOUNDARY).subject == "Two Bcc: x@y.example"


def test_items_in_another_language_say_so() -> None:
    chinese = briefing(
        1, title="外滩的灯光今年早半小时熄灭", paragraphs=("市政府说是为了候鸟。",), language="zh-Hans"
    )
    sheet = print_sheet(issue(), NEWSLETTER, {1: chinese}, TOPICS, "classic", "en")
    page = rendition(copy_of(issue(), ("economy", (1,))), sheet, BOUNDARY).html_text(ADA) or ""
    assert '<td class="item" lang="zh-Hans"' in page
    assert '<span lang="zh' not in page
    # what is said about it is in the language of its reader
    assert '<span lang="en">November 20, 2026, added Nov 23</span>' in page


def test_a_language_that_is_none_harms_nothing() -> None:
    strange = briefing(1, language='en\x9b\x00"><b>\r\n')
    sheet = print_sheet(issue(), NEWSLETTER, {1: strange}, TOPICS, "classic", "en")
    page = rendition(copy_of(issue(), ("economy", (1,))), sheet, BOUNDARY).html_text(ADA) or ""
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", page) is None
    assert "<b>" not in page


def test_a_digest_of_eight_items_stays_small() -> None:
    body = rendition(COPIES["all eight"], sheet_for(COPIES["all eight"]), BOUNDARY).body(ADA)
    assert len(body) < 40_000


def test_a_readers_copy_costs_a_fraction_of_a_cohorts_and_that_of_a_sheets() -> None:
    copy = COPIES["some deferred"]
    sheet = sheet_for(copy)
    made = rendition(copy, sheet, BOUNDARY)

    def fastest(work: object, times: int) -> float:
        assert callable(work)
        spent = []
        for _ in range(times):
            begun = time.perf_counter()
            work()
            spent.append(time.perf_counter() - begun)
        return min(spent)

    of_sheet = fastest(lambda: sheet_for(copy), 2)
    of_cohort = fastest(lambda: rendition(copy, sheet, BOUNDARY), 50)
    of_reader = fastest(lambda: made.body(ADA), 50)
    assert of_reader * 2 < of_cohort
    assert of_cohort * 20 < of_sheet
