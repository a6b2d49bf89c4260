"""The names by which a copy is known outside."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.identifiers import boundary, feedback_id, message_id, return_path, verify_return_path

KEY, OTHER = b"k" * 32, b"o" * 32
numbers = st.integers(1, 2**63 - 1)


@given(numbers, numbers)
def test_a_message_id_is_the_same_on_every_try_and_differs_by_delivery_and_house(
    issue: int, delivery: int
) -> None:
    made = message_id(issue, delivery, key=KEY, domain="news.example")
    assert made == message_id(issue, delivery, key=KEY, domain="news.example")
    assert re.fullmatch(r"<\d+\.\d+\.[0-9a-f]{20}@news\.example>", made)
    assert made != message_id(issue, delivery + 1, key=KEY, domain="news.example")
    assert made.split(".")[2] != message_id(issue, delivery, key=OTHER, domain="news.example").split(".")[2]


def test_identifiers_stay_as_they_are() -> None:
    # what readers hold from former releases must go on working: change these only with both ways accepted
    assert message_id(7, 42, key=KEY, domain="news.example") == "<7.42.97213794b3b744ba62be@news.example>"
    assert return_path(42, key=KEY, domain="news.example") == "bounces+42.3753a5c4d8994a310063@news.example"
    assert boundary(7, 3) == "=_digest_7_3_="


@given(numbers)
def test_a_return_path_fits_and_is_known_again_in_any_case(delivery: int) -> None:
    address = return_path(delivery, key=KEY, domain="news.example")
    assert len(address.partition("@")[0]) <= 64
    for spelling in (address, address.upper(), address.title(), f" <{address}> "):
        assert verify_return_path(spelling, keys=[KEY]) == delivery


@given(numbers, st.data())
def test_a_return_path_with_any_letter_changed_is_a_stranger(delivery: int, data: st.DataObject) -> None:
    local, _, domain = return_path(delivery, key=KEY, domain="news.example").partition("@")
    place = data.draw(st.integers(0, len(local) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789+.@"))
    changed = f"{local[:place]}{letter}{local[place + 1 :]}@{domain}"
    if changed != f"{local}@{domain}":
        assert verify_return_path(changed, keys=[KEY]) is None


def test_keys_may_change_and_be_withdrawn() -> None:
    address = return_path(5, key=KEY, domain="news.example")
    assert verify_return_path(address, keys=[OTHER, KEY]) == 5
    assert verify_return_path(address, keys=[OTHER]) is None
    assert verify_return_path(address, keys=[]) is None


@pytest.mark.parametrize(
    "text", ["", "bounces+5@x", "bounces+5.@x", "bounces+-5.a@x", "ann@x", "é@x", "bounces+٥.a@x"]
)
def test_what_is_no_return_path_is_a_stranger(text: str) -> None:
    assert verify_return_path(text, keys=[KEY]) is None


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
