"""Signed links: what we made is read, and nothing else is."""

from __future__ import annotations

import random
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import BASE_URL_LIMIT
from subscribers.tokens import TOKEN_LENGTH, Purpose, Tokens

KEY = b"a key of thirty-two random octets"
OTHER_KEY = b"another key, which is not the same"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

purposes = st.sampled_from(Purpose)
subscriptions = st.integers(0, 2**40 - 1)
keys = st.binary(min_size=1, max_size=80)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens([KEY])


@given(purposes, subscriptions, st.lists(keys, min_size=1, max_size=3))
def test_what_was_made_is_read_back(purpose: Purpose, subscription: int, ring: list[bytes]) -> None:
    tokens = Tokens(ring)
    assert tokens.read(purpose, tokens.make(purpose, subscription)) == subscription


@given(purposes, subscriptions)
def test_token_is_short_and_needs_no_escaping(purpose: Purpose, subscription: int) -> None:
    token = Tokens([KEY]).make(purpose, subscription)
    assert len(token) == TOKEN_LENGTH
    assert set(token) <= set(ALPHABET)


def test_longest_link_of_a_mail_stays_within_two_hundred_octets() -> None:
    assert BASE_URL_LIMIT + len("/preferences/") + TOKEN_LENGTH <= 200


def test_same_token_is_made_again_so_that_a_retry_sends_the_same_octets(tokens: Tokens) -> None:
    assert tokens.make(Purpose.UNSUBSCRIBE, 7) == Tokens([KEY]).make(Purpose.UNSUBSCRIBE, 7)


def test_each_flipped_bit_is_refused(tokens: Tokens) -> None:
    raw = urlsafe_b64decode(tokens.make(Purpose.UNSUBSCRIBE, 4711))
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert tokens.read(Purpose.UNSUBSCRIBE, urlsafe_b64encode(changed).decode()) is None


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_guesses_are_refused_even_those_that_know_the_key_id(tokens: Tokens, count: int) -> None:
    chance = random.Random(count)
    known = urlsafe_b64decode(tokens.make(Purpose.UNSUBSCRIBE, 4711))[:1]
    for number in range(count):
        # every other one begins as ours do, so that its signature is looked at
        raw = (known if number % 2 else b"") + chance.randbytes(24)
        assert tokens.read(Purpose.UNSUBSCRIBE, urlsafe_b64encode(raw[:24]).decode()) is None


def test_each_changed_character_is_refused(tokens: Tokens) -> None:
    token = tokens.make(Purpose.UNSUBSCRIBE, 4711)
    for place, sign in enumerate(token):
        for other in set(ALPHABET) - {sign}:
            assert tokens.read(Purpose.UNSUBSCRIBE, token[:place] + other + token[place + 1 :]) is None


def test_token_for_one_purpose_is_refused_for_every_other(tokens: Tokens) -> None:
    for made_for in Purpose:
        for used_for in Purpose:
            answer = tokens.read(used_for, tokens.make(made_for, 7))
            assert answer == (7 if made_for is used_for else None)


@given(subscriptions, subscriptions)
def test_signature_of_one_reader_does_not_serve_another(one: int, other: int) -> None:
    tokens = Tokens([KEY])
    ours, theirs = (urlsafe_b64decode(tokens.make(Purpose.PREFERENCES, who)) for who in (one, other))
    swapped = urlsafe_b64encode(theirs[:6] + ours[6:]).decode()
    assert tokens.read(Purpose.PREFERENCES, swapped) == (one if one == other else None)


def test_previous_key_is_still_good_and_a_revoked_one_is_not() -> None:
    before = Tokens([OTHER_KEY]).make(Purpose.CONFIRM, 7)
    assert Tokens([KEY, OTHER_KEY]).read(Purpose.CONFIRM, before) == 7
    assert Tokens([KEY]).read(Purpose.CONFIRM, before) is None


def test_first_key_of_the_ring_signs() -> None:
    assert Tokens([KEY, OTHER_KEY]).make(Purpose.PREFERENCES, 7) == Tokens([KEY]).make(Purpose.PREFERENCES, 7)


def test_keys_whose_ids_are_equal_by_chance_are_both_good() -> None:
    # 300 keys share 256 ids, so some of them must collide
    ring = [b"key %d" % number for number in range(300)]
    made = [Tokens([key]).make(Purpose.PREFERENCES, 7) for key in ring]
    assert len({urlsafe_b64decode(token)[0] for token in made}) < len(ring)
    whole = Tokens(ring)
    assert all(whole.read(Purpose.PREFERENCES, token) == 7 for token in made)


def test_every_truncation_is_refused(tokens: Tokens) -> None:
    token = tokens.make(Purpose.CONFIRM, 7)
    assert {tokens.read(Purpose.CONFIRM, token[:length]) for length in range(len(token))} == {None}


@pytest.mark.parametrize(
    "dressed",
    ["{}\n", " {}", "{}=", "{}==", "{}A", "{}\0", "\u200b{}", "{}{}", "%20{}"],
)
def test_token_with_anything_added_is_refused(dressed: str, tokens: Tokens) -> None:
    token = tokens.make(Purpose.CONFIRM, 7)
    assert tokens.read(Purpose.CONFIRM, dressed.format(token, token)) is None


def test_other_spellings_of_the_alphabet_are_refused(tokens: Tokens) -> None:
    made = (tokens.make(Purpose.PREFERENCES, number) for number in range(1000))
    token = next(token for token in made if "-" in token and "_" in token)
    assert tokens.read(Purpose.PREFERENCES, token) is not None
    assert tokens.read(Purpose.PREFERENCES, token.replace("-", "+")) is None
    assert tokens.read(Purpose.PREFERENCES, token.replace("_", "/")) is None
    # full-width letters look alike and are letters to str.isalnum
    assert tokens.read(Purpose.PREFERENCES, "".join(chr(ord(sign) + 0xFEE0) for sign in token)) is None


@given(purposes, st.text(max_size=60) | st.text(ALPHABET, min_size=32, max_size=32))
def test_what_was_not_made_is_refused(purpose: Purpose, text: str) -> None:
    assert Tokens([KEY]).read(purpose, text) is None


@pytest.mark.parametrize("ring", [[], [b""], [KEY, b""]])
def test_ring_without_keys_or_with_an_empty_one_is_refused(ring: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Tokens(ring)


@pytest.mark.parametrize("subscription", [-1, 2**40])
def test_subscription_that_does_not_fit_is_an_error_and_not_another_reader(
    subscription: int, tokens: Tokens
) -> None:
    with pytest.raises(OverflowError):
        tokens.make(Purpose.PREFERENCES, subscription)
