"""Bounces in the layouts of the great providers of mailboxes, in their readers' languages, and what "
"each says."""

from __future__ import annotations

from typing import Final

from digest.core.returned import Kind
from tests.mail.bounces.letters import COPY, READER, fields, group, letter, report, with_copy
from tests.mail.bounces.servers import EXIM, one

_NDR: Final = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@pier.example>"

PROVIDERS: Final = {
    "gmail": one(
        report(
            fields(
                group(
                    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n "
                    "550-5.1.1"
                    " double-checking the recipient's email address for typos or\n 550 5.1.1 "
                    "unnecessary spaces.",
                    status="5.1.1",
                )
            ),
            From="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            Subject="Delivery Status Notification (Failure)",
            X_Failed_Recipients=READER,
        ),
        Kind.HARD,
        "5.1.1",
    ),
    "gmail-full": one(
        report(fields(group("552-5.2.2 The recipient's inbox is out of storage space.", status="5.2.2"))),
        Kind.FULL,
        "5.2.2",
    ),
    "gmail-spam": one(
        report(
            fields(
                group(
                    "550-5.7.1 Our system has detected that this message is likely unsolicited",
                    status="5.7.1",
                )
            )
        ),
        Kind.BLOCKED,
        "5.7.1",
    ),
    "outlook-unknown": one(
        report(
            fields(
                group(
                    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", status="5.5.0"
                )
            ),
            From=_NDR,
            Subject="Undeliverable: Ports agree",
        ),
        Kind.HARD,
        "5.5.0",
    ),
    "exchange-online": one(
        report(
            fields(
                group(
                    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"
                    " [AM1EUR.eop.protection.outlook.example]",
                    status="5.4.1",
                )
            ),
            From=_NDR,
            Subject="Undeliverable: Ports agree",
        ),
        Kind.HARD,
        "5.4.1",
    ),
    "exchange-resolver": one(
        report(
            fields(
                group(
                    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
                    status="5.1.10",
                )
            )
        ),
        Kind.HARD,
        "5.1.10",
    ),
    "exchange-restricted": one(
        report(
            fields(
                group(
                    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
                    status="5.7.133",
                )
            )
        ),
        Kind.BLOCKED,
        "5.7.133",
    ),
    "exchange-5.5": one(
        with_copy(
            "Your message\n\n  To:      News\n  Subject: Ports agree\n  Sent:    Tue, 24 Nov 2026 "
            "08:00:00 +0100\n\n"
            f"did not reach the following recipient(s):\n\n{READER} on Tue, 24 Nov 2026 08:00:05 +0100\n"
            "    The recipient name is not recognized\n\tMSEXCH:IMS:Pier:HQ:MX 0 (000C05A6) Unknown "
            "Recipient\n",
            From="System Administrator <postmaster@pier.example>",
            Subject="Undeliverable: Ports agree",
        ),
        Kind.HARD,
    ),
    "yahoo": one(
        letter(
            "Sorry, we were unable to deliver your message to the following address.\n\n"
            f"<{READER}>:\n554: delivery error: dd This user doesn't have a pier.example account "
            f"({READER}) [0]\n\n"
            f"--- Below this line is a copy of the message.\n\n{COPY}",
            From="MAILER-DAEMON@yahoo.example",
            Subject="Failure Notice",
        ),
        Kind.HARD,
    ),
    "domino": one(
        with_copy(
            f"Your message\n\n  Subject: Ports agree\n\nwas not delivered to:\n\n  {READER}\n\nbecause:\n\n"
            f"  User ada.quay ({READER}) not listed in Domino Directory\n",
            From="Postmaster@pier.example",
            Subject="DELIVERY FAILURE: User ada.quay not listed in Domino Directory",
        ),
        Kind.HARD,
    ),
    "groupwise": one(
        with_copy(
            f"The message that you sent was undeliverable to the following:\n\t{READER} (Mailbox is full)\n",
            From="Mail Daemon <MAILER-DAEMON@pier.example>",
            Subject="Message status - undeliverable",
        ),
        Kind.FULL,
    ),
    "gmx": one(
        letter(
            f'{EXIM}"{READER}":\nSMTP error from remote server after RCPT command:\nhost: '
            f"mx.pier.example\n5.2.2 mailbox"
            f" full\n\n--- The header of the original message is following. ---\n\n{COPY}",
            From="MAILER-DAEMON@gmx.example",
        ),
        Kind.FULL,
        "5.2.2",
    ),
    "aol": one(
        letter(
            "Your mail to the following recipients could not be delivered because they are not "
            "accepting mail from"
            " news@harbour.example:\n\tadaquay\n",
            From='"Mail Delivery Subsystem" <MAILER-DAEMON@AOL.com>',
            Subject="Mail Delivery Problem",
        ),
        Kind.BLOCKED,
        recipient="adaquay@aol.com",
    ),
    "webde-german": one(
        letter(
            "Diese Nachricht wurde automatisch erstellt.\n\nIhre Nachricht konnte nicht zugestellt "
            "werden an:\n\n"
            f"  {READER}\n\nGrund: Empfänger unbekannt\n",
            From="Mailer-Daemon@pier.example",
            Subject="Unzustellbar: Ports agree",
        ),
        Kind.HARD,
    ),
    "outlook-french": one(
        letter(
            f"Échec de remise pour ces destinataires ou groupes :\n\n{READER}\nLa boîte aux lettres "
            f"du destinataire est"
            " pleine.\n",
            From=_NDR,
            Subject="Non remis : Ports agree",
        ),
        Kind.FULL,
    ),
    "outlook-spanish": one(
        letter(
            f"No se ha podido entregar el mensaje a los siguientes destinatarios:\n\n{READER}\nEl "
            f"usuario ada no existe.\n",
            From=_NDR,
            Subject="No se puede entregar: Ports agree",
        ),
        Kind.HARD,
    ),
    "outlook-chinese": one(
        letter(
            f"未能向以下收件人传递邮件：\n\n{READER}\n找不到收件人，邮箱不存在。\n",
            From=_NDR,
            Subject="无法传递: Ports agree 退信",
        ),
        Kind.HARD,
    ),
    "qq": one(
        letter(
            "抱歉，您的邮件被退回来了……\n\n原邮件信息：\n主　题：Ports agree\n\n无法发送到 "
            f"{READER}\n退信原因：收件人邮件地址不存在，邮件无法送达。\n",
            charset="gb18030",
            From="<PostMaster@qq.example>",
            Subject="系统退信/The email is returned/",
        ),
        Kind.HARD,
    ),
    "qq-html": one(
        letter(
            "<p>抱歉，您的邮件被退回来了……</p><p>原邮件信息：</p><p>主题：Ports agree</p><p>收件人："
            f"{READER}</p><p>退信原因：</p><p>收件人邮件地址（{READER}）不存在，邮件无法送达。</p>",
            From="PostMaster@qq.example",
            Subject="系统退信/The email is returned",
            Content_Type="text/html; charset=utf-8",
        ),
        Kind.HARD,
    ),
    "outlook-html": one(
        letter(
            "<style>p{}</style><p>Delivery has failed to these recipients or groups:</p>"
            f'<p><a href="mailto:{READER}">{READER}</a><br>The address you entered couldn\'t be found.</p>'
            f"<p>Generating server: mx.pier.example</p><p>{READER}<br>Remote Server returned '550 5.1.10"
            " RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'</p>",
            From=_NDR,
            Subject="Undeliverable: Ports agree",
            Content_Type="text/html; charset=utf-8",
        ),
        Kind.HARD,
        "5.1.10",
    ),
    "netease": one(
        letter(
            f"系统退信\n\n收件人 {READER} 的邮箱空间已满，邮件无法投递。\n英文说明: 552 Quota exceeded\n",
            charset="gb18030",
            From="Postmaster@163.example",
            Subject="系统退信",
        ),
        Kind.FULL,
    ),
    "japanese": one(
        letter(
            f"以下のメールアドレスへの送信に失敗しました。\n\n{READER}\n\nメールアドレスが見つかりません。\n",
            charset="iso2022_jp",
            From="MAILER-DAEMON@pier.example",
            Subject="=?ISO-2022-JP?B?GyRCJWEhPCVrJSglaSE8RExDThsoQg==?=",
        ),
        Kind.HARD,
    ),
    "russian": one(
        letter(
            "Это письмо создано автоматически. К сожалению, Ваше письмо не может быть доставлено:\n\n"
            f"{READER}\nнет такого пользователя\n",
            From="mailer-daemon@pier.example",
            Subject="Mail delivery failed",
        ),
        Kind.HARD,
    ),
    "zoho": one(
        letter(
            f"{EXIM}{READER} Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <{READER}>... User "
            f"Unknown\n",
            From="mailer-daemon@mail.zoho.example",
        ),
        Kind.HARD,
        "5.1.1",
    ),
}
