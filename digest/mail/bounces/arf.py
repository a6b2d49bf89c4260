"""Reads complaints: feedback reports (RFC 5965, RFC 6591) and what providers sent before there were any."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from digest.core.returned import Kind
from digest.mail.bounces.addresses import Ours, one_address
from digest.mail.bounces.clues import sent_to
from digest.mail.bounces.mime import Part, read_headers
from digest.mail.bounces.original import originals

#: What the types of reports mean for us; all others are complaints.
_KINDS: Final = {
    "opt-out": Kind.UNSUBSCRIBE,
    "opt-out-list": Kind.UNSUBSCRIBE,
    # about our own signatures, or the opposite of a complaint: nothing that a reader did
    "auth-failure": Kind.AUTO_REPLY,
    "dmarc": Kind.AUTO_REPLY,
    "dkim": Kind.AUTO_REPLY,
    "not-spam": Kind.AUTO_REPLY,
    "virus": Kind.BLOCKED,
}
_ADDRESSED: Final = (
    "original-rcpt-to",
    "removal-recipient",
    "original-recipient",
    "x-original-to",
    "redacted-address",
)
#: Names that hide a reader's: the report was redacted (RFC 6590).
_HIDDEN: Final = re.compile(r"redacted|undisclosed|x{3,}|hidden|anonymous|[0-9a-f]{32,}", re.IGNORECASE)
_OLD_SENDERS: Final = re.compile(
    r"(?:staff@hotmail\.com|scomp@aol\.\w+|.*feedback(?:loop)?@.*|fbl@.*|.*@arf\..*)", re.IGNORECASE
)
_OLD_SUBJECTS: Final = re.compile(
    r"complaint about message from|email feedback report|abuse report|\[?feedback report", re.IGNORECASE
)


class Complaint(Struct, frozen=True):
    """What a complaint says."""

    kind: Kind
    rule: str
    #: empty when the report hides whom it comes from
    recipients: tuple[str, ...]
    #: fields that may name the copy
    about_the_copy: tuple[str, ...]


def read_complaint(mail: Part, ours: Ours) -> Complaint | None:
    """The complaint in a mail, or None when it is none."""
    report = next((part for part in mail.walk() if part.type == "message/feedback-report"), None)
    if report is None:
        return _old_style(mail, ours)
    # a feedback report has the form of headers, whatever encoding it came in
    fields = read_headers(report.text.strip().encode("utf-8", "replace"))
    kind = fields.get("feedback-type").strip().lower() or "abuse"
    told = [one_address(value) for name in _ADDRESSED for value in fields.all(name)]
    about = tuple(fields.get(name) for name in ("original-mail-from", "original-envelope-id", "reported-uri"))
    named = _readers(told, ours) or _readers(list(sent_to(originals(mail))), ours)[:1]
    return Complaint(_KINDS.get(kind, Kind.COMPLAINT), f"arf:{kind[:40]}", named, about)


def _old_style(mail: Part, ours: Ours) -> Complaint | None:
    """Microsoft's and others' complaints that hold nothing but the mail they are about."""
    copies = list(originals(mail))
    if not copies or not any(part.type.startswith("message/") for part in mail.walk()):
        return None
    told = [one_address(value) for copy in copies for value in copy.all("x-hmxmroriginalrecipient")]
    known = _OLD_SENDERS.fullmatch(one_address(mail.get("from"))) and _OLD_SUBJECTS.search(
        mail.shown("subject")
    )
    if not told and not known:
        return None
    named = _readers(told, ours) or _readers(list(sent_to(copies)), ours)[:1]
    return Complaint(Kind.COMPLAINT, "arf:before-the-standard", named, ())


def _readers(found: list[str], ours: Ours) -> tuple[str, ...]:
    readers = (one for one in found if one and one not in ours and not _HIDDEN.search(one.partition("@")[0]))
    return tuple(dict.fromkeys(readers))
