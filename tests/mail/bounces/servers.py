"""Bounces in the layouts of the mail servers that anybody may run, and what each says."""

from __future__ import annotations

from typing import Final, NamedTuple

from digest.core.returned import Kind
from tests.mail.bounces.letters import COPY, READER, fields, group, letter, report, with_copy

OTHER: Final = "bo.kade@pier.example"


class Told(NamedTuple):
    """A mail and what it says: recipients with their kinds, in order."""

    raw: bytes
    says: tuple[tuple[str, Kind], ...]
    enhanced: str = ""


def one(raw: bytes, kind: Kind, enhanced: str = "", recipient: str = READER) -> Told:
    return Told(raw, ((recipient, kind),), enhanced)


EXIM: Final = (
    "This message was created automatically by mail delivery software.\n\n"
    "A message that you sent could not be delivered to one or more of its\n"
    "recipients. This is a permanent error. The following address(es) failed:\n\n"
)
_QMAIL: Final = (
    "Hi. This is the qmail-send program at mx.pier.example.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
)
_TRANSCRIPT: Final = "   ----- Transcript of session follows -----\n... while talking to mx.pier.example.:\n"

SERVERS: Final = {
    "exim": one(
        letter(
            f"{EXIM}  {READER}\n    host mx.pier.example [192.0.2.9]\n    SMTP error from remote mail "
            f"server after"
            f" RCPT TO:<{READER}>:\n    550 5.1.1 <{READER}>: Recipient address rejected: User unknown\n\n"
            f"------ This is a copy of the message, including all the headers. ------\n\n{COPY}",
            X_Failed_Recipients=READER,
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "exim-alias": Told(
        letter(
            f"{EXIM}  deep@elsewhere.example\n    (ultimately generated from {READER})\n    mailbox is full: "
            f"retry timeout exceeded\n"
        ),
        ((READER, Kind.FULL), ("deep@elsewhere.example", Kind.FULL)),
    ),
    "exim-alias-of-two": Told(
        letter(
            f"{EXIM}  old@elsewhere.example\n    (generated from {READER})\n    550 5.1.1 user unknown\n\n"
            f"  deep@elsewhere.example\n    (generated from {READER})\n    452 4.2.2 mailbox is full\n"
        ),
        (
            (READER, Kind.FULL),
            ("old@elsewhere.example", Kind.HARD),
            ("deep@elsewhere.example", Kind.FULL),
        ),
    ),
    "exim-warning": one(
        letter(
            "This message was created automatically by mail delivery software.\nA message that you "
            "sent has not yet"
            f" been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n"
            f"The address to which the message has not yet been delivered is:\n\n  {READER}\n\n"
            "No action is required on your part. Delivery attempts will continue for\nsome time.\n",
            Subject="Warning: message 1rABCd-000 delayed 24 hours",
        ),
        Kind.DELAYED,
    ),
    "qmail": one(
        letter(
            f"{_QMAIL}<{READER}>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 no "
            f"mailbox here by"
            f" that name\nGiving up on 192.0.2.9.\n\n--- Below this line is a copy of the message.\n\n{COPY}",
            Subject="failure notice",
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "qmail-two": Told(
        letter(
            f"{_QMAIL}<{READER}>:\nThis account is over quota. (#5.2.2)\n\n<{OTHER}>:\nSorry, no "
            f"mailbox here by that"
            " name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: "
            "<x@y.example>\n",
            Subject="failure notice",
        ),
        ((READER, Kind.FULL), (OTHER, Kind.HARD)),
    ),
    "sendmail": one(
        report(
            fields(group("550 5.1.1 <ada.quay@pier.example>... User unknown", status="5.1.1")),
            text=f"   ----- The following addresses had permanent fatal errors "
            f"-----\n<{READER}>\n\n{_TRANSCRIPT}"
            f">>> RCPT To:<{READER}>\n<<< 550 5.1.1 <{READER}>... User unknown\n",
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "sendmail-old": one(
        letter(
            f"The original message was received at Tue, 24 Nov 2026 08:00:00 +0100\nfrom "
            f"out.harbour.example\n\n"
            f"   ----- The following addresses had permanent fatal errors -----\n{READER}\n\n{_TRANSCRIPT}"
            f">>> RCPT To:<{READER}>\n<<< 550 {READER}... User unknown\n550 {READER}... User unknown\n\n"
            f"   ----- Original message follows -----\n\n{COPY}",
            Subject="Returned mail: User unknown",
        ),
        Kind.HARD,
    ),
    "postfix-old": one(
        with_copy(
            "This is the Postfix program at host mx.pier.example.\n\nI'm sorry to have to inform you "
            "that the message"
            " returned\nbelow could not be delivered to one or more destinations.\n\n"
            f"For further assistance, please send mail to <postmaster>\n\n\t\t\tThe Postfix "
            f"program\n\n<{READER}>: host"
            f" mx.pier.example[192.0.2.9] said: 550 <{READER}>: User unknown in\n    local recipient table\n"
        ),
        Kind.HARD,
    ),
    "postfix-no-host": one(
        report(
            fields(
                f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.4.4\nDiagnostic-Code: "
                f"X-Postfix; Host or"
                " domain name not found. Name service error\n for name=pier.example type=AAAA: Host not found"
            )
        ),
        Kind.HARD,
        "5.4.4",
    ),
    "courier": one(
        report(
            fields(group("550 User unknown.", status="5.0.0")),
            text=f"UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be "
            f"delivered:\n\n<{READER}>:\n"
            "    mx.pier.example [192.0.2.9]:\n>>> RCPT TO:<x>\n<<< 550 User unknown.\n",
        ),
        Kind.HARD,
    ),
    "opensmtpd": one(
        letter(
            "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An "
            "error has occurred"
            f" while attempting to deliver a message for\n    the following list of "
            f"recipients:\n\n{READER}: 550 5.1.1"
            f" <{READER}>: Recipient address rejected: User unknown\n\n    Below is a copy of the "
            f"original message:\n\n{COPY}",
            Subject="Delivery status notification: error",
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "mail-enable": one(
        letter(
            "MailEnable: Message could not be delivered to some recipients.\nThe following "
            "recipient(s) could not be"
            f" reached:\n\n\tRecipient: [SMTP:{READER}]\n\tReason: Remote SMTP Server Returned: 550 "
            f"no such user\n\n\n"
            f"Message headers follow:\n\n{COPY}",
            From="postmaster@pier.example",
            Subject="Message Delivery Failure",
        ),
        Kind.HARD,
    ),
    "imail": one(
        letter(
            f"Unknown user: {READER}\n\n\nOriginal message follows.\n\n{COPY}",
            From='"Postmaster" <postmaster@pier.example>',
            Subject="Undeliverable Mail",
            X_Mailer="<SMTP32 v8.05>",
        ),
        Kind.HARD,
    ),
    "null-sender": one(
        letter(
            f"Delivery failed.\n\n{READER}\n550 no such user\n",
            From="Robot <robot@pier.example>",
            Subject="Delivery failure",
            Return_Path="<>",
        ),
        Kind.HARD,
    ),
    "silent": one(with_copy("Delivery failed, and I do not say to whom."), Kind.SOFT),
    "only-vague": one(letter(f"{EXIM}  {READER}\n    550 go away\n", X_Failed_Recipients=READER), Kind.SOFT),
}
