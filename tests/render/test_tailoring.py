"""What is made to measure piece by piece is, octet for octet, what encoding every value anew gives."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from digest.render.cutting import Slot, When, flat
from digest.render.page import Personal, names_of
from digest.render.quoted import quoted
from digest.render.rendition import Rendition
from digest.render.tailoring import Tailoring

TOKEN = "A-Token_with32characters00000000"
BOUNDARY = "=_digest_1_2_="
SLOTS = {name: Slot(name, markup=False) for name in names_of(Personal)}
IN_TAGS = {name: Slot(name, markup=True, attribute=True) for name in names_of(Personal)}
MADE: Rendition[Personal] = Rendition(
    "Morning",
    (
        When("name", (quoted("Dear "), SLOTS["name"], quoted(",\n\n"))),
        *(quoted("Change: "), SLOTS["preferences_url"], quoted("\nLeave: "), SLOTS["unsubscribe_url"]),
        *(quoted("\nAgain: "), SLOTS["unsubscribe_url"], quoted("\n")),
    ),
    (
        When("name", (quoted("<p>Dear "), Slot("name", markup=True), quoted("</p>"))),
        *(quoted('<a href="'), IN_TAGS["preferences_url"], quoted('">Change</a>\n')),
    ),
    BOUNDARY,
)

tokens = st.text(string.ascii_letters + string.digits + "-_", min_size=len(TOKEN), max_size=len(TOKEN))
#: of every length, so that lines end before, within and behind the token; with signs that markup escapes
pages = st.text(string.ascii_letters + "/.=&~", max_size=120).map(
    lambda path: f"https://news.example/{path}/"
)


@given(page=pages, preferences=tokens, unsubscribe=tokens, name=st.text(max_size=20))
def test_links_encoded_once_are_those_encoded_anew(
    page: str, preferences: str, unsubscribe: str, name: str
) -> None:
    reader = Personal(name, page + preferences, page + unsubscribe)
    shown = reader.values()["name"]
    links = {"preferences_url": page, "unsubscribe_url": page}
    tailoring = Tailoring(MADE.stencil(() if shown else ("name",)), names_of(Personal), links, TOKEN)
    assert b"".join(tailoring.pieces((shown, preferences, unsubscribe))) == MADE.body(reader)


def test_copies_share_what_is_the_same() -> None:
    tailoring = Tailoring(MADE.stencil(), names_of(Personal), {}, TOKEN)
    ann, bob = (
        tailoring.pieces((name, "https://a.example/", "https://b.example/")) for name in ("Ann", "Bob")
    )
    alike = [one is other for one, other in zip(ann, bob, strict=True)]
    assert alike.count(False) == len(MADE.stencil().gaps)


def test_a_body_laid_out_is_not_kept_a_second_time() -> None:
    assert MADE.html is not None
    printed = [part for part in flat((*MADE.text, *MADE.html), ()) if isinstance(part, bytes)]
    laid_out = {id(piece) for piece in MADE.stencil().pieces}
    assert all(id(part) in laid_out for part in printed)
