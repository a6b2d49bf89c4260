"""The mail that asks before anything else is sent."""

from __future__ import annotations

import pytest

from digest.render.confirmation import Invitation, confirmation
from subscribers.model import Format, Profile
from tests.render.samples import BOUNDARY, DAILY, NEWSLETTER, TOPICS

ADA = Invitation("Ada", "https://news.example/confirm/QWRhLXNheXMteWVzLW9ubHktb25jZS4u")


def test_it_asks_says_what_for_and_shows_the_link_in_both_parts() -> None:
    profile = Profile(topics=frozenset({"economy", "society"}))
    made = confirmation(NEWSLETTER, TOPICS.values(), profile, DAILY, BOUNDARY)
    assert made.subject == "Please confirm: The Harbour Letter"
    for part in (made.plain_text(ADA), made.html_text(ADA) or ""):
        said = " ".join(part.split())
        assert "Hello Ada," in said
        assert ADA.confirm_url in said
        assert (
            "on weekdays at 07:30 (Europe/Paris), with what is new on Economy and trade and Society and media"
            in said
        )
        assert "without your yes no issue is sent" in said


def test_readers_of_text_get_text_alone() -> None:
    made = confirmation(NEWSLETTER, TOPICS.values(), Profile(format=Format.TEXT), DAILY, BOUNDARY)
    assert made.boundary is None
    assert ADA.confirm_url.encode() in made.body(ADA)


def test_a_nameless_reader_is_not_greeted() -> None:
    made = confirmation(NEWSLETTER, TOPICS.values(), Profile(), DAILY, BOUNDARY)
    nobody = Invitation("", ADA.confirm_url)
    assert "Hello" not in made.plain_text(nobody) + (made.html_text(nobody) or "")


@pytest.mark.parametrize("name", ["<b>Ada</b>", "Ada\r\n.\r\n"])
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    made = confirmation(NEWSLETTER, TOPICS.values(), Profile(), DAILY, BOUNDARY)
    reader = Invitation(name, ADA.confirm_url)
    assert "<b>" not in (made.html_text(reader) or "")
    assert not any(line.startswith(b".") for line in made.body(reader).split(b"\r\n"))
