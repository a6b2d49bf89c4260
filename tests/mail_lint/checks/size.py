"""What Gmail shows without cutting: HTML of 90 kB and a message of 100 kB, both as transferred."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail_lint.mail import Mail
from tests.wire.rules import HTML_BUDGET, MESSAGE_BUDGET
from tests.wire.transmission import parts_of


def look(mail: Mail) -> Iterator[str]:
    """How far beyond the budget the mail is."""
    if len(mail.message) > MESSAGE_BUDGET:
        yield f"the message has {len(mail.message)} octets of at most {MESSAGE_BUDGET}"
    html = sum(len(part.encoded) for part in parts_of(mail.message)[1] if part.type == "text/html")
    if html > HTML_BUDGET:
        yield f"the HTML part has {html} octets of at most {HTML_BUDGET}"
