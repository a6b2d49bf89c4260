"""The names by which a copy is known outside."""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.identifiers import (
    DeliveryNames,
    boundary,
    feedback_id,
    message_id,
    notice_return_path,
    return_path,
    verify_notice_return_path,
    verify_return_path,
)

KEY, OTHER = b"k" * 32, b"o" * 32
numbers = st.integers(1, 2**63 - 1)
#: What makes a return path, and what knows it again.
KINDS = [(return_path, verify_return_path), (notice_return_path, verify_notice_return_path)]
every_kind = pytest.mark.parametrize(("made", "verified"), KINDS, ids=["deliveries", "notices"])


@given(numbers, numbers)
def test_a_message_id_is_the_same_on_every_try_and_differs_by_delivery_and_house(
    issue: int, delivery: int
) -> None:
    made = message_id(issue, delivery, key=KEY, domain="news.example")
    assert made == message_id(issue, delivery, key=KEY, domain="news.example")
    assert re.fullmatch(r"<\d+\.\d+\.[0-9a-f]{20}@news\.example>", made)
    assert made != message_id(issue, delivery + 1, key=KEY, domain="news.example")
    assert made.split(".")[2] != message_id(issue, delivery, key=OTHER, domain="news.example").split(".")[2]


@given(numbers, numbers)
def test_names_made_in_a_row_are_those_made_one_by_one(issue: int, delivery: int) -> None:
    names = DeliveryNames(issue, store_name=OTHER, key=KEY, domain="news.example")
    for one in (delivery, 1, delivery):
        assert names.of(one) == (
            message_id(issue, one, key=OTHER, domain="news.example"),
            return_path(one, key=KEY, domain="news.example"),
        )


def test_identifiers_stay_as_they_are() -> None:
    # what readers hold from former releases must go on working: change these only with both ways accepted
    assert message_id(7, 42, key=KEY, domain="news.example") == "<7.42.97213794b3b744ba62be@news.example>"
    assert return_path(42, key=KEY, domain="news.example") == "bounces+42.3753a5c4d8994a310063@news.example"
    notice = notice_return_path(42, key=KEY, domain="news.example")
    assert notice == "bounces+42.d0b4936077538696613b@news.example"
    assert boundary(7, 3) == "=_digest_7_3_="


@every_kind
@given(number=numbers)
def test_a_return_path_fits_and_is_known_again_in_any_case(
    number: int, made: Callable[..., str], verified: Callable[..., int | None]
) -> None:
    address = made(number, key=KEY, domain="news.example")
    assert len(address.partition("@")[0]) <= 64
    for spelling in (address, address.upper(), address.title(), f" <{address}> "):
        assert verified(spelling, keys=[KEY]) == number


@every_kind
@given(number=numbers, data=st.data())
def test_a_return_path_with_any_letter_changed_is_a_stranger(
    number: int, data: st.DataObject, made: Callable[..., str], verified: Callable[..., int | None]
) -> None:
    local, _, domain = made(number, key=KEY, domain="news.example").partition("@")
    place = data.draw(st.integers(0, len(local) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789+.@"))
    changed = f"{local[:place]}{letter}{local[place + 1 :]}@{domain}"
    if changed != f"{local}@{domain}":
        assert verified(changed, keys=[KEY]) is None


@every_kind
@pytest.mark.parametrize("number", [1, 42, 2**63 - 1])
def test_every_flipped_bit_makes_a_return_path_that_is_none(
    number: int, made: Callable[..., str], verified: Callable[..., int | None]
) -> None:
    address = made(number, key=KEY, domain="news.example")
    end = address.index("@")
    flipped = {
        f"{address[:place]}{chr(ord(address[place]) ^ 1 << bit)}{address[place + 1 :]}"
        for place in range(end + 1)
        for bit in range(8)
    }
    # a letter in the other case is the same address
    strangers = {one for one in flipped if one.lower() != address}
    assert len(strangers) > 6 * end
    assert [one for one in strangers if verified(one, keys=[KEY]) is not None] == []


@given(numbers)
def test_a_notice_is_not_taken_for_a_delivery_nor_a_delivery_for_a_notice(number: int) -> None:
    of_notice = notice_return_path(number, key=KEY, domain="news.example")
    of_delivery = return_path(number, key=KEY, domain="news.example")
    assert verify_return_path(of_notice, keys=[KEY]) is None
    assert verify_notice_return_path(of_delivery, keys=[KEY]) is None


@every_kind
def test_keys_may_change_and_be_withdrawn(
    made: Callable[..., str], verified: Callable[..., int | None]
) -> None:
    address = made(5, key=KEY, domain="news.example")
    assert verified(address, keys=[OTHER, KEY]) == 5
    assert verified(address, keys=[OTHER]) is None
    assert verified(address, keys=[]) is None


@pytest.mark.parametrize(
    "text", ["", "bounces+5@x", "bounces+5.@x", "bounces+-5.a@x", "ann@x", "é@x", "bounces+٥.a@x"]
)
def test_what_is_no_return_path_is_a_stranger(text: str) -> None:
    assert verify_return_path(text, keys=[KEY]) is None
    assert verify_notice_return_path(text, keys=[KEY]) is None


@given(numbers, numbers, st.text())
def test_no_quoted_printable_body_holds_a_boundary(issue: int, cohort: int, text: str) -> None:
    between = boundary(issue, cohort)
    assert len(between) <= 70
    assert re.fullmatch(r"[0-9A-Za-z'()+_,./:=? -]*[0-9A-Za-z'()+_,./:=?-]", between)
    assert between.encode() not in quopri.encodestring((text + between).encode())


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("news.example", "newsexample"),
        ("a.io", "aio00"),
        ("a-very-long.name.of-a-newsroom.example", "averylongnameof"),
    ],
)
def test_a_feedback_id_has_four_fields_and_no_reader(domain: str, sender: str) -> None:
    assert feedback_id(7, "daily news:1", "issue", domain) == f"7:daily-news-1:issue:{sender}"
    assert 5 <= len(sender) <= 15
