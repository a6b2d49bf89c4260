"""Lanes and letters as the tests of pipelining use them."""

from __future__ import annotations

from digest.mail.lane import Letter
from digest.mail.limits import DataTimeouts, Reuse, Timeouts
from digest.mail.smtp import SmtpLane
from tests.mail.smtpd import Smtpd

IMPATIENT = Timeouts(connect=5, greeting=0.2, command=0.2, data=DataTimeouts(data=0.2, final_dot=0.2))
#: For servers that always say something: a wait would be a fault, and a busy machine is none.
UNHURRIED = Timeouts(connect=5, greeting=5, command=5, data=DataTimeouts(data=5, final_dot=5))


def lane_to(record: Smtpd, timeouts: Timeouts | None = None, reuse: Reuse | None = None) -> SmtpLane:
    return SmtpLane(record.server(), timeouts=timeouts, reuse=reuse, helo="me.example")


def letters(count: int) -> list[Letter]:
    """Letters that can be told apart by envelope and content."""
    return [
        Letter(
            f"bounces+{number}.mac@news.example",
            f"r{number}@reader.example",
            (f"Subject: Number {number}\r\n\r\n".encode(), b"All is well.\r\n"),
            vouched=True,
        )
        for number in range(count)
    ]


def numbers_taken(record: Smtpd) -> list[int]:
    """Which letters the server holds; an envelope with the content of another letter is an error."""
    numbers = []
    for taken in record.taken:
        number = int(taken.content.split(b"\r\n", 1)[0].removeprefix(b"Subject: Number "))
        assert taken.recipient == f"r{number}@reader.example"
        assert taken.sender == f"bounces+{number}.mac@news.example"
        numbers.append(number)
    return numbers


def envelope(letter: Letter) -> bytes:
    """What a letter's group looks like to a server that offers SIZE."""
    mail = f"MAIL FROM:<{letter.sender}> SIZE={len(letter.content)}\r\n"
    return f"{mail}RCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode()
