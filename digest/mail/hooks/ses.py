"""Amazon SES: its notices of feedback and its published events, which differ in little but a name.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from digest.core.returned import Clues, Kind, Returned
from digest.mail.hooks.called import Refusal, RefusedError, Told
from digest.mail.hooks.document import (
    Part,
    address,
    clues,
    label,
    links_in,
    parsed,
    part,
    parts,
    word,
    words,
)
from digest.mail.hooks.judging import NO_COMPLAINT, event, reported
from digest.mail.hooks.sns import NOTIFICATION, Message, check_signature

#: Type and subtype of a bounce -> what it is. Words and codes of the server go before.
_BOUNCES: Final[Mapping[tuple[str, str], Kind]] = {
    ("Permanent", "General"): Kind.HARD,
    ("Permanent", "NoEmail"): Kind.HARD,
    # on Amazon's list of addresses that do not exist
    ("Permanent", "Suppressed"): Kind.HARD,
    # on the account's own list, for a bounce or a complaint: which of them is not told
    ("Permanent", "OnAccountSuppressionList"): Kind.BLOCKED,
    ("Permanent", "UnsubscribedRecipient"): Kind.UNSUBSCRIBE,
    ("Transient", "MailboxFull"): Kind.FULL,
    ("Transient", "ContentRejected"): Kind.BLOCKED,
    ("Transient", "AttachmentRejected"): Kind.BLOCKED,
    ("Transient", "MessageTooLarge"): Kind.SOFT,
    ("Transient", "General"): Kind.SOFT,
    ("Undetermined", "Undetermined"): Kind.SOFT,
}
#: Of these Amazon tried nothing, so there are no words of a server.
_NOT_TRIED: Final = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})
#: What Amazon tells after it was asked to.
_GREETING: Final = "Successfully validated SNS topic"


def read(message: Message, certificate: bytes, now: datetime) -> Told:
    """What a message says once its signature is right; raises RefusedError."""
    check_signature(message, certificate, now)
    if message.kind != NOTIFICATION:
        return Told(passed=1, confirm_at=message.subscribe_url)
    if message.text.startswith(_GREETING):
        return Told(passed=1)
    told = parsed(message.text)
    if not isinstance(told, dict):
        raise RefusedError(Refusal.UNREADABLE)
    events = events_in(told)
    return Told(events, passed=0 if events else 1)


def is_notification(told: Part) -> bool:
    """Whether a document has the form in which SES tells of a mail, be it of interest or not."""
    return bool(_sort_of(told)) and isinstance(told.get("mail"), dict)


def events_in(told: Part) -> tuple[Returned, ...]:
    """What such a document says; whether Amazon wrote it is another question."""
    reader = _READERS.get(_sort_of(told))
    return tuple(reader(told, _clues(part(told, "mail")))) if reader else ()


def _sort_of(told: Part) -> str:
    return word(told, "eventType") or word(told, "notificationType")


def _bounces(told: Part, found: Clues) -> list[Returned]:
    bounce = part(told, "bounce")
    sort, sub = word(bounce, "bounceType", 60), word(bounce, "bounceSubType", 60)
    rule = f"ses:{label(sort)}/{label(sub)}"
    kind = _BOUNCES.get((sort, sub), Kind.SOFT)
    several = []
    for one in parts(bounce, "bouncedRecipients"):
        recipient, said = address(word(one, "emailAddress")), _said(one)
        if sub in _NOT_TRIED:
            several.append(event(kind, recipient, rule, said, found))
        elif (sort, sub) == ("Transient", "General") and not said and not word(one, "status"):
            # so does Amazon tell of a machine that is out of the office; a server would have said something
            several.append(event(Kind.AUTO_REPLY, recipient, f"{rule}, without words", "", found))
        else:
            several.append(reported(kind, recipient, rule, said, found, enhanced=word(one, "status")))
    return several


def _complaints(told: Part, found: Clues) -> list[Returned]:
    complaint = part(told, "complaint")
    sort = word(complaint, "complaintFeedbackType", 60).lower()
    if sort in NO_COMPLAINT:
        return []
    rule = f"ses:Complaint/{label(sort or word(complaint, 'complaintSubType', 60))}"
    return [
        event(Kind.COMPLAINT, address(word(one, "emailAddress")), rule, sort, found)
        for one in parts(complaint, "complainedRecipients")
    ]


def _deliveries(told: Part, found: Clues) -> list[Returned]:
    delivery = part(told, "delivery")
    said = word(delivery, "smtpResponse")
    return [
        reported(Kind.DELIVERED, address(one), "ses:Delivery", said, found)
        for one in words(delivery, "recipients")
    ]


def _delays(told: Part, found: Clues) -> list[Returned]:
    delay = part(told, "deliveryDelay")
    rule = f"ses:DeliveryDelay/{label(word(delay, 'delayType', 60))}"
    return [
        reported(
            Kind.DELAYED,
            address(word(one, "emailAddress")),
            rule,
            _said(one),
            found,
            enhanced=word(one, "status"),
        )
        for one in parts(delay, "delayedRecipients")
    ]


def _rejects(told: Part, found: Clues) -> list[Returned]:
    """Amazon found a virus in what we sent, and sent it to nobody."""
    return _all(told, Kind.BLOCKED, "ses:Reject", word(part(told, "reject"), "reason"), found)


def _failures(told: Part, found: Clues) -> list[Returned]:
    said = word(part(told, "failure"), "errorMessage")
    return _all(told, Kind.SOFT, "ses:RenderingFailure", said, found)


def _unsubscribed(told: Part, found: Clues) -> list[Returned]:
    """The header that Amazon puts in when it keeps the list of who wants mail."""
    wishes = part(part(told, "subscription"), "newTopicPreferences")
    out = any(word(one, "subscriptionStatus") == "OptOut" for one in parts(wishes, "topicSubscriptionStatus"))
    if not out and wishes.get("unsubscribeAll") is not True:
        return []
    return _all(told, Kind.UNSUBSCRIBE, "ses:Subscription", "", found)


_READERS: Final[Mapping[str, Callable[[Part, Clues], list[Returned]]]] = {
    "Bounce": _bounces,
    "Complaint": _complaints,
    "Delivery": _deliveries,
    "DeliveryDelay": _delays,
    "Reject": _rejects,
    "Rendering Failure": _failures,
    "Subscription": _unsubscribed,
}


def _all(told: Part, kind: Kind, rule: str, said: str, found: Clues) -> list[Returned]:
    """The same for all to whom the mail was addressed."""
    mail = part(told, "mail")
    return [event(kind, address(one), rule, said, found) for one in words(mail, "destination")]


def _said(recipient: Part) -> str:
    """The server's words, without the word for who says them (RFC 3464 section 2.3.6)."""
    said = word(recipient, "diagnosticCode")
    return said[5:].lstrip() if said.lower().startswith("smtp;") else said


def _clues(mail: Part) -> Clues:
    headers = [(word(one, "name").lower(), word(one, "value", 2000)) for one in parts(mail, "headers")]
    number = word(mail, "messageId", 100)
    ids = [value for name, value in headers if name == "message-id"]
    return clues(
        return_paths=(word(mail, "source"), *(value for name, value in headers if name == "return-path")),
        # the last is what Amazon writes over ours
        message_ids=(
            *ids,
            word(part(mail, "commonHeaders"), "messageId"),
            f"{number}@email.amazonses.com" if number else "",
        ),
        links=tuple(
            link for name, value in headers if name == "list-unsubscribe" for link in links_in(value)
        ),
    )
