"""Pictures that a mail brings along: parts of it, few and light, the same for all, and the first that go."""

from __future__ import annotations

import email
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pytest
from msgspec.structs import replace

from digest.core.budget import LIMIT
from digest.core.corrections import Correction, CorrectionKind
from digest.core.model import Briefing, Copy, Pictures
from digest.core.picturing import Embedded
from digest.ingest.lighter import embedded
from digest.ingest.picture_bytes import picture_in
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.render.rendition import Rendition
from subscribers.model import Format, Profile
from tests.ingest.picture_samples import JPEG, gif, png
from tests.render.pages import document
from tests.render.samples import ADA, BOUNDARY, EIGHT, NAMELESS, NEWSLETTER, TOPICS, copy_of, issue
from tests.render.test_fitting import copy_with, news
from tests.tiers import wide_rows

EMBEDDED = replace(NEWSLETTER, pictures=Pictures.EMBEDDED)
COPY = copy_of(issue(), ("economy", (2,)), ("energy", (1,)), ("society", (3,)))


def kept(content: bytes) -> Embedded:
    return embedded(picture_in(content))


def made(
    brought: Mapping[int, Embedded], told: Mapping[int, Briefing] = EIGHT, copy: Copy = COPY
) -> Rendition[Personal]:
    pictured = {number: pictured_one(one, number) for number, one in told.items()}
    printer = Printer(copy.issue, EMBEDDED, pictured, TOPICS, pictures=brought)
    return printer.rendition(copy, BOUNDARY)


def pictured_one(one: Briefing, number: int) -> Briefing:
    return replace(one, picture=f"https://pictures.example/{number}", picture_alt=f"“Picture” <{number}>")


def message_of(printed: Rendition[Personal], reader: Personal = ADA) -> EmailMessage:
    """What a mail program makes of it."""
    kind = f'Content-Type: multipart/alternative; boundary="{printed.boundary}"'
    if printed.boundary is None:
        kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    head = f"MIME-Version: 1.0\r\n{kind}\r\n\r\n".encode()
    return email.message_from_bytes(head + printed.body(reader), policy=policy.default)


def pictures_in(printed: Rendition[Personal]) -> dict[str, bytes]:
    """What came along, by Content-ID, in its order."""
    found = [part for part in message_of(printed).walk() if part.get_content_maintype() == "image"]
    return {str(part["Content-ID"]): part.get_payload(decode=True) for part in found}  # type: ignore[misc]


def shown(printed: Rendition[Personal]) -> list[str]:
    return re.findall(r'src="(cid:[^"]+)"', printed.html_text(ADA) or "")


def test_html_and_its_pictures_are_one_of_the_alternatives() -> None:
    message = message_of(made({1: kept(JPEG), 3: kept(png())}))
    text, related = message.iter_parts()
    html, *pictures = related.iter_parts()
    kinds = [part.get_content_type() for part in (message, text, related, html, *pictures)]
    assert kinds == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html"),
        *("image/jpeg", "image/png"),
    ]
    assert [part.get_content_disposition() for part in pictures] == ["inline", "inline"]
    assert message.defects == related.defects == html.defects == []
    body = message.get_body(("related", "html", "plain"))
    assert body is not None
    assert body.get_content_type() == "multipart/related"


def test_html_names_each_picture_by_its_content_id_with_its_words_and_its_width() -> None:
    wide = kept(png(1000, 400))
    printed = made({1: wide, 3: kept(JPEG)})
    images = {image.get("src"): image for image in document(printed.html_text(ADA) or "").iter("img")}
    assert {f"<{src.removeprefix('cid:')}>" for src in images} == pictures_in(printed).keys()
    assert [image.get("alt") for image in images.values()] == ["“Picture” <1>", "“Picture” <3>"]
    assert [image.get("width") for image in images.values()] == ["560", "160"]
    assert list(pictures_in(printed).values()) == [wide.content, JPEG]


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = made({1: kept(JPEG)}).html_text(ADA) or ""
    assert "pictures.example" not in page
    assert re.findall(r'(?:src|background)="(?!cid:)', page) == []


