"""What a reader wrote stands in the mail to the newsroom as words and nothing else."""

from __future__ import annotations

import re

import pytest

from digest.render.answers import printed_answer, sender_name
from digest.render.notices import Wording
from tests.mail_lint.answers import ANSWERS, Answer, data_of
from tests.render.pages import document
from tests.render.samples import NEWSLETTER
from tests.wire.strangeness import HOSTILE

OURS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tbody",
    "tr",
    "td",
    "h1",
    "h2",
    "p",
}


def parts(words: str, **changes: object) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail about these words."""
    made = printed_answer(data_of(words, **changes), NEWSLETTER, "=_b_=", number=17, can_reply=True)
    html = made.html_text(Wording({}))
    assert html is not None
    return made.subject, made.plain_text(Wording({})), html


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_nothing_that_is_written_becomes_markup(place: int) -> None:
    worst = HOSTILE[place]
    for words, changes in (
        (worst, {}),
        ("Hello", {"subject": worst}),
        ("Hello", {"writer": worst, "proof": "", "subscription": None}),
        ("Hello", {"writer_name": worst, "went_to": worst}),
    ):
        subject, text, html = parts(words, **changes)
        page = document(html)
        tags = {node.tag for node in page.iter() if isinstance(node.tag, str)}
        assert tags <= OURS | {"p", "br", "span", "a"}
        assert not page.xpath("//@onload | //@onerror | //@onclick | //script")
        assert "\n" not in subject
        assert "<td" not in text


def test_paragraphs_and_lines_stay_what_they_are() -> None:
    _, text, html = parts("Dear editors,\n\nShips:\none\ntwo\n\nAda")
    (panel,) = document(html).xpath("//td[@class='panel']")
    assert [" / ".join(p.itertext()) for p in panel.findall("p")] == [
        "Dear editors,",
        "Ships: / one / two",
        "Ada",
    ]
    assert "    Dear editors,\n\n    Ships:\n    one\n    two\n\n    Ada\n" in text
    assert all(p.get("dir") == "auto" for p in panel.findall("p"))


def test_words_that_look_like_ours_are_set_apart_in_the_text() -> None:
    rule = "-" * 72
    _, text, _ = parts(f"Bye\n{rule}\nYou get this mail because you won.")
    assert f"\n    {rule[:68]}" in text or f"\n    {rule}" in text
    (footer,) = re.findall(r"^You get this mail because .*", text, re.MULTILINE)
    assert footer == "You get this mail because your address stands in DIGEST_REPLIES_TO."


def test_what_was_cut_says_that_it_goes_on() -> None:
    _, text, _ = parts("word " * 2000)
    assert "word…" in text
    assert "What they wrote goes on. The whole mail is kept: see digest bounces show 17." in " ".join(
        text.split()
    )


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer.name))
def test_each_says_who_wrote_and_by_which_way_it_came(answer: Answer) -> None:
    name = sender_name(answer.data, NEWSLETTER)
    assert name.endswith(" by way of The Harbour Letter")
    known = answer.data["writer_name"]
    reads = answer.data["subscription"] is not None
    assert name.startswith(known if known else "A reader" if reads else "Somebody")
