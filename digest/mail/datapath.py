"""What goes between DATA and the final dot: content that is canonical goes as it is, the rest is made so.

aiosmtplib searches each message twice, for line endings and for dots, which takes more than half the time of
a send. Our printer writes canonical bytes, so only letters from elsewhere are looked at.
"""

from __future__ import annotations

import re
from typing import Final

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


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
