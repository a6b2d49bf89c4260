"""What a mail server says at the connection: no such reader, a full mailbox, a policy; for `verdict` alone.

The words of reports that come back are more, and stand in `digest.core.reply_words`.
"""

from __future__ import annotations

import re
from typing import Final


def _any_case(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


#: Clear words only: what speaks of a sender, a host or us is no word about the reader's address.
UNKNOWN_USER: Final = re.compile(
    r"^(?!.*\b(?:sender|from|your?|client|host|relay\w*)\b)(?:"
    r".*\b(?:user|recipient|mailbox|account|address|addressee)\b.{0,40}"
    r"\b(?:unknown|not found|not exist|no longer exists?|disabled|invalid)\b"
    r"|.*\b(?:unknown|no such|invalid|non-?existent)\b.{0,20}"
    r"\b(?:user|recipient|mailbox|account|address|local[- ]part)\b"
    r"|.*\bno mailbox (?:here )?by that name\b)",
    re.IGNORECASE,
)
FULL: Final = _any_case(r"\bquota\b", r"\b(mail)?box\b.{0,20}\bfull\b", r"\bstorage allocation\b")
SPAM: Final = _any_case(
    r"\bspam", r"\bblack-?list", r"\bblock-?list", r"\bdnsbl\b", r"\brbl\b", r"\breputation\b", r"\bjunk\b"
)
GREY: Final = _any_case(r"gr[ae]y-?list")
RATE: Final = _any_case(r"\btoo (many|much)\b", r"\brate\b", r"\bthrottl", r"\bslow down\b")
