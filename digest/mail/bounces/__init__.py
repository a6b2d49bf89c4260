"""Reads what comes back: bounces, complaints and answers become `Returned`s, whoever wrote them.

    bytes | read_mail | complaint? | report? | bounce in prose? | answer? -> Returned, one for each recipient

The order is that of trust: what follows a standard is asked first, and words are believed last and only where
the structure of the mail says that a server wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from digest.core.returned import Clues, Kind, Returned
from digest.core.returned_rules import Ruling, Said, codes_in, is_vague, rule_on
from digest.mail.bounces.addresses import Ours, addresses_in, one_address, without_xtext
from digest.mail.bounces.answers import answer_of
from digest.mail.bounces.arf import Complaint, read_complaint
from digest.mail.bounces.clues import clues_of
from digest.mail.bounces.dsn import Report, Told, read_report, words_about
from digest.mail.bounces.mime import Part, read_mail
from digest.mail.bounces.prose import is_bounce, read_prose, still_trying
from digest.mail.words import clean_text

__all__ = ["read_returned"]

_LONGEST_TEXT = 500
#: Fields of a report's own head that name who sent what came back, never who should have got it.
_OUR_FIELDS = (
    "to",
    "from",
    "reply-to",
    "return-path",
    "sender",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "errors-to",
)


def read_returned(
    raw: bytes, *, envelope_to: str = "", envelope_from: str | None = None, ours: Collection[str] = ()
) -> tuple[Returned, ...]:
    """What one mail says, one for each recipient; empty when it is neither report nor answer.

    `envelope_from` is empty for the null sender and None when it is not known; `ours` are addresses and
    domains that no report can be about. Any bytes will do: nothing is raised.
    """
    mail = read_mail(raw)
    told = [
        envelope_to,
        *(one for name in _OUR_FIELDS for value in mail.all(name) for one in addresses_in(value)),
    ]
    own = Ours.of(ours, told)
    if (complaint := read_complaint(mail, own)) is not None:
        return _complained(mail, complaint, envelope_to)
    if (report := read_report(mail)) is not None and _may_report(mail):
        return _reported(mail, report, envelope_to)
    if is_bounce(mail, envelope_from):
        return _bounced(mail, own, envelope_to)
    if (answer := answer_of(mail, Ours.of(ours), envelope_to)) is not None:
        kind, rule, text = answer
        sender = one_address(mail.get("from"))
        return (
            Returned(
                kind, sender, text=_line(text), rule=rule, clues=clues_of(mail, envelope_to=envelope_to)
            ),
        )
    return ()


def _may_report(mail: Part) -> bool:
    """A report in a list's digest or in somebody's answer is quoted, and not told to us."""
    return mail.type == "multipart/report" or not (
        mail.has("in-reply-to") and "daemon" not in mail.get("from").lower()
    )


def _complained(mail: Part, complaint: Complaint, envelope_to: str) -> tuple[Returned, ...]:
    clues = clues_of(mail, envelope_to=envelope_to, told=complaint.about_the_copy)
    text = _line(mail.shown("subject"))
    return tuple(
        Returned(complaint.kind, one, text=text, rule=complaint.rule, clues=clues)
        for one in complaint.recipients or ("",)
    )


def _reported(mail: Part, report: Report, envelope_to: str) -> tuple[Returned, ...]:
    alone = len(report.told) == 1
    found = []
    for told in report.told:
        ruling, said = rule_on(told.said), told.said
        if is_vague(ruling):
            ruling, said = _from_the_text(mail, told, ruling, alone)
        found.append(
            _returned(mail, told, said, ruling, "dsn", _clues(mail, told, report.about_the_copy, envelope_to))
        )
    return tuple(found)


def _from_the_text(mail: Part, told: Told, ruling: Ruling, alone: bool) -> tuple[Ruling, Said]:
    """What the readable part says, where the fields of a report say nothing."""
    words = words_about(mail, told.recipient, alone)
    reply, enhanced = codes_in(words)
    code = told.said.enhanced if told.said.enhanced and not told.said.enhanced.endswith(".0.0") else enhanced
    said = Said(told.said.action, told.said.reply or reply, code or told.said.enhanced, words)
    other = rule_on(said)
    return (ruling, told.said) if is_vague(other) else (other, said)


def _bounced(mail: Part, own: Ours, envelope_to: str) -> tuple[Returned, ...]:
    waits = still_trying(mail)
    found = []
    for told in read_prose(mail, own):
        said = Said("delayed", told.said.reply, told.said.enhanced, told.said.text) if waits else told.said
        found.append(_returned(mail, told, said, rule_on(said), "prose", _clues(mail, told, (), envelope_to)))
    return tuple(found)


def _clues(mail: Part, told: Told, about: Iterable[str], envelope_to: str) -> Clues:
    others = [*told.others, *(one for one in map(without_xtext, (told.recipient, *told.others)) if one)]
    return clues_of(mail, envelope_to=envelope_to, told=about, addresses=others)


def _returned(mail: Part, told: Told, said: Said, ruling: Ruling, way: str, clues: Clues) -> Returned:
    text = _line(said.text) or _line(mail.shown("subject"))
    rule = f"{way}:{ruling.rule}"
    return Returned(
        ruling.kind, told.recipient, ruling.permanent, said.reply, said.enhanced, text, rule, clues
    )


def _line(text: str) -> str:
    return clean_text(re.sub(r"\s+", " ", text[: 4 * _LONGEST_TEXT]))[:_LONGEST_TEXT]
