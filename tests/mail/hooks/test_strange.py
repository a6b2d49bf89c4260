"""Documents that no provider sends, though signed: each is read or refused, and none is an error."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.returned import Returned
from digest.core.webhooks import headers_for
from digest.mail.hooks.called import Call, Provider, Refusal, RefusedError
from tests.mail.hooks.samples import UNKNOWN_READER, sendgrid_event
from tests.mail.hooks.signing import (
    NOW,
    PASSWORD,
    WHSEC,
    basic,
    by_curve,
    call_of,
    notification,
    read,
    said_by,
)

ALL = pytest.mark.parametrize("provider", Provider)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.text("\0\ud800\n<@>é"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def call_with(provider: Provider, body: bytes) -> Call:
    """A genuine call with this body."""
    match provider:
        case Provider.SES:
            return notification(body.decode("utf-8", "replace"))
        case Provider.SENDGRID:
            return by_curve(body, NOW)
        case Provider.GENERIC:
            return Call(headers_for("msg_1", NOW, body, [WHSEC]), body)
        case _:
            return Call(basic(PASSWORD), body)


def outcome(provider: Provider, call: Call) -> Any:
    """The events that a call comes to, or why it is refused."""
    try:
        return read(provider, call).events
    except RefusedError as error:
        return error.why


def kept_as_it_should_be(event: Returned) -> bool:
    """Whether an event can be kept by any store and shown on any terminal."""
    words = (event.recipient, event.reply, event.enhanced, event.text, event.rule)
    clues = (*event.clues.return_paths, *event.clues.message_ids, *event.clues.links)
    assert len(event.text) <= 500
    assert len(event.rule) <= 200
    assert len(event.recipient) <= 320
    assert len(event.reply) in {0, 3}
    assert len(clues) <= 30
    return all(one.isprintable() and one.encode() is not None for one in (*words, *clues))


def places_in(said: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a document."""
    inner = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    return [path, *(found for name, value in inner for found in places_in(value, (*path, name)))]


def changed(said: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value in one place."""
    if not path:
        return value
    if isinstance(said, dict):
        return {**said, path[0]: changed(said[path[0]], path[1:], value)}
    return [changed(one, path[1:], value) if place == path[0] else one for place, one in enumerate(said)]


@ALL
@given(data=st.data(), value=ANYTHING)
def test_anything_may_stand_in_any_place(provider: Provider, data: st.DataObject, value: Any) -> None:
    said = UNKNOWN_READER[provider]
    path = data.draw(st.sampled_from(places_in(said)))
    found = outcome(provider, call_of(provider, changed(said, path, value)))
    assert found is Refusal.UNREADABLE or all(map(kept_as_it_should_be, found))


@given(data=st.data(), value=ANYTHING)
def test_anything_may_stand_in_the_frame_of_amazon_and_of_mailgun(data: st.DataObject, value: Any) -> None:
    provider = data.draw(st.sampled_from([Provider.SES, Provider.MAILGUN]))
    call = call_of(provider, UNKNOWN_READER[provider])
    document = json.loads(call.body)
    path = data.draw(st.sampled_from(places_in(document)))
    body = json.dumps(changed(document, path, value)).encode()
    found = outcome(provider, replace(call, body=body))
    assert found in set(Refusal) or all(map(kept_as_it_should_be, found))


@ALL
@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(provider: Provider, body: bytes) -> None:
    assert outcome(provider, Call(basic(PASSWORD), body)) in {*Refusal, ()}


@pytest.mark.parametrize("provider", [one for one in Provider if one is not Provider.MAILGUN])
@pytest.mark.parametrize(
    "body",
    [b"", b"[", b'{"a":', b"nothing", b"\xff\xfe", b'"text"', b"7", b"null", b"9" * 5000, b"\xef\xbb\xbf"],
    ids=["empty", "cut-list", "cut-part", "words", "utf16", "text", "number", "null", "digits", "mark"],
)
def test_signed_nonsense_is_refused_as_such(provider: Provider, body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        read(provider, call_with(provider, body))
    assert caught.value.why is Refusal.UNREADABLE


@ALL
@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["lists", "parts"])
def test_nesting_without_end_is_refused(provider: Provider, opening: bytes) -> None:
    body = opening * (900_000 // len(opening))
    with pytest.raises(RefusedError) as caught:
        read(provider, call_with(provider, body) if provider is not Provider.MAILGUN else Call({}, body))
    assert caught.value.why is Refusal.UNREADABLE


def test_batch_of_ten_thousand_is_read_in_seconds() -> None:
    batch = [
        sendgrid_event(email=f"r{number}@readers.example", type="bounce", reason="550 5.1.1 user unknown")
        for number in range(10_000)
    ]
    call = by_curve(json.dumps(batch).encode(), NOW)
    began = time.process_time()
    told = read(Provider.SENDGRID, call)
    assert len({one.recipient for one in told.events}) == 10_000
    assert time.process_time() - began < 20


def test_long_words_and_many_clues_are_cut() -> None:
    said = UNKNOWN_READER[Provider.SES]
    headers = [{"name": "Message-ID", "value": f"<{number}@n.example>"} for number in range(5000)]
    said = changed(said, ("mail", "headers"), headers)
    said = changed(said, ("bounce", "bouncedRecipients", 0, "diagnosticCode"), "550 5.1.1 " + "x " * 100_000)
    (event,) = said_by(Provider.SES, said).events
    assert kept_as_it_should_be(event)
