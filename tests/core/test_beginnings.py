"""What a new reader begins with, as it is typed for a newsletter; and what a key may do."""

from __future__ import annotations

from datetime import time

import pytest

from digest.core.access import POWERS_OF, SCOPES, Power, Role, powers_of_key
from digest.core.beginnings import (
    DEFAULT_CADENCE,
    DEFAULT_PROFILE,
    OPTIONS,
    beginning_of,
    parse_first_wishes,
    require_topics,
)
from digest.errors import InputError
from subscribers.model import Cadence, Format, Profile
from subscribers.wishes import WishError


def test_wishes_are_typed_in_any_order_and_spelling_and_kept_in_one() -> None:
    kept = parse_first_wishes([" Max-Items = 5", "topics=economy, energy", "at=07:30", "DAYS=mon"])
    assert kept == (("topics", "economy, energy"), ("days", "mon"), ("at", "07:30"), ("max_items", "5"))


def test_a_value_may_hold_the_sign_that_stands_before_it() -> None:
    assert parse_first_wishes(["topics=a=b"]) == (("topics", "a=b"),)


@pytest.mark.parametrize("texts", [[], [""], ["  "]])
def test_no_wishes_are_none(texts: list[str]) -> None:
    assert parse_first_wishes(texts) == ()


def test_who_says_nothing_begins_with_what_is_usual() -> None:
    assert beginning_of(()) == (DEFAULT_CADENCE, DEFAULT_PROFILE)


def test_who_says_nothing_begins_with_what_the_newsletter_says() -> None:
    cadence, profile = beginning_of(
        parse_first_wishes(["days=mon", "at=07:30", "topics=Economy, energy,", "format=text"])
    )
    assert cadence == Cadence(("mon",), time(7, 30), "UTC")
    assert profile == Profile(frozenset({"economy", "energy"}), format=Format.TEXT)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["days"], f"'days' is nothing to begin with: say OPTION=VALUE, of {', '.join(OPTIONS)}"),
        (["name=Ann"], "'name=Ann' is nothing to begin with"),
        (["days=mon", "days=tue"], "days is given twice: say it once"),
        (["max-items=3", "max_items=4"], "max_items is given twice"),
        (["days="], "days is empty"),
        (["topics=" + "x" * 2001], "topics has 2001 characters: use at most 2000"),
    ],
)
def test_what_is_no_beginning_is_refused_with_the_reason(texts: list[str], words: str) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        parse_first_wishes(texts)


def test_a_wish_that_cannot_be_is_refused_when_it_is_typed() -> None:
    with pytest.raises(WishError):
        parse_first_wishes(["at=soon"])
    assert parse_first_wishes(["topics=" + "x" * 2000])


def test_a_topic_has_to_be_there() -> None:
    require_topics((), ())
    require_topics((("days", "mon"),), ())
    require_topics((("topics", "economy"),), ("economy", "energy"))
    with pytest.raises(WishError, match="topic 'boats' is not known"):
        require_topics((("topics", "economy,boats"),), ("economy", "energy"))


@pytest.mark.parametrize("role", Role)
def test_a_key_never_can_more_than_its_holder_and_than_it_was_given(role: Role) -> None:
    assert powers_of_key(role, frozenset(Power)) == POWERS_OF[role] & SCOPES
    assert powers_of_key(role, frozenset({Power.SEE})) == {Power.SEE}
    assert powers_of_key(role, frozenset()) == frozenset()
    assert (Power.RUN in powers_of_key(role, frozenset({Power.RUN}))) == (role is Role.ADMIN)
