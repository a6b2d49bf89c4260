"""One piece of news from each provider, in its own shape: an unknown reader at a server that says so."""

from __future__ import annotations

from typing import Any, Final

from digest.mail.hooks.called import Provider

#: A return path as ours are made.
PATH: Final = "bounces+7.0123456789abcdef0123@news.example"
MESSAGE_ID: Final = "<3.7.0123456789abcdef0123@news.example>"
SAID: Final = "550 5.1.1 <ana@readers.example>: User unknown"


def mail(**more: Any) -> dict[str, Any]:
    """What SES says of the mail itself."""
    return {
        "timestamp": "2026-11-24T08:00:00.000Z",
        "source": PATH,
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/news.example",
        "sendingAccountId": "123456789012",
        "messageId": "0102018c-4b1d-4f0e-9a0e-1f2e3d4c5b6a-000000",
        "destination": ["ana@readers.example"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "The Harbour Post <news@news.example>"},
            {"name": "Message-ID", "value": MESSAGE_ID},
            {
                "name": "List-Unsubscribe",
                "value": "<https://news.example/unsubscribe/abc>, <mailto:u@n.example>",
            },
        ],
        "commonHeaders": {"messageId": MESSAGE_ID, "subject": "The morning"},
        **more,
    }


def ses_bounce(sort: str = "Permanent", sub: str = "General", **recipient: Any) -> dict[str, Any]:
    """A bounce of SES."""
    one = {"emailAddress": "ana@readers.example", **recipient}
    bounce = {"bounceType": sort, "bounceSubType": sub, "bouncedRecipients": [one], "feedbackId": "0102"}
    return {"notificationType": "Bounce", "bounce": bounce, "mail": mail()}


def postmark_bounce(sort: str = "HardBounce", **more: Any) -> dict[str, Any]:
    """A bounce of Postmark."""
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": sort,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Description": "The server was unable to deliver your message",
        "Details": f"smtp;{SAID}",
        "Email": "ana@readers.example",
        "From": "news@news.example",
        "BouncedAt": "2026-11-24T08:00:00Z",
        "Inactive": True,
        **more,
    }


def sendgrid_event(name: str = "bounce", **more: Any) -> dict[str, Any]:
    """An event of SendGrid."""
    return {
        "email": "ana@readers.example",
        "timestamp": 1795503600,
        "smtp-id": MESSAGE_ID,
        "event": name,
        "sg_event_id": "ZyjAM5rnQmuI1KFInHQ3Nw",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        **more,
    }


def mailgun_event(name: str = "failed", severity: str = "permanent", **more: Any) -> dict[str, Any]:
    """An event of Mailgun."""
    return {
        "event": name,
        "severity": severity,
        "reason": "bounce",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1795503600.1,
        "recipient": "ana@readers.example",
        "envelope": {"sender": PATH, "transport": "smtp", "targets": "ana@readers.example"},
        "message": {"headers": {"message-id": MESSAGE_ID.strip("<>"), "to": "ana@readers.example"}},
        "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": SAID, "attempt-no": 1},
        **more,
    }


def sparkpost_event(name: str = "bounce", **more: Any) -> dict[str, Any]:
    """An event of SparkPost."""
    sort = {"list_unsubscribe": "unsubscribe_event", "link_unsubscribe": "unsubscribe_event"}
    event = {
        "type": name,
        "bounce_class": "10",
        "error_code": "550",
        "event_id": "92356927693813856",
        "message_id": "0004e3724f57753a3561",
        "msg_from": PATH,
        "rcpt_to": "ana@readers.example",
        "raw_rcpt_to": "ana@readers.example",
        "raw_reason": SAID,
        "reason": "550 5.1.1 <...>: User unknown",
        "timestamp": "1795503600",
        **more,
    }
    return {"msys": {sort.get(name, "message_event"): event}}


def generic_event(kind: str = "hard", **more: Any) -> dict[str, Any]:
    """A document of the form that is our own."""
    event = {
        "kind": kind,
        "recipient": "ana@readers.example",
        "text": SAID,
        "return_path": PATH,
        "message_id": MESSAGE_ID,
        **more,
    }
    return {"type": "mail.returned", "timestamp": "2026-11-24T08:00:00Z", "data": {"events": [event]}}


#: What each provider says of a reader whom nobody knows.
UNKNOWN_READER: Final[dict[Provider, Any]] = {
    Provider.SES: ses_bounce(status="5.1.1", action="failed", diagnosticCode=f"smtp; {SAID}"),
    Provider.POSTMARK: postmark_bounce(),
    Provider.SENDGRID: [sendgrid_event(type="bounce", status="5.1.1", reason=SAID)],
    Provider.MAILGUN: mailgun_event(),
    Provider.SPARKPOST: [sparkpost_event()],
    Provider.GENERIC: generic_event(),
}