def test_a_picture_that_two_items_show_comes_once() -> None:
    printed = made({1: kept(JPEG), 2: kept(JPEG)})
    assert len(shown(printed)) == 2
    assert len(set(shown(printed))) == len(pictures_in(printed)) == 1


def test_an_item_whose_picture_is_not_here_shows_none_and_nothing_else_is_changed() -> None:
    bare = Printer(COPY.issue, NEWSLETTER, EIGHT, TOPICS).rendition(COPY, BOUNDARY)
    assert made({}).body(ADA) == bare.body(ADA)
    assert made({1: kept(JPEG)}).plain_text(ADA) == bare.plain_text(ADA)


def test_readers_of_plain_text_get_none() -> None:
    copy = replace(COPY, profile=Profile(format=Format.TEXT))
    printed = made({1: kept(JPEG)}, copy=copy)
    assert printed.pictures == ()
    assert message_of(printed).get_content_type() == "text/plain"


def test_what_was_withdrawn_shows_none() -> None:
    withdrawn = Correction(
        number=1,
        kind=CorrectionKind.WITHDRAWN,
        corrects=1,
        note="",
        at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        former_title="What it was",
    )
    told = {**EIGHT, 1: replace(EIGHT[1], correction=withdrawn)}
    assert pictures_in(made({1: kept(JPEG)}, told)) == {}


def test_a_mail_brings_three_pictures_the_lead_first_then_as_they_are_read() -> None:
    told = news(6)
    (lead,) = (number for number, one in told.items() if one.lead)
    brought = {number: kept(png(grey=number)) for number in told}
    copy = copy_with(6)
    printed = made(brought, told, copy)
    order = [number for group in copy.groups for number in group.numbers]
    first = sorted(order, key=lambda number: number != lead)[:3]
    assert set(pictures_in(printed).values()) == {brought[number].content for number in first}
    assert printed.plain_text(ADA) == made({}, told, copy).plain_text(ADA)


@pytest.mark.parametrize(
    ("count", "side", "shown"),
    [(3, 149, 1), (3, 85, 2), (3, 60, 3), (8, 149, 0), (8, 85, 1), (20, 60, 0), *wide_rows((150, 60, 0))],
)
def test_pictures_go_before_any_word_and_the_limit_is_kept(count: int, side: int, shown: int) -> None:
    content = png(200, side, seed=2)
    told, copy = news(count), copy_with(count)
    brought = {number: Embedded(f"{number:02x}" * 32, "image/png", 200, side, content) for number in told}
    printed, bare = made(brought, told, copy), made({}, told, copy)
    assert len(printed.body(ADA)) <= LIMIT.message
    assert printed.too_large is None
    assert len(printed.pictures) == shown
    if shown:
        assert printed.plain_text(ADA) == bare.plain_text(ADA)
    else:
        # what the looks of pictures take may cost one item its step
        assert len(printed.plain_text(ADA)) >= 0.97 * len(bare.plain_text(ADA))


def test_readers_of_a_cohort_share_the_octets_of_its_pictures() -> None:
    printed = made({1: kept(JPEG), 3: kept(gif())})
    parts = {id(part.encoded) for part in printed.pictures}
    for empty in ((), ("name",)):
        assert parts <= {id(piece) for piece in printed.stencil(empty).pieces}
    assert printed.body(ADA).count(b"Content-ID:") == printed.body(NAMELESS).count(b"Content-ID:") == 2


def test_another_cohort_of_the_issue_shares_them_too() -> None:
    told = {number: pictured_one(one, number) for number, one in EIGHT.items()}
    printer = Printer(COPY.issue, EMBEDDED, told, TOPICS, pictures={1: kept(JPEG)})
    one = printer.rendition(COPY, BOUNDARY)
    other = printer.rendition(copy_of(issue(), ("energy", (1,))), BOUNDARY)
    assert one.pictures[0] is other.pictures[0]


def test_as_a_page_it_holds_its_pictures_itself() -> None:
    printed = made({1: kept(JPEG)})
    page = printed.html_page(ADA) or ""
    assert "cid:" not in page
    assert page.count('src="data:image/jpeg;base64,/9j/') == 1
    assert replace(printed, html=None, boundary=None, pictures=()).html_page(ADA) is None
