"""What an event becomes: the provider's own word for it, and for a failure the words of the server over it.

A provider sorts what servers say by a table of its own, often coarsely: a refusal for policy is a "hard
bounce" to some. Where the server's words are told and are clear, the project's one table of them decides
(`core/returned_rules`), and the provider's word where they are not.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from digest.core.returned import Clues, Kind, Returned
from digest.core.returned_rules import Said, clearest, codes_in, is_vague, rule_on
from digest.mail.hooks.document import line

#: What ends the copy; after anything else it may still arrive, or has.
FAILURES: Final = frozenset({Kind.SOFT, Kind.HARD, Kind.BLOCKED, Kind.FULL})
#: Feedback (RFC 5965 section 7.3) of which no reader is the cause, or that takes a complaint back.
NO_COMPLAINT: Final = frozenset({"not-spam", "auth-failure"})
#: What servers say; providers have numbers of their own beside them, such as 498 and 605.
_REPLY: Final = re.compile(r"[245][0-5][0-9]")


def numbered(found: Returned | None, number: str) -> Returned | None:
    """The same with what its provider calls this event: told again it is one, and another is another."""
    return found if found is None or not number.strip() else replace(found, fingerprint=number)


def event(kind: Kind, recipient: str, rule: str, text: str, clues: Clues) -> Returned:
    """What a provider says in its own words, which stand as they are."""
    return Returned(
        kind=kind,
        recipient=recipient,
        permanent=kind in FAILURES,
        text=line(text),
        rule=rule,
        clues=clues,
    )


def reported(
    kind: Kind,
    recipient: str,
    rule: str,
    text: str,
    clues: Clues,
    *,
    reply: str = "",
    enhanced: str = "",
) -> Returned:
    """What a provider says, and `text` of the server behind it, in which codes are looked for as well.

    Only failures are judged anew: what the provider still tries may yet arrive, whatever a server said.
    """
    in_text = codes_in(text)
    reply = reply if _REPLY.fullmatch(reply) else in_text[0]
    enhanced = clearest(enhanced, in_text[1])
    permanent = kind in FAILURES
    if permanent:
        ruling = rule_on(Said(reply=reply, enhanced=enhanced, text=text))
        if not is_vague(ruling) and ruling.kind in FAILURES:
            kind, rule = ruling.kind, f"{rule}, {ruling.rule}"
    return Returned(
        kind=kind,
        recipient=recipient,
        permanent=permanent,
        reply=reply,
        enhanced=enhanced,
        text=line(text),
        rule=rule,
        clues=clues,
    )
