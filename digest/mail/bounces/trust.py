"""Tells by the structure of a mail whether a server wrote it because it could not deliver.

Words alone prove nothing: a newsletter, a person's answer and spam may quote "user unknown" as well.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from digest.mail.bounces.addresses import one_address
from digest.mail.bounces.mime import STATUS_PARTS, Part
from digest.mail.bounces.original import cut, texts, unquoted
from digest.mail.bounces.phrases import ARRIVED, AWAY, FAILED, FAILED_SUBJECT, OPENING, STILL_TRYING

#: Fields in which some servers name the readers that they could not reach.
FAILED_HEADERS: Final = ("x-failed-recipients", "x-failed-recipient", "x-original-failed-recipient")
_DAEMON: Final = re.compile(
    r"(?:mailer-?daemon|post_?master|mail-?daemon|maildaemon|mdaemon|mail\.?delivery|mail-?system|smtp-?daemon"
    r"|mail-?delivery[\w.-]*|microsoftexchange[0-9a-f]+|bounce-?notification|mailagent|mxmail)",
    re.IGNORECASE,
)
_EXCHANGE: Final = re.compile(r"microsoftexchange[0-9a-f]{32}@", re.IGNORECASE)
_DAEMON_NAME: Final = re.compile(
    r"mail delivery (?:sub)?system|mailer[- ]daemon|postmaster|system administrator|mail administrator"
    r"|mail delivery service|delivery (?:subsystem|system|service|agent)|internet mail delivery|mail system"
    r"|系统管理员|邮件系统",
    re.IGNORECASE,
)
_DAEMON_FIELD: Final = re.compile(r"(?:^|[\s<\"])(?:mailer-daemon|postmaster)\b", re.IGNORECASE)
_MARKS: Final = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|fwd?|aw|wg|sv|tr|rv|转发|回复)\s*[:：]", re.IGNORECASE
)
_REFUSED: Final = re.compile(r"(?<![\d.])(?:[45][0-5]\d[ -]|[45]\.\d\.\d)")
_NOBODY: Final = re.compile(r"From (?:<>|MAILER-DAEMON)", re.IGNORECASE)


class Trust(Enum):
    """How far the words of a mail may be believed to be a server's."""

    NONE = auto()
    #: it looks like it: not enough to call an address bad
    SOME = auto()
    FULL = auto()


def trust_in(mail: Part, envelope_from: str | None) -> Trust:
    """How much the structure says that a server writes about a mail that it could not deliver."""
    subject, said = mail.shown("subject"), next((unquoted(part.text[:4000]) for part in texts(mail)), "")
    if _is_server(mail, envelope_from, subject, said):
        return Trust.FULL
    opens = _opens(said)
    answers = mail.get("in-reply-to") and not mail.get("auto-submitted")
    if answers or (not opens and (mail.has("list-id") or mail.has("list-unsubscribe"))):
        return Trust.NONE
    worded = opens or (_MARKS.match(subject) is None and FAILED.search(said) is not None)
    if not worded or FAILED_SUBJECT.search(subject) is None:
        return Trust.NONE
    attached = {part.type for part in mail.walk() if part.type.startswith("message/")}
    if STATUS_PARTS & attached and attached - STATUS_PARTS:
        # a report with the copy, by a gateway that made a plain multipart of it
        return Trust.FULL
    return Trust.FULL if mail.get("auto-submitted") and (attached or cut(said)[1]) else Trust.SOME


def _is_server(mail: Part, envelope_from: str | None, subject: str, said: str) -> bool:
    """Who wrote it is a server by name, by the form of its report or by the null sender (RFC 5321, 4.5.5)."""
    if any(mail.get(name) for name in FAILED_HEADERS):
        return True
    marked = _MARKS.match(subject) is not None
    nobody = _from_nobody(mail, envelope_from)
    # a postmaster may be a person, who answers
    in_person = marked and not nobody and "postmaster@" in mail.get("from").lower() and not _opens(said)
    if in_person or AWAY.search(subject):
        return False
    if _writes_nothing_else(mail):
        return True
    failed = FAILED_SUBJECT.search(subject) is not None and not marked
    worded = FAILED.search(said) is not None or STILL_TRYING.search(said) is not None
    if _from_a_daemon(mail):
        answered = _REFUSED.search(said) is not None or ARRIVED.search(said) is not None
        return failed or worded or (answered and not marked)
    # a ticket system writes from nobody too, and may quote a bounce
    own, quoted = cut(said)
    quoted_reply = quoted != "" and FAILED.search(own) is not None and _REFUSED.search(own) is not None
    told = worded or any(part.type.startswith("message/") for part in mail.walk())
    # who writes to a list about bounces may write from nobody
    failed = failed and told and not mail.has("list-id")
    return nobody and (failed or _opens(said) or quoted_reply)


def _writes_nothing_else(mail: Part) -> bool:
    """True of what only reports that a mail could not be delivered, in whatever language.

    Exchange has an address for them, and a field; XMail has one in which it repeats the error.
    """
    return (
        _EXCHANGE.match(one_address(mail.get("from"))) is not None
        or mail.has("x-ms-exchange-message-is-ndr")
        or mail.has("x-mailererror")
    )


def _opens(said: str) -> bool:
    """True when it begins as no letter to a person does, and quotes nothing."""
    return OPENING.search(said[:600]) is not None


def _is_report(mail: Part) -> bool:
    kind = mail.parameters.get("report-type", "").lower()
    return mail.type == "multipart/report" and kind in {"", "delivery-status"}


def is_daemons(mail: Part) -> bool:
    """True when the form of a mail or the address that wrote it is a server's; anybody may take a name."""
    if _is_report(mail) or any(mail.get(name) for name in FAILED_HEADERS):
        return True
    for name in ("from", "sender"):
        address = one_address(mail.get(name))
        local = address.partition("@")[0] if address else mail.get(name).strip().strip("<>")
        if _DAEMON.fullmatch(local):
            return True
    return _writes_nothing_else(mail)


def _from_a_daemon(mail: Part) -> bool:
    named = any(_DAEMON_NAME.search(mail.shown(name).partition("<")[0]) for name in ("from", "sender"))
    return named or is_daemons(mail) or _DAEMON_FIELD.search(mail.get("from")) is not None


def _from_nobody(mail: Part, envelope_from: str | None) -> bool:
    """The null sender as we were told it, or as servers wrote it down."""
    path = mail.get("return-path").strip()
    return (
        envelope_from == ""
        or path in {"<>", "<#@[]>"}
        or "daemon" in path.lower()
        or _NOBODY.match(mail.get("from_")) is not None
    )
