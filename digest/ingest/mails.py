"""Items as editors forward them: mails (RFC 5322, MIME), alone or in a mailbox (mbox, RFC 4155).

The subject without its marks of forwarding is the title, the plain text the body, or the HTML where there is
no plain text. Who wrote it is the source: of a story that was forwarded, inline or as an attachment, its
first sender and day. Signatures are left out; pictures and other attachments are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Final

from msgspec import Struct

from digest.core.lines import MOST_TITLE, cut_line
from digest.core.model import DraftBriefing, Rejected
from digest.core.unseen import has_letter
from digest.errors import InputError
from digest.ingest.feed_words import WordsError, line_of, paragraphs_of, plain, text_paragraphs
from digest.ingest.gathered import Gathered
from digest.ingest.kinds import kind_of
from digest.ingest.plaintext import trimmed
from subscribers.model import Section

#: Beyond this a mail is pictures.
_MOST_BYTES: Final = 10_000_000
_MOST_MAILS: Final = 1000
_MOST_PARTS: Final = 100
_DEEPEST: Final = 10
_MOST_HEADER: Final = 2000
#: A line that parts what is forwarded from what was added.
_LONGEST_RULE: Final = 200

_MBOX: Final = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{1,200}\r?\n")
_QUOTED_FROM: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_NAMES: Final = (
    rb"from|to|date|subject|received|return-path|message-id|mime-version|delivered-to|dkim-signature"
)
_HEADER: Final = re.compile(rb"(?:" + _NAMES + rb"|x-[a-z0-9-]{1,60}|arc-[a-z-]{1,60}):", re.IGNORECASE)
_FROM: Final = re.compile(rb"^from:", re.IGNORECASE | re.MULTILINE)
_MARKS: Final = re.compile(r"\s*(fwd?|re|wg|tr|rv|i|aw|转发|答复|回复)\s*[:：]\s*", re.IGNORECASE)
_FORWARDED: Final = re.compile(
    r"[->\s]*(begin forwarded message:?"
    r"|-{2,}\s*(original|forwarded|原始邮件|转发的?邮件|رسالة)\b[^\n]{0,60})\s*",
    re.IGNORECASE,
)
#: How mail programs name the lines above what they forward, in the languages of this project.
_LABELS: Final = {
    "from": ("from", "发件人", "من"),
    "date": ("date", "sent", "日期", "发送时间", "时间", "التاريخ"),
    "subject": ("subject", "主题", "الموضوع"),
    "to": ("to", "cc", "reply-to", "收件人", "抄送", "إلى"),
}
_LABEL_OF: Final = {word: label for label, words in _LABELS.items() for word in words}
_LINE: Final = re.compile(
    rf"[>\s*]*(?P<name>{'|'.join(_LABEL_OF)})\s*\*?[:：]\*?\s*(?P<said>.*)", re.IGNORECASE
)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CHINESE: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_DAY_IN_WORDS: Final = re.compile(
    r"(?:(?P<day>\d{1,2})\.?\s+(?P<month>[A-Za-z]{3,9})|(?P<month2>[A-Za-z]{3,9})\s+(?P<day2>\d{1,2})),?"
    r"\s+(?P<year>\d{4})"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class _MailError(ValueError):
    """A mail that cannot be taken; the message says why."""


class _Letter(Struct, frozen=True):
    """What a mail says, whoever passed it on."""

    title: str
    paragraphs: tuple[str, ...]
    sender: str
    day: date | None


def looks_like_mail(data: bytes) -> bool:
    """True when it begins as a mailbox or as the headers of a mail, one of which says who sent it."""
    start = data[:20_000].lstrip(b"\r\n")
    if first := _MBOX.match(start):
        start = start[first.end() :]
    head = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    return _HEADER.match(head) is not None and _FROM.search(head) is not None and head.count(b"\n") > 0


def read_mails(
    data: bytes, *, source: str, section: Section = Section.BRIEFING, topics: tuple[str, ...] = ()
) -> Gathered:
    """Read every mail; one that holds no item is refused by line and reason, and the rest is taken.

    Raises InputError for a mailbox of too many.
    """
    drafts: list[DraftBriefing] = []
    rejected: list[Rejected] = []
    for line, mail in _mails(data, source):
        try:
            letter = _read(mail)
        except _MailError as error:
            rejected.append(Rejected(source, line, str(error)))
            continue
        drafts.append(
            DraftBriefing(
                title=letter.title,
                paragraphs=letter.paragraphs,
                section=section,
                topics=topics,
                # source and day go together
                source=letter.sender if letter.day and letter.sender else None,
                source_date=letter.day if letter.sender else None,
                line=line,
            )
        )
    return Gathered(tuple(drafts), tuple(rejected), source)


def _mails(data: bytes, source: str) -> Iterator[tuple[int, bytes]]:
    """Each mail with the line on which it begins."""
    if not data.strip():
        return
    starts = [match.span() for match in _MBOX.finditer(data)]
    if not starts or data[: starts[0][0]].strip():
        yield 1, data
        return
    if len(starts) > _MOST_MAILS:
        raise InputError(f"{source} holds more than {_MOST_MAILS:,} mails: part it")
    ends = [start for start, _end in starts[1:]] + [len(data)]
    line, counted = 1, 0
    for (start, begin), end in zip(starts, ends, strict=True):
        line, counted = line + data.count(b"\n", counted, start), start
        yield line, _QUOTED_FROM.sub(rb"\1", data[begin:end])


def _read(data: bytes) -> _Letter:
    if len(data) > _MOST_BYTES:
        raise _MailError(f"the mail has more than {_MOST_BYTES // 1_000_000} MB")
    try:
        return _letter(message_from_bytes(data))
    except (RecursionError, LookupError, WordsError) as error:
        raise _MailError(str(error) or "the mail is nested too deep") from None


def _letter(mail: Message) -> _Letter:
    whole = _innermost(mail)
    title, sender = _without_marks(_header(whole, "subject")), _who(_header(whole, "from"))
    letter = _unfolded(_Letter(title, _words(whole), sender, _day(_header(whole, "date"))))
    if not has_letter(letter.title):
        raise _MailError("the mail has no subject")
    if not letter.paragraphs:
        raise _MailError(_without_text(whole))
    return letter


def _without_text(mail: Message) -> str:
    """What hangs on a mail that says nothing, and what its sender can do."""
    for part in _parts(mail):
        content = None if part.is_multipart() else part.get_payload(decode=True)
        kind = kind_of(content) if isinstance(content, bytes) else None
        if kind is not None:
            return kind.told_of("the mail has no text, and what hangs on it")
    return "the mail has no text"


def _innermost(mail: Message) -> Message:
    """The mail that was forwarded as an attachment, if one was, else the mail itself."""
    for part in _parts(mail):
        if part.get_content_type() == "message/rfc822":
            inner = next(_below(part), None)
            if inner is not None and inner["subject"]:
                return inner
    return mail


def _parts(mail: Message) -> Iterator[Message]:
    """The parts in their order, not those of mails within."""
    waiting: list[tuple[int, Message]] = [(0, mail)]
    seen = 0
    while waiting:
        depth, part = waiting.pop()
        seen += 1
        if seen > _MOST_PARTS or depth > _DEEPEST:
            raise _MailError("the mail has too many parts")
        yield part
        if part.get_content_maintype() == "multipart":
            waiting += [(depth + 1, one) for one in reversed(list(_below(part)))]


def _below(part: Message) -> Iterator[Message]:
    """What a part holds; the library would read a leaf's text here, and stumble over what it says it is."""
    payload = part.get_payload() if part.is_multipart() else []
    assert isinstance(payload, list)
    return (one for one in payload if isinstance(one, Message))


