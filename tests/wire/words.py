"""Encoded-words and mailboxes read by RFC 2047 and RFC 5322, with all that is wrong about them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_ENCODED_WORD: Final = re.compile(r"=\?([^?\s]+)\?([QqBb])\?([^?\s]*)\?=")
#: RFC 2047 section 5 (3): the Q encoding within a phrase has these alone.
_Q_IN_PHRASE: Final = re.compile(r"(?:[A-Za-z0-9!*+/_-]|=[0-9A-F]{2})*")
_Q: Final = re.compile(r"(?:[!-<>@-~]|=[0-9A-F]{2})*")
_LONGEST_WORD: Final = 75
#: Controls, line and paragraph separators, overrides and isolates of direction, halves of characters.
UNWELCOME: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOT_ATOM: Final = rf"{ATEXT}+(?:\.{ATEXT}+)*"
_ADDRESS: Final = re.compile(rf"({_DOT_ATOM})@({_DOT_ATOM})")
#: A quoted-string, an angle address, or a word; comments are legal and not ours.
_TOKEN: Final = re.compile(r'[ \t]*(?:("(?:[^"\\]|\\.)*")|<([^<>]*)>|([^\s"<>]+))[ \t]*')


class Mailbox(NamedTuple):
    """An address and the name that a reader sees."""

    name: str
    address: str


def read_words(text: str, *, phrase: bool) -> tuple[str, list[str]]:
    """An unfolded text with its encoded-words decoded, and what is wrong with it."""
    wrong: list[str] = []
    shown: list[str] = []
    was_encoded = False
    for word in re.split(r"([ \t]+)", text):
        if word.strip(" \t") == "":
            shown.append(word)
            continue
        if "=?" in word:
            decoded, faults = _decoded(word, phrase=phrase)
            wrong += faults
            if was_encoded and len(shown) > 1:
                # white space between two encoded-words is not seen (section 6.2)
                shown.pop()
            shown.append(decoded)
            was_encoded = True
        else:
            shown.append(word)
            was_encoded = False
    said = "".join(shown)
    if UNWELCOME.search(said):
        wrong.append("RFC 2047: a control character or an override of direction is left in a text")
    return said, wrong


def read_mailbox(value: str) -> tuple[Mailbox, list[str]]:
    """The one mailbox of a From or To, and what is wrong with it."""
    if _ADDRESS.fullmatch(value.strip(" \t")):
        return Mailbox("", value.strip(" \t")), _faults_of_address(value.strip(" \t"))
    names: list[str] = []
    wrong: list[str] = []
    address = ""
    place = 0
    while place < len(value):
        found = _TOKEN.match(value, place)
        if found is None or address:
            return Mailbox("", address), [*wrong, f"RFC 5322: not one mailbox: {value[:60]!r}"]
        place = found.end()
        if found[1] is not None:
            names.append(re.sub(r"\\(.)", r"\1", found[1][1:-1]))
            if "=?" in found[1]:
                wrong.append("RFC 2047: an encoded-word stands within a quoted-string")
        elif found[2] is not None:
            address = found[2]
        else:
            names.append(found[3])
            if "=?" not in found[3] and not re.fullmatch(rf"{ATEXT}+", found[3]):
                wrong.append(f"RFC 5322: {found[3][:40]!r} is no atom and is not quoted")
    said, faults = read_words(" ".join(names), phrase=True)
    return Mailbox(said, address), wrong + faults + _faults_of_address(address)


def _faults_of_address(address: str) -> list[str]:
    found = _ADDRESS.fullmatch(address)
    if _ENCODED_WORD.search(address):
        return ["RFC 2047: an encoded-word stands within an address"]
    if found is None:
        return [f"RFC 5322: {address[:60]!r} is not an address"]
    local, domain = found[1], found[2]
    return list(_faults_of_parts(local, domain))


def _faults_of_parts(local: str, domain: str) -> Iterator[str]:
    if len(local.encode()) > 64:
        yield "RFC 5321: a local part has more than 64 octets"
    if len(domain.encode()) > 255:
        yield "RFC 5321: a domain has more than 255 octets"
    if local.isascii() and not domain.isascii():
        yield "RFC 6531: a domain beyond ASCII behind an ASCII local part is not in A-labels"


def _decoded(word: str, *, phrase: bool) -> tuple[str, list[str]]:
    found = _ENCODED_WORD.fullmatch(word)
    if found is None:
        return word, [f"RFC 2047: {word[:40]!r} looks like an encoded-word and is none"]
    charset, encoding, payload = found[1], found[2].lower(), found[3]
    wrong = []
    if len(word) > _LONGEST_WORD:
        wrong.append(f"RFC 2047: an encoded-word has {len(word)} characters")
    if charset.lower() != "utf-8":
        wrong.append(f"RFC 2047: an encoded-word is in {charset}")
    if encoding == "q" and not (_Q_IN_PHRASE if phrase else _Q).fullmatch(payload):
        wrong.append("RFC 2047: an encoded-word holds what Q may not hold here")
    try:
        octets = base64.b64decode(payload, validate=True) if encoding == "b" else _unquoted(payload)
    except binascii.Error:
        return word, [*wrong, "RFC 2047: an encoded-word is not base64"]
    try:
        return octets.decode(), wrong
    except UnicodeDecodeError:
        return word, [*wrong, "RFC 2047: a character is split over two encoded-words"]


def _unquoted(payload: str) -> bytes:
    text = payload.replace("_", " ").encode()
    return re.sub(rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), text)
