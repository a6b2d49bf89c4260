"""Reads bounces that follow no standard: by what their senders, subjects and layouts have in common.

The words of a text are believed only when its structure says that a server wrote it because it could not
deliver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from digest.core.returned_rules import Said, codes_in
from digest.mail.bounces.addresses import ADDRESS, Ours, addresses_in, is_machine, one_address
from digest.mail.bounces.clues import sent_to
from digest.mail.bounces.dsn import Told
from digest.mail.bounces.mime import Part
from digest.mail.bounces.original import cut, originals, texts
from digest.mail.bounces.phrases import FAILED, FAILED_SUBJECT, STILL_TRYING

_DAEMON: Final = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|maildaemon|mailerdaemon|mdaemon|mail\.?delivery|mail-?system|mailsystem"
    r"|mail-?delivery[\w.-]*|microsoftexchange[0-9a-f]+|bounce-?notification|smtp-?daemon|mailagent|mxmail)",
    re.IGNORECASE,
)
_DAEMON_NAME: Final = re.compile(
    r"mail delivery (?:sub)?system|mailer[- ]daemon|postmaster|system administrator|mail administrator|mail delivery service|delivery (?:subsystem|system|service|agent)|internet mail delivery|mail system|系统管理员|邮件系统",
    re.IGNORECASE,
)
_MARKS: Final = re.compile(r"^\s*(?:re|fwd?|aw|wg|sv|tr|rv|转发|回复)\s*[:：]", re.IGNORECASE)
_FAILED_HEADERS: Final = ("x-failed-recipients", "x-failed-recipient", "x-original-failed-recipient")

_A: Final = rf"<?(?P<address>{ADDRESS.pattern})>?"
#: Where layouts put the address of a reader, from the clearest to the vaguest; the first that finds any wins.
_LAYOUTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # alone on a line, or at its beginning with the reason behind it
        rf"^[ \t>*•·-]{{0,12}}(?:(?:to|user|recipient|address|mailto|rcpt to|smtp|unknown address|failed recipient|email|unknown user|no such user|not found|收件人|収信者)(?:[ \t]*[:：=][ \t]*|[ \t]+))?{_A}[ \t]*(?:[:;,.]|\.\.\.|\(|-|\[|<mailto:|：|。|，|$|(?:on|at|because|failed|is|was|does|has)\b)",
        # in a sentence that says what it is
        rf"\b(?:following (?:address(?:es)?|recipients?|e-?mails?|users?)[^\n:]{{0,60}}|to|address(?:es)?|recipients?|(?:your )?(?:message|mail) (?:to|for|addressed to)|user(?:id|name)?|mail ?box|account|for|destinataire|empf[aä]nger|destinatario|an|delivery to)[ \t]*(?:address|recipient|user)?(?:is|was)?(?:[ \t]*[:：=][ \t\n]{{0,4}}|[ \t\n]{{1,4}})[\"'\[(<]{{0,2}}(?:mailto:)?{_A}",
        # in what a server replied
        rf"\b(?:rcpt to|[45]\d\d(?:[ -][45]\.\d+\.\d+)?)[ \t:]*\S{{0,3}}{_A}",
        rf"(?:收件人|地址|邮箱|用户|信箱|发送到|发往|投递到|宛先|アドレス)[^\n@]{{0,20}}?[:： \t\n<\"“(（「]{{0,6}}{_A}",
    )
)
_LONGEST_SAID: Final = 12_000


def is_bounce(mail: Part, envelope_from: str | None) -> bool:
    """True when structure says that a server writes about a mail that it could not deliver."""
    if any(mail.get(name) for name in _FAILED_HEADERS):
        return True
    subject = mail.shown("subject")
    marked = _MARKS.match(subject) is not None
    failed = FAILED_SUBJECT.search(subject) is not None and not marked
    said = _said_first(mail)
    worded = FAILED.search(said) is not None or STILL_TRYING.search(said) is not None
    if mail.type == "multipart/report" and mail.parameters.get("report-type", "").lower() in {
        "",
        "delivery-status",
    }:
        return failed or worded
    if _from_a_daemon(mail):
        return failed or worded
    if _from_nobody(mail, envelope_from):
        return (failed or worded) and not (marked and not worded)
    # a server that writes as if it were a person: only when everything else fits
    answers = mail.get("in-reply-to") and not mail.get("auto-submitted")
    attached = any(part.type.startswith("message/") for part in mail.walk())
    return (
        failed
        and worded
        and not answers
        and (attached or bool(mail.get("auto-submitted")) or bool(cut(said)[1]))
    )


def read_prose(mail: Part, ours: Ours) -> tuple[Told, ...]:
    """What a bounce says about each of its recipients; one without an address when it names none."""
    said = _said(mail)
    named = [one for name in _FAILED_HEADERS for value in mail.all(name) for one in addresses_in(value)]
    places = {one.lower(): one for one in named} or _named_in(said, ours, known=_copy_to(mail, ours))
    if not places:
        places = dict.fromkeys(_copy_to(mail, ours)[:1], "")
    if not places:
        return (Told("", _said_of(said, ""), ()),)
    alone = len(places) == 1
    return tuple(
        Told(one, _said_of(_about(said, one, list(named_as), alone), ""))
        for named_as in [[one.lower() for one in places]]
        for one in _spelled(places)
    )


def still_trying(mail: Part) -> bool:
    """True when the text says that it is a warning and that delivery goes on."""
    said = f"{mail.shown('subject')}\n{_said(mail)[:3000]}"
    return STILL_TRYING.search(said) is not None


def _spelled(places: dict[str, str]) -> Iterator[str]:
    for lower, spelled in places.items():
        yield spelled or lower


def _from_a_daemon(mail: Part) -> bool:
    for name in ("from", "sender"):
        address = one_address(mail.get(name))
        local = address.partition("@")[0] if address else mail.get(name).strip().strip("<>")
        if _DAEMON.fullmatch(local) or _DAEMON_NAME.search(mail.shown(name).partition("<")[0]):
            return True
    return "mailer-daemon" in mail.get("from").lower()


def _from_nobody(mail: Part, envelope_from: str | None) -> bool:
    """The null sender (RFC 5321 section 4.5.5), as we were told it or as servers wrote it down."""
    path = mail.get("return-path").strip()
    return (
        envelope_from == ""
        or path in {"<>", "<#@[]>"}
        or re.match(r"From (?:<>|MAILER-DAEMON)", mail.get("from_"), re.I) is not None
        or "daemon" in path.lower()
    )


def _said_first(mail: Part) -> str:
    return next((part.text[:4000] for part in texts(mail)), "")


def _said(mail: Part) -> str:
    """What the server itself wrote."""
    return "\n".join(cut(part.text)[0] for part in texts(mail))[:_LONGEST_SAID]


def _copy_to(mail: Part, ours: Ours) -> list[str]:
    return [one for one in dict.fromkeys(sent_to(originals(mail))) if one not in ours]


def _named_in(said: str, ours: Ours, known: list[str]) -> dict[str, str]:
    """Addresses by their lower case, as the first layout that fits names them."""
    wanted = {one.lower() for one in known}
    vague: dict[str, str] = {}
    for layout in _LAYOUTS:
        found = {}
        for match in layout.finditer(said):
            address = one_address(match["address"])
            if not address or address in ours:
                continue
            if is_machine(address) and address.lower() not in wanted:
                vague.setdefault(address.lower(), address)
                continue
            found.setdefault(address.lower(), address)
        if found:
            return found
    return vague if len(vague) == 1 else {}


def _about(said: str, address: str, all_of_them: list[str], alone: bool) -> str:
    """The words behind an address, up to the next one; all words when there is only one."""
    lower = said.lower()
    at = lower.find(address.lower())
    if alone or at < 0:
        return said
    begin = at + len(address)
    others = [
        place for one in all_of_them if one != address.lower() and (place := lower.find(one, begin)) >= 0
    ]
    return said[begin : min([begin + 1500, *others])]


def _said_of(text: str, action: str) -> Said:
    reply, enhanced = codes_in(text)
    return Said(action, reply, enhanced, text)
