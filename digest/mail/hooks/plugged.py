"""Providers whose hooks are plugins: what they say is judged like the words of all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from digest.core.returned import Kind, Returned
from digest.errors import PluginError
from digest.mail.hooks.called import Call, Refusal, RefusedError, Told
from digest.mail.hooks.document import address, clues, label, line
from digest.mail.hooks.judging import FAILURES, event, numbered, reported
from digest.plugins import Call as PluginCall
from digest.plugins import CallRefusedError, Event, Heard, Why, shelf

log = structlog.get_logger(__name__)

_REFUSALS: Final[Mapping[Why, Refusal]] = {
    Why.FORGED: Refusal.FORGED,
    Why.STALE: Refusal.STALE,
    Why.UNREADABLE: Refusal.UNREADABLE,
    Why.LATER: Refusal.LATER,
}


def providers() -> tuple[str, ...]:
    """The names of the providers whose hooks are plugins."""
    return shelf.names(shelf.Kind.HOOK)


def read(provider: str, call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The events of a call; raises RefusedError, also when the plugin fails: the provider comes again."""
    try:
        heard = shelf.hook(provider).read(PluginCall(call.headers, call.body), secrets, now)
        return _told(provider, heard)
    except CallRefusedError as error:
        raise RefusedError(_REFUSALS.get(error.why, Refusal.UNREADABLE)) from None
    except PluginError as error:
        trouble = error
    except shelf.FAULTS as error:
        trouble = shelf.broken(shelf.Kind.HOOK, provider, error, doing="read()")
    log.error("a call could not be read", provider=provider, error=str(trouble))
    raise RefusedError(Refusal.BROKEN)


def _told(provider: str, heard: Heard) -> Told:
    found = (numbered(_returned(provider, one), line(one.number, 100)) for one in heard.events)
    events = tuple(one for one in found if one is not None)
    once = str(heard.once)
    # a word is remembered for all providers together
    return Told(events, passed=int(heard.passed), once=f"{provider}:{once}" if once else "")


def _returned(provider: str, one: Event) -> Returned:
    kind = Kind(one.kind)
    rule = f"{provider}:{label(one.rule or kind)}"
    found = clues(return_paths=one.return_paths, message_ids=one.message_ids, links=one.links)
    recipient = address(one.recipient)
    if kind not in FAILURES:
        return event(kind, recipient, rule, one.text, found)
    return reported(kind, recipient, rule, one.text, found, reply=one.reply, enhanced=one.enhanced)
