"""What came back, as programs and people see it: plain values under the names of the interface."""

from __future__ import annotations

from typing import Any

from digest.flows.settle import Settled
from digest.mail.peek import readable
from digest.store.returned_mails import KeptMail, Return


def settled_shown(one: Settled) -> dict[str, Any]:
    """What became of one thing that was just read."""
    event = one.event
    return {
        "recipient": event.recipient or one.address or None,
        "kind": event.kind,
        "permanent": event.permanent,
        "code": event.enhanced or event.reply or None,
        "reply": event.reply or None,
        "text": event.text,
        "delivery": one.delivery_id,
        "notice": one.notice_id,
        "rule": event.rule,
        "effect": one.effect,
    }


def return_shown(one: Return) -> dict[str, Any]:
    """What came back some time ago."""
    return {
        "id": one.id,
        "at": one.at,
        "origin": one.origin,
        "recipient": one.address or None,
        "kind": one.kind,
        "permanent": one.permanent,
        "code": one.enhanced or one.reply or None,
        "reply": one.reply or None,
        "text": one.text,
        "delivery": one.delivery_id,
        "notice": one.notice_id,
        "issue": one.issue_id,
        "newsletter": one.newsletter or None,
        "rule": one.rule,
        "proof": one.proof or None,
        "effect": one.effect,
        "waits": one.waits,
        "sender": one.sender or None,
        "size": one.size,
    }


def looked_at(one: Return, mail: KeptMail | None) -> dict[str, Any]:
    """The same with its mail, if that is kept: who wrote it and what it says, as plain text."""
    kept = None
    if mail is not None:
        kept = {
            "from": mail.sender,
            "subject": mail.subject,
            "text": readable(mail.raw),
            "done_at": mail.done_at,
        }
    return return_shown(one) | {"mail": kept}
