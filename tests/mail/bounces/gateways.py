"""Bounces of gateways, filters and smaller systems, in layouts that are easily read wrong."""

from __future__ import annotations

from typing import Final

from digest.core.returned import Kind
from tests.mail.bounces.letters import COPY, COPY_HEAD, OUR_DOMAIN, READER, fields, group, letter, report
from tests.mail.bounces.servers import EXIM, OTHER, Told, one

_JAMES: Final = (
    "Hi. This is the James mail server at mx.pier.example.\nI wasn't able to deliver your message to these "
    "addresses.\n\nFailed recipient(s):\n"
)
_STAGE: Final = "SMTP error from remote mail server"

GATEWAYS: Final = {
    "no-mail-domain": one(
        letter(f"{EXIM}  {READER}\n    an MX or SRV record indicated no SMTP service\n"), Kind.HARD
    ),
    "no-mail-host": one(
        report(fields(group("550 5.7.27 Host does not accept mail", status="5.7.27"))), Kind.HARD
    ),
    "provider-quotes-provider": one(
        report(
            fields(
                group(
                    "5.1.0 - Unknown address error 550-'5.4.1 Recipient address rejected: Access denied. "
                    "[AM1]'",
                    status="5.1.0",
                )
            )
        ),
        Kind.HARD,
    ),
    "provider-quotes-full": one(
        report(fields(group("5.1.0 - Unknown address error 552-'5.2.2 no room'", status="5.1.0"))),
        Kind.FULL,
        "5.2.2",
    ),
    "blocked-by-idleness": one(
        report(fields(group("550 5.2.1 This mailbox was blocked due to inactivity", status="5.2.1"))),
        Kind.HARD,
    ),
    "curly-apostrophes": one(
        letter(
            f'<p>Your message to <a href="mailto:{READER}">{READER}</a> couldn’t be delivered.</p>'
            "<p><b>ada.quay</b> wasn’t found at <b>pier.example</b>.</p>",
            From="postmaster@pier.example",
            Subject="Undeliverable: Ports agree",
            Content_Type="text/html; charset=utf-8",
        ),
        Kind.HARD,
    ),
    "recipient-in-its-head": one(
        letter(
            f"This is the DragonFly Mail Agent at out.harbour.example.\n\nThere was an error delivering your "
            f"mail to <{READER}>.\n\nmx.pier.example did not like our RCPT TO:\n550 5.1.1 <{READER}>: no "
            f"such "
            f"user\n\nMessage headers follow.\n\n{COPY_HEAD}",
            From="MAILER-DAEMON <>",
            X_Original_To=f"<{READER}>",
            To=f"news@{OUR_DOMAIN}",
            Subject="Mail delivery failed",
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "answers-in-person": one(
        letter(
            f"{_JAMES}{READER}\n\nError message:\n550 5.1.1 no such user\n",
            From="postmaster@mx.pier.example",
            Subject="Re: Ports agree",
        ),
        Kind.HARD,
    ),
    "possibly-truncated": one(
        letter(
            f"Your mail was undeliverable to the following:\n\t{READER} (user not found)\n\nPossibly "
            f"truncated "
            f"original message follows:\n\n{COPY}",
            From="postmaster@pier.example",
            Subject="Message status - undeliverable",
        ),
        Kind.HARD,
    ),
    "label-in-korean": one(
        letter(
            f"메일 발송에 실패했습니다.\n\n받는 사람 : {READER}\n사유 : 존재하지 않는 사용자입니다.\n",
            From="MAILER-DAEMON@pier.example",
            Subject="발송 실패",
        ),
        Kind.HARD,
    ),
    "label-in-any-language": one(
        letter(
            f"Não foi possível entregar.\n\nLeitora: {READER}\nMotivo: conta inexistente\nRemetente: "
            "bo@elsewhere.example\n",
            From="MAILER-DAEMON@pier.example",
            Subject="Falha na entrega",
        ),
        Kind.HARD,
    ),
    "alone-in-a-sentence": one(
        letter(
            f"Votre lettre n'est pas parvenue à {READER}, car cette adresse est introuvable.\n",
            Subject="Delivery Status Notification (Failure)",
        ),
        Kind.HARD,
    ),
    "refused-after-the-mail-by-qmail": one(
        letter(
            f"I wasn't able to deliver your message.\n\n<{READER}>:\n192.0.2.9 failed after I sent the "
            f"message.\n"
            "Remote host said: 550 unknown user\n",
            Subject="failure notice",
        ),
        Kind.SOFT,
    ),
    "xmail": one(
        letter(
            f"[<00>] XMail bounce: Rcpt=[{READER}];Error=[550 no]\n\n[<01>] Error sending message [1].\n\n"
            f"Rcpt To:   <{READER}>\n\n[<02>] The reason was:\n\n550 no such user\n",
            From="root@mx.pier.example",
            Subject="Error sending message [1] from [mx.pier.example].",
            X_MailerError="Message = [1]",
        ),
        Kind.HARD,
    ),
    "refused-after-the-mail": one(
        report(
            fields(group("550 Unknown user ada.quay", status="5.0.0")),
            text=f"<{READER}>: host mx.pier.example said: 550 Unknown user ada.quay (in reply to end of DATA "
            "command)\n",
        ),
        Kind.SOFT,
    ),
    "refused-after-the-mail-by-exim": one(
        letter(
            f"{EXIM}  {READER}\n    {_STAGE} after end of data:\n    host mx [192.0.2.9]: 550 User unknown\n"
        ),
        Kind.SOFT,
    ),
    "unknown-after-the-mail-by-its-code": one(
        report(
            fields(group("550 5.1.10 no such recipient", status="5.1.10")),
            text=f"<{READER}>: 550 5.1.10 no such recipient (in reply to end of DATA command)\n",
        ),
        Kind.HARD,
    ),
    "transcript-of-two": Told(
        letter(
            "   ----- Transcript of session follows -----\nWhile talking to mx.elsewhere.example:\n"
            f"554 <{READER}>... Remote protocol error\n550 elsewhere.example (smtp)... 550 Host unknown\n"
            f"554 <{OTHER}>... 550 Host unknown\n\n   ----- Unsent message follows -----\n{COPY}",
            Subject="Returned mail: Host unknown",
        ),
        ((READER, Kind.SOFT), (OTHER, Kind.HARD)),
    ),
    "certain-beside-guesses": one(
        letter(
            f"Delivery failed.\n\n{READER}\n\nThe user does not exist. You may have misspelt the name.\n",
        ),
        Kind.HARD,
    ),
    "guesses-that-were-announced": one(
        letter(
            f"Delivery failed.\n\n{READER}\n\nIt may be that:\n\n- the user does not exist\n\n- the moon "
            f"is full\n",
        ),
        Kind.SOFT,
    ),
    "sendmail-reason-between": Told(
        letter(
            "   ----- The following addresses had permanent fatal errors -----\ndeep@elsewhere.example\n"
            f"    (reason: 550 5.1.1 deep... User unknown)\n    (expanded from: <{READER}>)\n",
            Subject="Returned mail: see transcript for details",
        ),
        ((READER, Kind.HARD), ("deep@elsewhere.example", Kind.HARD)),
    ),
    "arrived": one(
        letter(
            f"Your mail was delivered to {READER}.\n",
            Subject="Successful delivery of your mail",
        ),
        Kind.DELIVERED,
    ),
    "gateway-without-a-report": one(
        report(
            fields(group("550 5.1.1 no such user", status="5.1.1")),
            text=f"--- The following addresses had delivery problems ---\n\n<{READER}>\n",
            From="gateway@pier.example",
            Subject="Delivery Status",
            Content_Type='multipart/mixed; boundary="=_b"',
        ),
        Kind.HARD,
    ),
}
