"""Writes returned mails as the tests need them: invented names in the layouts of the world's servers."""

from __future__ import annotations

from typing import Final

from digest.mail.identifiers import message_id, return_path

KEY: Final = b"k" * 32
DELIVERY: Final = 4711
OUR_DOMAIN: Final = "harbour.example"
BACK: Final = return_path(DELIVERY, key=KEY, domain=OUR_DOMAIN)
COPY_ID: Final = message_id(12, DELIVERY, key=KEY, domain=OUR_DOMAIN)
READER: Final = "ada.quay@pier.example"
LINK: Final = "https://harbour.example/leave/abc123"

#: The head of a copy of ours, as servers hand it back.
COPY_HEAD: Final = (
    f"Return-Path: <{BACK}>\n"
    "Received: from out.harbour.example (out.harbour.example [192.0.2.7]) by mx.pier.example;\n"
    " Tue, 24 Nov 2026 08:00:02 +0100\n"
    "From: Harbour Post <news@harbour.example>\n"
    f"To: {READER}\n"
    "Subject: Ports agree\n"
    f"Message-ID: {COPY_ID}\n"
    f"List-Unsubscribe: <{LINK}>, <mailto:{BACK}?subject=unsubscribe>\n"
    "List-Id: Harbour Post <post.harbour.example>\n"
    "Precedence: bulk\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n"
)
COPY: Final = f"{COPY_HEAD}\nEight ports will share one list.\n"


def letter(text: str, *, charset: str = "utf-8", **headers: str) -> bytes:
    """A mail of one part; names of headers with `_` for `-`, and what is not said stands as servers "
    "have it."""
    usual = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.pier.example>",
        "To": BACK,
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": "Tue, 24 Nov 2026 08:00:05 +0100",
        "Content-Type": f"text/plain; charset={charset}",
    }
    head = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value is not None]
    return "\n".join([*lines, "", text]).encode(charset)


def report(
    fields: str,
    *,
    text: str = "Your mail could not be delivered.",
    copy: str = COPY,
    status_type: str = "message/delivery-status",
    copy_type: str = "message/rfc822",
    **headers: str,
) -> bytes:
    """A report by RFC 3464; `fields` are those of its second part, groups parted by empty lines."""
    parts = [
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n",
        f"Content-Type: {status_type}\n\n{fields}\n",
    ]
    if copy:
        parts.append(f"Content-Type: {copy_type}\n\n{copy}")
    kind = 'multipart/report; report-type=delivery-status; boundary="=_b"'
    return letter(_between(parts), **({"Content_Type": kind} | headers))


def with_copy(text: str, copy: str = COPY, charset: str = "utf-8", **headers: str) -> bytes:
    """A text of a server with our copy attached, and no report in between."""
    parts = [
        f"Content-Type: text/plain; charset={charset}\n\n{text}\n",
        f"Content-Type: message/rfc822\n\n{copy}",
    ]
    return letter(
        _between(parts), charset=charset, **({"Content_Type": 'multipart/mixed; boundary="=_b"'} | headers)
    )


def complaint(fields: str, *, copy: str = COPY, **headers: str) -> bytes:
    """A feedback report by RFC 5965."""
    parts = [
        "Content-Type: text/plain\n\nThis is an abuse report.\n",
        f"Content-Type: message/feedback-report\n\n{fields}\n",
        f"Content-Type: message/rfc822\n\n{copy}",
    ]
    kind = 'multipart/report; report-type=feedback-report; boundary="=_b"'
    usual = {"From": "Feedback <fbl@pier.example>", "Subject": "FW: Ports agree", "Content_Type": kind}
    return letter(_between(parts), **(usual | headers))


def group(diagnostic: str, *, status: str = "5.0.0", action: str = "failed", recipient: str = READER) -> str:
    """The fields of one recipient."""
    return (
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; mx.pier.example\nDiagnostic-Code: smtp; {diagnostic}"
    )


def fields(*groups: str) -> str:
    """A whole delivery-status part."""
    return "\n\n".join(
        ["Reporting-MTA: dns; out.harbour.example\nArrival-Date: Tue, 24 Nov 2026 08:00:00 +0100", *groups]
    )


def _between(parts: list[str]) -> str:
    return "".join(f"--=_b\n{part}\n" for part in parts) + "--=_b--\n"
