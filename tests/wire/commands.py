"""What is wrong with the commands of a transaction, and with the dots and lines that follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.wire.transmission import Transmission, body_of, head_of, path_of

#: RFC 5321 section 4.5.3.1, and what RFC 6531 section 3.4 and RFC 1870 section 3 add to a MAIL command.
LONGEST_COMMAND: Final = 512
ADDED: Final = {"SMTPUTF8": 10, "SIZE": 26}
LONGEST_PATH: Final = 256
LONGEST_LOCAL_PART: Final = 64
LONGEST_LINE: Final = 998
_VERP: Final = re.compile(r"bounces\+[0-9]+\.[a-z0-9]+@[a-z0-9.-]+")
#: RFC 3461: what may only be said to a server that offers DSN.
_OF_DSN: Final = re.compile(r"(?:NOTIFY|RET|ENVID|ORCPT)=", re.IGNORECASE)


def violations_of_commands(sent: Transmission) -> Iterator[str]:
    """RFC 5321, 6531, 1870, 3461 and the return path."""
    sender, parameters = path_of(sent.mail)
    recipient, more = path_of(sent.rcpt)
    if not sent.mail.startswith(b"MAIL FROM:<") or not sender:
        yield f"RFC 5321: not a MAIL command: {sent.mail[:80]!r}"
    if not sent.rcpt.startswith(b"RCPT TO:<") or not recipient:
        yield f"RFC 5321: not a RCPT command: {sent.rcpt[:80]!r}"
    names = {parameter.partition("=")[0].upper() for parameter in parameters}
    room = LONGEST_COMMAND + sum(ADDED[name] for name in names & ADDED.keys())
    if len(sent.mail) > room or len(sent.rcpt) > LONGEST_COMMAND:
        yield "RFC 5321: a command has more than 512 octets"
    for address in (sender, recipient):
        if len(address.encode()) + 2 > LONGEST_PATH:
            yield "RFC 5321: a path has more than 256 octets"
        if len(address.rpartition("@")[0].encode()) > LONGEST_LOCAL_PART:
            yield "RFC 5321: a local part has more than 64 octets"
        if re.search(r"[\x00-\x20\x7f]", address):
            yield "RFC 5321: a path holds a space or a control character"
    if not _VERP.fullmatch(sender):
        yield f"VERP: {sender[:60]!r} is not bounces+<id>.<mac>@domain in lower case"
    yield from _violations_of_parameters(sent, (*parameters, *more), names)


def _violations_of_parameters(
    sent: Transmission, parameters: tuple[str, ...], names: set[str]
) -> Iterator[str]:
    yield from _violations_of_reports(sent, parameters)
    for name in names & {"SMTPUTF8", "SIZE", "BODY"}:
        if {"BODY": "8BITMIME"}.get(name, name) not in sent.offers:
            yield f"RFC 5321: {name} for a server that does not offer it"
    for parameter in parameters:
        if parameter.upper().startswith("SIZE=") and parameter[5:] != str(len(sent.content)):
            yield "RFC 1870: SIZE is not that of the message"
    needed = not (sent.sender.isascii() and sent.recipient.isascii())
    if needed and not sent.smtputf8:
        yield "RFC 6531: an address beyond ASCII without SMTPUTF8"
    if sent.smtputf8 and not needed:
        yield "RFC 6531: SMTPUTF8 for a message whose addresses do not need it"
    for address in (sent.sender, sent.recipient):
        local, _, domain = address.rpartition("@")
        if local.isascii() and not domain.isascii():
            yield "RFC 6531: a domain beyond ASCII behind an ASCII local part is not in A-labels"


def _violations_of_reports(sent: Transmission, parameters: tuple[str, ...]) -> Iterator[str]:
    of_dsn = {parameter for parameter in parameters if _OF_DSN.match(parameter)}
    if of_dsn and "DSN" not in sent.offers:
        yield "RFC 3461: a parameter of DSN for a server that does not offer it"
    if "DSN" in sent.offers and not {"RET=HDRS", "NOTIFY=FAILURE,DELAY"} <= of_dsn:
        yield "RFC 3461: failures and delays are not asked for, without the text"
    said = {name: _without_xtext(value) for name, _, value in (one.partition("=") for one in of_dsn)}
    if said.get("ENVID", sent.sender) != sent.sender:
        yield "RFC 3461: the envelope is not named by its return path"
    kind = "rfc822" if sent.recipient.isascii() else "utf-8"
    if "ORCPT" in said and said["ORCPT"] != f"{kind};{sent.recipient}":
        yield "RFC 3461: another recipient in ORCPT"


def _without_xtext(value: str) -> str:
    """RFC 3461 section 4, and what RFC 6533 section 3 adds to it."""
    return re.sub(
        r"\+([0-9A-F]{2})|\\x\{([0-9A-F]+)\}", lambda found: chr(int(found[1] or found[2], 16)), value
    )


def violations_of_lines(sent: Transmission) -> Iterator[str]:
    """RFC 5321 section 4.5.2 and RFC 5322 section 2.1: what holds for every line."""
    yield from _violations_of_dots(sent)
    yield from _violations_of_letters(sent)
    content = sent.content
    if re.search(rb"\r(?!\n)|(?<!\r)\n", content):
        yield "RFC 5322: a bare CR or LF"
    longest = max(map(len, re.split(rb"\r\n|\r|\n", content)))
    if longest > LONGEST_LINE:
        yield f"RFC 5322: a line has {longest} octets"
    if b"\r\n\r\n" not in content:
        yield "RFC 5322: no empty line ends the header"
    if re.search(rb"^From ", content, re.MULTILINE):
        yield "RFC 4155: a line begins with From and a space, as the next message in a mailbox on disk does"


def _violations_of_dots(sent: Transmission) -> Iterator[str]:
    if not sent.data.endswith(b"\r\n.\r\n"):
        yield "RFC 5321: the data does not end with CR LF, a dot and CR LF"
    inside = sent.data.removesuffix(b".\r\n")
    if re.search(rb"(?:\A|\n)\.(?!\.)", inside):
        yield "RFC 5321: a leading dot is not doubled"


def _violations_of_letters(sent: Transmission) -> Iterator[str]:
    content = sent.content
    if b"\x00" in content:
        yield "RFC 5322: a NUL"
    if re.search(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", content):
        yield "RFC 5322: a control character"
    if not head_of(content).isascii() and not sent.smtputf8:
        yield "RFC 5322: a header beyond ASCII without SMTPUTF8"
    if not body_of(content).isascii():
        yield "RFC 2045: raw octets above 127 in the body"
