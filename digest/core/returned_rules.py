"""The table of reports: what a server said about a copy that it took, as a kind of return.

Rows are tried from top to bottom and the first that fits decides. Only clear evidence makes a hard bounce:
clear words beat codes, words about us or about what was sent beat words about the reader, and what is vague
is soft.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from digest.core import reply_words as words
from digest.core.returned import Kind

_REPLY: Final = re.compile(r"(?<![\d.])([245][0-5]\d)(?=[ \-#:,;)\]>]|$)(?!-\d{1,4}\b(?!\.))")
_ENHANCED: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")


class Said(Struct, frozen=True):
    """What a server said of one recipient."""

    #: the action of a report (RFC 3464 section 2.3.3) in lower case; empty when there is no report
    action: str = ""
    #: three digits, or empty
    reply: str = ""
    #: RFC 3463, or empty
    enhanced: str = ""
    #: in any language, with whatever stands around them
    text: str = ""

    @property
    def lasting(self) -> bool:
        """True unless a code says that it may pass; where codes differ, the reply is believed."""
        return (self.reply or self.enhanced)[:1] != "4"


class Ruling(Struct, frozen=True):
    """What a row of the table makes of it."""

    kind: Kind
    permanent: bool
    rule: str


class _Row(Struct, frozen=True):
    """Fits when all that it names fits; `None` fits everything."""

    kind: Kind
    rule: str
    action: str | None = None
    reply: str | None = None
    enhanced: str | None = None
    words: re.Pattern[str] | None = None
    #: fits only what will not pass
    lasting: bool = False
    #: fits nothing that was said after the mail, unless a code says that it is about the address
    before_the_mail: bool = False

    def fits(self, said: Said) -> bool:
        return (
            (self.action is None or re.fullmatch(self.action, said.action) is not None)
            and (not self.lasting or said.lasting)
            and not (self.before_the_mail and _is_after_the_mail(said))
            and (self.reply is None or re.fullmatch(self.reply, said.reply) is not None)
            and (self.enhanced is None or re.fullmatch(self.enhanced, said.enhanced) is not None)
            and (self.words is None or self.words.search(said.text) is not None)
        )


def _is_after_the_mail(said: Said) -> bool:
    return (
        words.AFTER_THE_MAIL.search(said.text) is not None
        and re.fullmatch(_NO_CLEAR_ADDRESS, said.enhanced) is not None
    )


#: Exchange Online's word for an unknown recipient, when its edge refuses who is not in the directory.
_NOT_IN_THE_DIRECTORY: Final = re.compile(r"recipient address rejected: access denied")
#: The same, when a provider quotes it with its code behind a code of its own.
_NOT_IN_A_DIRECTORY_ASKED: Final = re.compile(rf"5\.4\.1 <?@?>?:? ?{_NOT_IN_THE_DIRECTORY.pattern}")
_NO_CLEAR_ADDRESS: Final = r"(?!5\.1\.[1-9]).*"
#: Codes that say nothing: they must not be quoted as a reason.
_VAGUE: Final = r"(?:[245]\.0\.0)?"

_TABLE: Final = (
    # It is no failure (RFC 3464 section 2.3.3).
    _Row(Kind.DELIVERED, "action:delivered", action=r"delivered|relayed|expanded|deliverable"),
    _Row(Kind.DELIVERED, "code:2", action="", reply="", enhanced=r"2\.\d+\.\d+"),
    _Row(Kind.DELAYED, "action:delayed", action=r"delayed"),
    # What says little or much about the reader, but clearly who is not the cause.
    _Row(Kind.HARD, "code:5.4.1", enhanced=r"5\.4\.1", words=_NOT_IN_THE_DIRECTORY, lasting=True),
    _Row(Kind.HARD, "code:5.4.1", words=_NOT_IN_A_DIRECTORY_ASKED, lasting=True),
    _Row(Kind.HARD, "words:null-mx", words=words.NULL_MX, lasting=True),
    _Row(Kind.BLOCKED, "words:sender", words=words.SENDER),
    _Row(Kind.BLOCKED, "code:5.1.8", enhanced=r"5\.1\.[78]"),
    _Row(Kind.FULL, "code:x.2.2", enhanced=r"[45]\.2\.2"),
    _Row(Kind.BLOCKED, "words:our-limit", words=words.OUR_LIMIT),
    _Row(Kind.SOFT, "code:x.3.1", enhanced=r"[45]\.3\.1"),
    _Row(Kind.FULL, "words:mailbox-full", words=words.MAILBOX_FULL),
    _Row(Kind.BLOCKED, "code:5.7.26", enhanced=r"5\.7\.(?:2\d|9|509)"),
    _Row(Kind.SOFT, "words:relaying", words=words.RELAYING),
    _Row(Kind.BLOCKED, "words:policy", words=words.POLICY),
    _Row(Kind.SOFT, "words:too-big", words=words.TOO_BIG),
    _Row(Kind.SOFT, "words:loop", words=words.LOOP),
    _Row(Kind.SOFT, "words:for-a-time", words=words.FOR_A_TIME),
    # It may pass, whatever the words: an address is not bad before a server says so for good.
    _Row(Kind.BLOCKED, "code:4.7", reply=r"(?:4..)?", enhanced=r"4\.7\.\d+"),
    _Row(Kind.SOFT, "code:4", reply=r"4.."),
    _Row(Kind.SOFT, "code:4", reply=r"", enhanced=r"4\.\d+\.\d+"),
    # About how we spoke, such as a name of ours that is no domain (RFC 3463 section 3.6).
    _Row(Kind.SOFT, "code:5.5", enhanced=r"5\.5\.[2-5]"),
    # Nobody is there.
    _Row(Kind.HARD, "words:no-such-domain", words=words.NO_SUCH_DOMAIN, lasting=True),
    _Row(Kind.HARD, "words:no-such-reader", words=words.NO_SUCH_READER, lasting=True, before_the_mail=True),
    _Row(Kind.HARD, "words:moved", words=words.MOVED, lasting=True),
    _Row(Kind.HARD, "words:closed", words=words.CLOSED, lasting=True),
    _Row(
        Kind.HARD,
        "words:mailbox-unavailable",
        reply=r"550",
        enhanced=r"(?:5\.[05]\.0)?",
        words=words.UNAVAILABLE,
    ),
    # A code that is about something else, with words that say nothing.
    _Row(Kind.SOFT, "words:expired", words=words.EXPIRED),
    # The content (RFC 3463 section 3.7) or a policy (3.8) is the cause.
    _Row(Kind.BLOCKED, "code:5.7", enhanced=r"5\.[67]\.\d+"),
    _Row(Kind.BLOCKED, "words:mail-refused", words=words.MAIL_REFUSED),
    _Row(Kind.SOFT, "code:too-big", enhanced=r"5\.(?:2\.3|3\.4)"),
    # Who took the recipient and refuses when it sees the mail, filters, whatever it says: mobile carriers do.
    _Row(Kind.SOFT, "words:after-the-mail", words=words.AFTER_THE_MAIL, enhanced=_NO_CLEAR_ADDRESS),
    # A code that is clear (RFC 3463; 5.1.10 and 556: RFC 7504, RFC 7505).
    _Row(Kind.HARD, "code:5.1.1", enhanced=r"5\.1\.(?:[1236]|10)", lasting=True),
    _Row(Kind.HARD, "code:5.2.1", enhanced=r"5\.2\.1", lasting=True),
    _Row(Kind.HARD, "code:556", reply=r"556", enhanced=_VAGUE),
    _Row(Kind.SOFT, "vague"),
)
_LAST: Final = _TABLE[-1].rule


def rule_on(said: Said) -> Ruling:
    """What it means; the last row fits everything."""
    return _rule_on(Said(said.action, said.reply, said.enhanced, words.bare(said.text)))


@lru_cache(maxsize=1024)
def _rule_on(said: Said) -> Ruling:
    """Kept: without names and addresses many copies come back with the same words."""
    row = next(row for row in _TABLE if row.fits(said))
    return Ruling(row.kind, row.kind not in {Kind.DELIVERED, Kind.DELAYED}, row.rule)


def is_vague(ruling: Ruling) -> bool:
    """True when nothing was understood, so that other words about the same copy may say more."""
    return ruling.rule in {_LAST, "code:4"}


def said_after_the_mail(text: str) -> bool:
    """True when a server said it once it had the whole mail, as others tell."""
    return words.AFTER_THE_MAIL.search(words.bare(text)) is not None


def is_guess(text: str) -> bool:
    """True when words name causes that may or may not be."""
    return words.GUESS.search(words.bare(text)) is not None


def codes_in(text: str) -> tuple[str, str]:
    """The reply and the enhanced code that stand in a server's words; empty where there is none.

    The first reply that is a refusal counts, and the first enhanced code of its class, if any.
    """
    text = text[:2000]
    replies = [found[1] for found in _REPLY.finditer(text)]
    reply = next((one for one in replies if one[0] != "2"), "")
    codes = [found[1] for found in _ENHANCED.finditer(text)]
    alike = [one for one in codes if one[0] == reply[:1]] if reply else codes
    specific = [one for one in alike if not one.endswith(".0.0")]
    # providers put a code of their own, which only names the sort, before that of the server they asked
    clear = [one for one in specific if not one.endswith(".0")]
    return reply, next(iter(clear or specific or alike), "")


def clearest(*codes: str) -> str:
    """Of several enhanced codes for one thing the first that says something."""
    told = [code for code in codes if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", code)]
    return next((code for code in told if not code.endswith(".0.0")), next(iter(told), ""))
