"""The short way of a message to the wire: bytes that are canonical already go to the transport as they are.

aiosmtplib's `data()` searches each message twice, for line endings and for dots, which takes more than half
the time of a send; and it does not tell whether a connection broke before or after the content. So we speak
DATA ourselves through `SMTPProtocol.write` and `read_response`. Should a later aiosmtplib not have these, its
own `data()` is used: slower, and a broken connection counts as broken after the final dot, the careful side.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from digest.core.model import Outcome, Stage
from digest.mail.replies import broken_outcome, reply_outcome

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
#: The final dot; the content's own CR LF comes before it.
_END_OF_DATA: Final = b".\r\n"


@dataclass(frozen=True, slots=True)
class DataTimeouts:
    """Seconds to wait, by RFC 5321 section 4.5.3.2."""

    #: for the go-ahead after DATA
    data: float = 120
    #: for the answer to the final dot; the time to write the content is part of it
    final_dot: float = 600


def is_canonical(content: bytes) -> bool:
    """True when the content can go on the wire as it is: CR LF only, also at its end, and no leading dot."""
    ends = content.count(b"\r\n")
    return (
        content.count(b"\n") == ends == content.count(b"\r")
        and content.endswith(b"\r\n")
        and not content.startswith(b".")
        and b"\n." not in content
    )


def transparent(content: bytes) -> bytes:
    """The content for the wire: line ends made CR LF, a leading dot doubled (RFC 5321 section 4.5.2)."""
    if is_canonical(content):
        return content
    lines = _LINE_END.split(content.removesuffix(b"\n").removesuffix(b"\r"))
    return b"".join(b"%s%s\r\n" % (b"." if line.startswith(b".") else b"", line) for line in lines)


async def hand_over(smtp: SMTP, content: bytes, *, canonical: bool, timeouts: DataTimeouts) -> Outcome:
    """Say DATA, send the content and hear the verdict; MAIL and RCPT have been accepted.

    A connection that cannot be trusted any more is closed.
    """
    if not DIRECT:
        return await _by_library(smtp, content, timeouts)
    stage = Stage.DATA
    try:
        go_ahead = await smtp.execute_command(b"DATA", timeout=timeouts.data)
        if go_ahead.code // 100 != 3:
            return reply_outcome(stage, go_ahead.code, go_ahead.message)
        protocol = smtp.protocol
        if protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        protocol.write((content if canonical else transparent(content)) + _END_OF_DATA)
        stage = Stage.FINAL_DOT
        answer = await protocol.read_response(timeout=timeouts.final_dot)
    except (SMTPException, OSError) as error:
        smtp.close()
        return broken_outcome(stage, error)
    return reply_outcome(stage, answer.code, answer.message)


async def _by_library(smtp: SMTP, content: bytes, timeouts: DataTimeouts) -> Outcome:
    try:
        answer = await smtp.data(content, timeout=timeouts.final_dot)
    except SMTPDataError as refused:
        return reply_outcome(Stage.FINAL_DOT, refused.code, refused.message)
    except (SMTPException, OSError) as error:
        smtp.close()
        return broken_outcome(Stage.FINAL_DOT, error)
    return reply_outcome(Stage.FINAL_DOT, answer.code, answer.message)


def _takes(method: object, *names: str) -> bool:
    """True when there is a method and it takes arguments of these names."""
    return callable(method) and set(names) <= set(inspect.signature(method).parameters)


#: Whether the installed aiosmtplib has what the short way stands on.
DIRECT = (
    _takes(getattr(SMTPProtocol, "write", None), "data")
    and inspect.iscoroutinefunction(getattr(SMTPProtocol, "read_response", None))
    and _takes(SMTPProtocol.read_response, "timeout")
)
