"""What a mail says of what its readers have had before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from digest.core.budget import Form
from digest.core.corrections import CORRECTIONS, Correction, CorrectionKind
from digest.core.model import Briefing, Copy
from digest.render.page import in_form, item_for
from digest.render.printer import print_sheet, rendition
from digest.render.words import words_for
from subscribers.model import Profile
from tests.render.pages import document
from tests.render.samples import ADA, BOUNDARY, NEWSLETTER, TOPICS, briefing, copy_of, issue

CHANGE = Correction(
    number=9,
    kind=CorrectionKind.CORRECTED,
    corrects=1,
    note="The rise was given as 12 percent <sic>.",
    at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
    former_title="A title that was wrong",
)
UPDATED = briefing(9, lead=True, correction=CHANGE, url="https://harbour.example/fees")
WITHDRAWN = replace(UPDATED, correction=replace(CHANGE, kind=CorrectionKind.WITHDRAWN))
NEWS = briefing(2)


def mail_of(changed: Briefing, language: str = "en") -> tuple[str, str]:
    copy: Copy = copy_of(issue(), ("economy", (2,)), (CORRECTIONS, (9,)), profile=Profile(language=language))
    sheet = print_sheet(copy.issue, NEWSLETTER, {2: NEWS, 9: changed}, TOPICS, "classic", language)
    made = rendition(copy, sheet, BOUNDARY)
    return made.plain_text(ADA), made.html_text(ADA) or ""


def test_a_corrected_item_says_so_and_shows_the_new_text_below_the_news() -> None:
    text, html = mail_of(UPDATED)
    said = document(html).text_content()
    for shown in (text, said):
        assert shown.index("Title of briefing 2") < shown.rindex("Title of briefing 9")
        assert "Updated since you had it" in shown
        assert "A title that was wrong" in shown
        # the day is that of the issue's zone
        assert "Nov 24" in shown
        assert "<sic>" in shown
        assert "First paragraph of briefing 9." in shown
        assert "Lead story" not in shown
    assert text.count("CORRECTIONS AND UPDATES") == 1


def test_of_what_was_withdrawn_only_the_title_is_left() -> None:
    text, html = mail_of(WITHDRAWN)
    for shown in (text, document(html).text_content()):
        assert "A title that was wrong" in shown
        assert "please" in shown
        assert "First paragraph of briefing 9" not in shown
        assert "harbour.example" not in shown
        assert "Title of briefing 9" not in shown


@pytest.mark.parametrize("language", ["ar", "zh-Hans"])
def test_it_is_said_in_the_readers_language_and_the_note_in_that_of_the_item(language: str) -> None:
    _, html = mail_of(UPDATED, language)
    (box,) = document(html).xpath("//p[contains(@class, 'remark')]")
    assert box.xpath("ancestor-or-self::*[@lang][1]/@lang") == ["en"]
    (remark,) = box.xpath("./span")
    assert remark.get("lang") == language
    assert "12 percent" in (box.xpath("./br")[0].tail or "")


def test_the_first_issue_of_an_item_says_nothing_of_that() -> None:
    item = item_for(NEWS, 2, {}, words_for("en"), zone="UTC")
    assert (item.remark, item.editors_note, item.kicker) == ("", "", "")


def test_a_headline_keeps_the_word_and_loses_the_remark() -> None:
    item = item_for(UPDATED, 9, {}, words_for("en"), zone="UTC")
    headline = in_form(item, Form.HEADLINE)
    assert (headline.kicker, headline.remark, headline.editors_note) == ("Updated since you had it", "", "")
    assert in_form(item, Form.LINE).kicker == ""


@pytest.mark.parametrize("form", [Form.LINE, Form.TITLE, Form.STUB])
def test_a_line_that_has_no_room_for_a_remark_says_in_front_what_it_is(form: Form) -> None:
    line = in_form(item_for(WITHDRAWN, 9, {}, words_for("en"), zone="UTC"), form)
    assert line.title == "Withdrawn · A title that was wrong"
    assert in_form(item_for(NEWS, 2, {}, words_for("en"), zone="UTC"), form).title == "Title of briefing 2"