def _words(mail: Message) -> tuple[str, ...]:
    texts: dict[str, Message] = {}
    for part in _parts(mail):
        if part.get_content_disposition() != "attachment":
            texts.setdefault(part.get_content_type(), part)
    said = text_paragraphs(_text(texts["text/plain"])) if "text/plain" in texts else ()
    return said or (paragraphs_of(_text(texts["text/html"])) if "text/html" in texts else ())


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = data.decode(charset, "replace")
    except (LookupError, ValueError):
        # what it says of itself is not known: UTF-8 tells by itself whether it is that
        text = data.decode("utf-8", "replace")
    text = _unsigned(text)
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    return re.sub(r" \r?\n", " ", text) if flowed else text


def _unsigned(text: str) -> str:
    """The text above its signature (RFC 3676, 4.3), which begins with a line of two hyphens and a space."""
    return re.split(r"^-- \r?$", text, maxsplit=1, flags=re.MULTILINE)[0]


def _unfolded(letter: _Letter) -> _Letter:
    """Of a story that was forwarded inline: who wrote it first, when, and its words alone."""
    for place, paragraph in enumerate(letter.paragraphs):
        lines = paragraph.split("\n")
        begin = next((at for at, line in enumerate(lines) if _begins_forwarded(line)), None)
        if begin is None:
            continue
        rest = [line for line in lines[begin + 1 :] if line.strip()]
        following = list(letter.paragraphs[place + 1 :])
        if not rest and following:
            rest, following = following[0].split("\n"), following[1:]
        said: dict[str, str] = {}
        while rest and (match := _LINE.fullmatch(rest[0][:_MOST_HEADER])):
            said.setdefault(_LABEL_OF[match["name"].lower()], match["said"].strip())
            rest = rest[1:]
        if "from" not in said:
            continue
        body = [trimmed("\n".join(rest)), *following]
        words = tuple(filter(None, (re.sub(r"^>[ ]?", "", one, flags=re.MULTILINE).strip() for one in body)))
        return _Letter(
            _without_marks(said.get("subject", "")) or letter.title,
            words,
            _who(said["from"]),
            _day(said.get("date", "")) or letter.day,
        )
    return letter


def _begins_forwarded(line: str) -> bool:
    return len(line) < _LONGEST_RULE and _FORWARDED.fullmatch(line) is not None


def _without_marks(subject: str) -> str:
    while mark := _MARKS.match(subject):
        subject = subject[mark.end() :]
    return cut_line(line_of(subject), MOST_TITLE)


def _header(mail: Message, name: str) -> str:
    """What a header says, decoded (RFC 2047); what cannot be decoded stays as it is."""
    raw = str(mail.get(name, ""))[:_MOST_HEADER]
    try:
        said = str(make_header(decode_header(raw)))
    except (MessageError, ValueError, LookupError):
        said = raw
    return " ".join(plain(said).split())


def _who(sender: str) -> str:
    """The name of a sender, or the domain of one without a name."""
    name, address = parseaddr(sender[:_MOST_HEADER]) if "@" in sender else (sender[:_MOST_HEADER], "")
    shown = line_of(name or address.rpartition("@")[2])
    return cut_line(trimmed(shown.strip("\"'* ")), 200)


def _day(said: str) -> date | None:
    try:
        said = said[:_LONGEST_RULE]
        if iso := _ISO.search(said):
            return date.fromisoformat(iso[0])
        if chinese := _CHINESE.search(said):
            return date(*map(int, chinese.groups()))
        if (match := _DAY_IN_WORDS.search(said)) is not None:
            month = _MONTHS.index((match["month"] or match["month2"])[:3].lower()) + 1
            return date(int(match["year"]), month, int(match["day"] or match["day2"]))
        return parsedate_to_datetime(said).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
