"""Gathers by what a copy may be found: return paths, Message-IDs, links, addresses, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from digest.core.returned import Clues
from digest.mail.bounces.addresses import addresses_in, one_address
from digest.mail.bounces.mime import Part
from digest.mail.bounces.original import originals, texts

#: As `digest.mail.identifiers.return_path` writes them; servers change their case, readers' programs write
#: the plus as %2B, and servers that hand an envelope's name back as it was given as +2B.
_RETURN_PATH: Final = re.compile(
    r"bounces(?:\+2B|\+|%2B)([0-9]{1,19}\.[0-9a-f]{20})@([\w.-]{1,253})", re.IGNORECASE
)
_MESSAGE_ID: Final = re.compile(r"<[^\s<>]{1,200}@[^\s<>]{1,253}>")
_LINK: Final = re.compile(r"<\s*((?:https?://|mailto:)[^\s<>]{1,900})\s*>", re.IGNORECASE)
#: Where a server says to whom the report itself was sent.
_ENVELOPE: Final = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-delivered-to",
)
#: Of each sort; more than a report can need.
MOST_CLUES: Final = 20


def clues_of(mail: Part, *, envelope_to: str, told: Iterable[str] = ()) -> Clues:
    """All clues of a mail, best first; `told` are fields of its report that may name the copy."""
    copies = list(originals(mail))
    own = _addressed_to(mail)
    answered = [mail.get("in-reply-to"), mail.get("references"), mail.get("x-ms-exchange-parent-message-id")]
    written = [part.text for part in texts(mail)]
    copy_headers = [value for copy in copies for _name, value in copy.headers]
    places = [envelope_to, *own, *told, *copy_headers, *answered, *written]
    copy_texts = [part.text for copy in copies for part in texts(copy)]
    return Clues(
        return_paths=_first(_return_paths([*places, *copy_texts])),
        message_ids=_first(_message_ids(copies, answered, told)),
        links=_first(_links(copies)),
        addresses=_first(sent_to(copies)),
    )


def came_to(mail: Part, envelope_to: str) -> Clues:
    """The return path to which a mail itself came: its envelope, or what servers and its writer put down."""
    return Clues(return_paths=_first(_return_paths([envelope_to] if envelope_to else _addressed_to(mail))))


def sent_to(copies: Iterable[Part]) -> Iterator[str]:
    """The addresses that copies were written to."""
    for copy in copies:
        for name in ("x-hmxmroriginalrecipient", "to", "delivered-to", "x-original-to", "envelope-to"):
            for value in copy.all(name):
                found = one_address(value) if name != "to" and "..." not in value else ""
                yield from [found] if found else addresses_in(value)


def _addressed_to(mail: Part) -> list[str]:
    return [*(value for name in _ENVELOPE for value in mail.all(name)), mail.get("to"), mail.get("cc")]


def _return_paths(places: Iterable[str]) -> Iterator[str]:
    for place in places:
        if place and "bounces" in place.lower():
            for found in _RETURN_PATH.finditer(place):
                yield f"bounces+{found[1]}@{found[2]}"


def _message_ids(copies: Iterable[Part], answered: Iterable[str], told: Iterable[str]) -> Iterator[str]:
    for copy in copies:
        for name in ("message-id", "x-original-message-id", "x-google-original-message-id"):
            value = copy.get(name).strip()
            if value:
                yield from _MESSAGE_ID.findall(value) or (
                    [f"<{value}>"] if "@" in value and " " not in value else []
                )
    # the last of the references is what was answered
    for value in answered:
        yield from reversed(_MESSAGE_ID.findall(value))
    for value in told:
        yield from (one for one in _MESSAGE_ID.findall(value) if not _RETURN_PATH.search(one))


def _links(copies: Iterable[Part]) -> Iterator[str]:
    for copy in copies:
        for value in copy.all("list-unsubscribe"):
            yield from _LINK.findall(value)


def _first(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, and not more than a report can need."""
    kept: dict[str, None] = {}
    for one in found:
        kept.setdefault(one)
        if len(kept) >= MOST_CLUES:
            break
    return tuple(kept)
