"""The body on the wire: what a mail program makes of it, and what no line of it may be."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.core.model import Briefing, Copy
from digest.render.characters import one_line
from digest.render.page import Personal, greeted
from digest.render.printer import print_sheet, rendition
from digest.render.rendition import Rendition
from subscribers.model import Format, Profile
from tests.render.pages import document
from tests.render.samples import (
    ADA,
    BOUNDARY,
    EIGHT,
    EIGHT_GROUPS,
    NEWSLETTER,
    TOPICS,
    briefing,
    copy_of,
    issue,
    straightforward,
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% each x in y %}{# gone",
    "<!--mark0123456789abcdef 0--> mark0123456789abcdef-unsubscribe_url-",
    "--=_test_1_1_=--\r\n\r\n.\r\nMAIL FROM:<x@y.example>",
    "NUL \x00 and bell \x07 and half \ud83d",
    "=?utf-8?q?=0D=0ABcc:_x?= =_ = =3D",
    ".\n.\r.",
    "From here\nFrom there",
    "]]> --> -- <!-- <![endif]-->",
    "%(name)s %s %% 100 %",
    "</td></tr></table></body></html>",
    "a" * 2000,
    "推" * 500,
    "\u202egnp.exe\u202c \u2028 \u0085 é e\u0301",
    " trailing \t ",
    "&amp; &lt; &#0; &nbsp;",
]
COPY = copy_of(issue(), ("economy", (1,)), deferred=(2,))
TEXT_COPY = copy_of(issue(), *EIGHT_GROUPS, profile=Profile(format=Format.TEXT))


def made_of(copy: Copy, briefings: dict[int, Briefing]) -> Rendition[Personal]:
    sheet = print_sheet(copy.issue, NEWSLETTER, briefings, TOPICS, "classic", "en")
    return rendition(copy, sheet, BOUNDARY)


def parts_of(made: Rendition[Personal], reader: Personal) -> list[tuple[str, str]]:
    """What Python's own parser finds: media type and text of each part."""
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    if made.boundary is not None:
        head = f'Content-Type: multipart/alternative; boundary="{made.boundary}"\r\n\r\n'.encode()
    message = message_from_bytes(b"MIME-Version: 1.0\r\n" + head + made.body(reader), policy=policy.HTTP)
    assert not message.defects
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n"))
        for part in message.walk()
        if not part.is_multipart()
    ]


def assert_fit_for_the_wire(body: bytes) -> None:
    assert body.endswith(b"\r\n")
    lines = body.split(b"\r\n")[:-1]
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert all(len(line) <= 76 for line in lines)
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert all(set(line) <= {9, *range(32, 127)} for line in lines)


def test_readers_of_html_get_text_first_and_html_last() -> None:
    made = made_of(copy_of(issue(), *EIGHT_GROUPS), EIGHT)
    assert parts_of(made, ADA) == [("text/plain", made.plain_text(ADA)), ("text/html", made.html_text(ADA))]


def test_readers_of_text_get_one_part_and_no_boundary() -> None:
    made = made_of(TEXT_COPY, EIGHT)
    assert made.boundary is None
    assert made.html_text(ADA) is None
    assert parts_of(made, ADA) == [("text/plain", made.plain_text(ADA))]
    assert_fit_for_the_wire(made.body(ADA))


def test_the_boundary_separates_and_stands_nowhere_else() -> None:
    body = made_of(copy_of(issue(), *EIGHT_GROUPS), EIGHT).body(ADA)
    assert body.count(BOUNDARY.encode()) == 3
    assert body.endswith(f"\r\n--{BOUNDARY}--\r\n".encode())


@pytest.mark.parametrize("boundary", ["plain", "=_" + "x" * 69])
def test_a_boundary_that_a_body_might_hold_is_refused(boundary: str) -> None:
    with pytest.raises(ValueError, match="boundary"):
        Rendition[Personal]("s", (b"x\r\n",), (b"y\r\n",), boundary)


def test_a_boundary_without_a_second_part_is_refused() -> None:
    with pytest.raises(ValueError, match="two parts"):
        Rendition[Personal]("s", (b"x\r\n",), None, BOUNDARY)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_printed_as_text_wherever_it_stands(hostile: str) -> None:
    evil = briefing(1, title=f"A{hostile}", paragraphs=(f"B{hostile}",), source=f"C{hostile}")
    reader = Personal(f"D{hostile}", ADA.preferences_url, ADA.unsubscribe_url)
    copy = copy_of(issue(intro=f"E{hostile}"), ("economy", (1,)), deferred=(2,))
    made = made_of(copy, {1: evil, 2: briefing(2, title=f"F{hostile}")})
    assert_fit_for_the_wire(made.body(reader))
    assert made.body(reader).count(BOUNDARY.encode()) == 3
    (_, text), (_, page) = parts_of(made, reader)
    seen = document(page)
    assert not seen.xpath("//script | //img | //@onerror")
    words = "".join(seen.text_content().split())
    for letter in "ABCDF":
        printed = "".join((greeted if letter == "D" else one_line)(letter + hostile).split())
        assert printed in words
        assert printed in "".join(text.split())


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_gives_the_same_page_as_the_straightforward_way(hostile: str) -> None:
    evil = {
        1: briefing(1, title=f"A{hostile}", paragraphs=(f"B{hostile}",), source=f"C{hostile}"),
        2: briefing(2, title=f"F{hostile}"),
    }
    reader = Personal(f"D{hostile}", ADA.preferences_url, ADA.unsubscribe_url)
    made = made_of(COPY, evil)
    text, page = straightforward(COPY, reader, evil)
    assert made.plain_text(reader) == text
    assert same_page(made.html_text(reader) or "") == same_page(page)


def same_page(page: str) -> list[tuple[object, dict[str, str], str, str]]:
    """All elements with attributes and text: how a quote is escaped makes no difference."""
    return [
        (node.tag, {str(k): str(v) for k, v in node.attrib.items()}, node.text or "", node.tail or "")
        for node in document(page).iter()
    ]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,<b>", "file:///etc/passwd", "//x.example"]
)
def test_only_web_links_become_links(url: str) -> None:
    made = made_of(COPY, {1: briefing(1, url=url), 2: briefing(2)})
    assert url not in (made.html_text(ADA) or "")
    assert "Read on" not in made.plain_text(ADA)


TEXTS = st.text(st.characters(), max_size=120) | st.sampled_from(HOSTILE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=TEXTS, paragraph=TEXTS, source=TEXTS, name=TEXTS, intro=TEXTS)
def test_any_text_at_all_is_fit_for_the_wire(
    title: str, paragraph: str, source: str, name: str, intro: str
) -> None:
    evil = briefing(1, title=title, paragraphs=(paragraph, paragraph), source=source)
    reader = Personal(name, ADA.preferences_url, ADA.unsubscribe_url)
    made = made_of(copy_of(issue(intro=intro), ("economy", (1,)), deferred=(1,)), {1: evil})
    assert_fit_for_the_wire(made.body(reader))
    assert parts_of(made, reader) == [
        ("text/plain", made.plain_text(reader)),
        ("text/html", made.html_text(reader)),
    ]
