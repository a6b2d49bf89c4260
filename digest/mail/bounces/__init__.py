"""Reads what comes back: bounces, complaints and answers become `Returned`s, whoever wrote them.

    bytes | read_mail | complaint? | report? | bounce in prose? | answer? -> Returned, one for each recipient

The order is that of trust: what follows a standard is asked first, and words are believed last and only where
the structure of the mail says that a server wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec.structs import replace

from digest.core.returned import Clues, Kind, Returned
from digest.core.returned_rules import Ruling, Said, is_vague, rule_on, said_after_the_mail
from digest.mail.bounces.addresses import Ours, addresses_in, one_address, without_xtext
from digest.mail.bounces.answers import answer_of
from digest.mail.bounces.arf import Complaint, read_complaint
from digest.mail.bounces.clues import MOST_CLUES, clues_of, sent_to
from digest.mail.bounces.dsn import Report, Told, read_report, rejected_by_receipt
from digest.mail.bounces.mime import Part, read_mail
from digest.mail.bounces.original import originals
from digest.mail.bounces.prose import about, has_arrived, read_prose, said_in, said_of, still_trying
from digest.mail.bounces.trust import Trust, is_daemons, trust_in
from digest.mail.words import clean_text

__all__ = ["read_returned"]

_LONGEST_TEXT = 500
#: Fields of a report's own head that name who sent what came back, never who should have got it.
_OUR_FIELDS = ("to", "from", "reply-to", "return-path", "sender", "errors-to")
#: They name where a report arrived; but some servers write there whom they could not reach.
_ARRIVED_AT = ("delivered-to", "x-original-to", "envelope-to")


def read_returned(
    raw: bytes, *, envelope_to: str = "", envelope_from: str | None = None, ours: Collection[str] = ()
) -> tuple[Returned, ...]:
    """What one mail says, one for each recipient; empty when it is neither report nor answer.

    `envelope_from` is empty for the null sender and None when it is not known; `ours` are addresses and
    domains that no report can be about. Any bytes will do: nothing is raised.
    """
    mail = read_mail(raw)
    own = _never_readers(mail, envelope_to, ours)
    if (complaint := read_complaint(mail, own)) is not None:
        return _complained(mail, complaint, envelope_to)
    trust = trust_in(mail, envelope_from)
    # a report that somebody pasted into a letter is quoted, and not told to us
    may_report = mail.type == "multipart/report" or trust is not Trust.NONE
    if may_report and (report := read_report(mail)) is not None:
        found = _reported(mail, report, own, envelope_to)
        return found if mail.type == "multipart/report" else _as_trusted(found, trust)
    if trust is not Trust.NONE:
        found = _worth_telling(mail, _as_trusted(_bounced(mail, own, envelope_to), trust), trust)
        if found:
            return found
    return _answered(mail, Ours.of(ours), envelope_to)


def _answered(mail: Part, ours: Ours, envelope_to: str) -> tuple[Returned, ...]:
    if recipient := rejected_by_receipt(mail):
        said = Said(text=said_in(mail))
        if (ruling := rule_on(said)).kind is Kind.FULL:
            clues = clues_of(mail, envelope_to=envelope_to)
            return (_returned(mail, Told(recipient, said), said, ruling, "mdn", clues),)
    if (answer := answer_of(mail, ours, envelope_to)) is None:
        return ()
    kind, rule, text = answer
    clues = clues_of(mail, envelope_to=envelope_to)
    return (Returned(kind, one_address(mail.get("from")), text=_line(text), rule=rule, clues=clues),)


def _never_readers(mail: Part, envelope_to: str, ours: Collection[str]) -> Ours:
    """Whom no report can be about: we, who wrote it, and where it arrived unless the copy went there, too."""

    def named(fields: Collection[str]) -> list[str]:
        return [one for name in fields for value in mail.all(name) for one in addresses_in(value)]

    surely = Ours.of(ours, [envelope_to, *named(_OUR_FIELDS)])
    arrived = [one for one in named(_ARRIVED_AT) if one not in surely]
    if not arrived:
        return surely
    readers = {one.lower() for one in sent_to(originals(mail))}
    return Ours.of(surely.names, [one for one in arrived if one.lower() not in readers])


def _complained(mail: Part, complaint: Complaint, envelope_to: str) -> tuple[Returned, ...]:
    clues = clues_of(mail, envelope_to=envelope_to, told=complaint.about_the_copy)
    text = _line(mail.shown("subject"))
    return tuple(
        Returned(complaint.kind, one, text=text, rule=complaint.rule, clues=clues)
        for one in complaint.recipients or ("",)
    )


def _reported(mail: Part, report: Report, own: Ours, envelope_to: str) -> tuple[Returned, ...]:
    everyone = [told.recipient for told in report.told]
    clues = clues_of(mail, envelope_to=envelope_to, told=report.about_the_copy)
    found = []
    for told in report.told if everyone != [""] else _named_elsewhere(mail, report.told[0], own):
        ruling, said = rule_on(told.said), told.said
        if is_vague(ruling):
            ruling, said = _from_the_text(mail, told, ruling, everyone)
        elif ruling.kind is Kind.HARD and said_after_the_mail(about(said_in(mail), told.recipient, everyone)):
            # the fields quote the words, and the text when they were said
            ruling = rule_on(replace(said, text=f"after end of data: {said.text}"))
        found.append(_returned(mail, told, said, ruling, "dsn", clues))
    return tuple(found)


def _named_elsewhere(mail: Part, told: Told, own: Ours) -> tuple[Told, ...]:
    """What is told of one whom the report does not name as an address, with the name that its text gives."""
    named = [one.recipient for one in read_prose(mail, own)]
    return (replace(told, recipient=named[0]),) if len(named) == 1 else (told,)


def _from_the_text(mail: Part, told: Told, ruling: Ruling, everyone: Collection[str]) -> tuple[Ruling, Said]:
    """What the readable part says, where the fields of a report say nothing."""
    said = said_of(about(said_in(mail), told.recipient, everyone), told.said)
    other = rule_on(said)
    return (ruling, told.said) if is_vague(other) else (other, said)


def _bounced(mail: Part, own: Ours, envelope_to: str) -> tuple[Returned, ...]:
    action = "delayed" if still_trying(mail) else "delivered" if has_arrived(mail) else ""
    clues = clues_of(mail, envelope_to=envelope_to)
    found = []
    for told in read_prose(mail, own):
        said = replace(told.said, action=action) if action else told.said
        found.append(_returned(mail, told, said, rule_on(said), "prose", clues))
    return tuple(found)


def _worth_telling(mail: Part, found: tuple[Returned, ...], trust: Trust) -> tuple[Returned, ...]:
    """What is told of somebody, or with the copy; what tells neither is a server's, or an offer's.

    Parcels that could not be delivered and mailboxes that are said to be full are written to whoever reads
    it, and name nobody; even of a server such words make no address bad.
    """
    if next(originals(mail), None) is not None:
        return found
    named = tuple(one for one in found if one.recipient)
    if named or trust is Trust.SOME or not is_daemons(mail):
        return named
    return tuple(replace(one, kind=Kind.SOFT) if one.kind is Kind.HARD else one for one in found)


def _as_trusted(found: tuple[Returned, ...], trust: Trust) -> tuple[Returned, ...]:
    """What is told by one who may be no server makes no address bad."""
    if trust is Trust.FULL:
        return found
    return tuple(
        replace(one, kind=Kind.SOFT, rule=f"{one.rule}:doubtful-sender") if one.kind is Kind.HARD else one
        for one in found
    )


def _returned(mail: Part, told: Told, said: Said, ruling: Ruling, way: str, clues: Clues) -> Returned:
    text = _line(said.text) or _line(mail.shown("subject"))
    others = [one for one in (*told.others, without_xtext(told.recipient)) if one]
    known = tuple(dict.fromkeys([*others, *clues.addresses]))[:MOST_CLUES]
    return Returned(
        ruling.kind,
        told.recipient,
        ruling.permanent,
        said.reply,
        said.enhanced,
        text,
        rule=f"{way}:{ruling.rule}",
        made_of=told.made_of,
        clues=replace(clues, addresses=known),
    )


def _line(text: str) -> str:
    return clean_text(re.sub(r"\s+", " ", text[: 4 * _LONGEST_TEXT]))[:_LONGEST_TEXT]
