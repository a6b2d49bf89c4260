"""Reads bounces that follow no standard: readers by where layouts name them, causes by the words."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable
from email import message_from_bytes
from itertools import islice
from typing import Final

from flufl.bounce import all_failures
from msgspec.structs import replace

from digest.core.returned import Kind
from digest.core.returned_rules import (
    Said,
    clearest,
    codes_in,
    is_guess,
    is_vague,
    rule_on,
    said_after_the_mail,
)
from digest.mail.bounces.addresses import ADDRESS, Ours, addresses_in, is_machine, is_placeholder, one_address
from digest.mail.bounces.clues import sent_to
from digest.mail.bounces.dsn import Told
from digest.mail.bounces.mime import Part
from digest.mail.bounces.original import cut, originals, texts, unquoted
from digest.mail.bounces.phrases import ARRIVED, FAILED, STILL_TRYING
from digest.mail.bounces.trust import FAILED_HEADERS, is_daemons

_A: Final = rf"<?(?P<address>{ADDRESS.pattern})>?"
_OPEN: Final = r"[\"'\[(<“]{0,2}(?:mailto:|smtp:)?"
_LABELS: Final = (
    r"(?:to|user|recipient|address|mailto|rcpt to|smtp|unknown address|failed recipient|email|unknown user"
    r"|no such user|not found|收件人|収信者)(?:[ \t]{0,8}[:：=][ \t]{0,8}|[ \t]{1,8})"
)
_BEFORE: Final = (
    r"\b(?:following (?:address(?:es)?|recipients?|e-?mails?|users?)[^\n:]{0,60}|to|address(?:es)?|addressed"
    r"|recipients?|user(?:id|name)?|mail ?box|account|for|attempts|full|dda:smtp|destinataire|empf[aä]nger"
    r"|destinatario|an)[ \t]{0,8}(?:address|recipient|user)?(?:is|was)?"
)
#: Labels of addresses that are never a reader's.
_SENDERS: Final = (
    r"[^\n:：]{0,20}(?:from|sender|reply|return|errors?-to|contact|help|support|question|postmaster|admin|von|absender"
    r"|de\b|exp[eé]diteur|remit?ente|remetente|mittente|от\b|отправител|发件人|寄件|差出人|보낸|보내는|المرسل)"
)
#: Where layouts put the address of a reader, from the clearest to the vaguest; the first that finds any wins.
_LAYOUTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        # alone on a line, or at its beginning with the reason behind it
        rf"^[ \t>*•·-]{{0,12}}(?:[45]\d\d[ -](?:[45]\.\d{{1,3}}\.\d{{1,3}}[ ])?)?(?:{_LABELS})?{_OPEN}{_A}"
        r"[\"'\])”>]{0,2}(?![\w-]|\.\w)[ \t]*"
        r"(?:[:;,.]|\(|-|\[|<mailto:|：|。|，|$|(?:on|at|because|failed|is|was|does|has|invalid)\b)",
        # in a sentence that says what it is
        rf"{_BEFORE}(?:[ \t]{{0,8}}[:：=,][ \t\n]{{0,4}}|[ \t\n]{{1,4}}){_OPEN}{_A}",
        # in what a server replied
        rf"\b(?:rcpt to|[45]\d\d(?:[ -][45]\.\d+\.\d+)?)[ \t:]{{1,6}}{_OPEN}{_A}",
        r"(?:收件人|地址|邮箱|用户|信箱|发送到|发往|投递到|宛先|アドレス|받는 ?사람|수신자|수신인)"
        rf"[^\n@]{{0,20}}?[:： \t\n<\"“(（「]{{0,6}}{_A}",
        # alone behind a label in whatever language
        rf"^[ \t]{{0,12}}(?!{_SENDERS})[^\n:：@]{{1,30}}[:：][ \t]{{0,12}}{_OPEN}{_A}"
        r"[\"'\])”>]{0,2}[ \t]*$",
    )
)
#: Behind an address that was made of the one that we know, as forwarding and aliases do.
_MADE_OF: Final = re.compile(
    rf"\((?:(?:ultimately )?generated|expanded) from:?[ \t\n]{{1,8}}{_OPEN}{_A}", re.IGNORECASE
)
#: How far behind.
_BEHIND: Final = 40
#: What stands before a list of recipients, behind the headings of what was sent.
_LISTED: Final = re.compile(
    r"did not reach (?:some or all of )?the (?:following|intended)[^\n]*"
    r"|following (?:address(?:es)?|recipient\S*|user\S*)[^\n:]{0,60}:|not delivered to:",
    re.IGNORECASE,
)
#: Before an address to which readers of a report may write.
_WRITE_TO: Final = re.compile(
    r"\b(?:write|contact|reply|respond|report|forward|e-?mail|send (?:an? )?(?:e-?mail|mail|message)s?)\b"
    r"[^\n.:@]{0,30}\b(?:to|at)?[ \t<:]{1,4}$",
    re.IGNORECASE,
)
_REPLIED: Final = re.compile(r"(?<![\d.])(?:[45][0-5]\d[ \t-]|[45]\.\d{1,3}\.\d{1,3}\b)")
_OF_A_TRANSCRIPT: Final = re.compile(r"[ \t]{0,4}[45]\d\d [^\n@]{0,80}@[^\s@]{1,255}>?\.\.\. ")
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n[ \t]*\n")
_LONGEST_SAID: Final = 12_000
_NOTHING: Final = Said()
_MOST_RECIPIENTS: Final = 200
_LONGEST_REPLY: Final = 1500
#: A mail of more is none that a server wrote, and others' readers take long over it.
_MOST_PARTS_FOR_OTHERS: Final = 20
#: Decoders that the standard library offers as character sets, and that take more than linear time.
_SLOW_CHARSETS: Final = re.compile(rb"punycode|idna|charset\*", re.IGNORECASE)
_BLANK_LINES: Final = re.compile(rb"\n{3,}")
# it logs every exception as an error, with a traceback
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)


def read_prose(mail: Part, ours: Ours) -> tuple[Told, ...]:
    """What a bounce says about each of its recipients; one without an address when it names none.

    Where it names none, the copy is believed that came back, when it went to one reader alone.
    """
    said = said_in(mail)
    copied = [one for one in dict.fromkeys(sent_to(originals(mail))) if one not in ours]
    found = named_in_headers(mail) or _named_in(said, ours, copied) or _found_by_others(mail)
    if not found and len(copied) == 1 and not _is_shared(mail, copied[0]):
        found = copied
    if not found and is_daemons(mail):
        found = _alone_in(said, ours)
    if not found:
        return (Told("", said_of(said)),)
    made_of = {made.lower(): of for made, of in _made_of(said)}
    told: dict[str, Told] = {}
    for one in found:
        first, words = made_of.get(one.lower()) or one, said_of(about(said, one, found))
        before = told.get(first.lower())
        if before is None or (first != one and rule_on(before.said).kind is Kind.HARD):
            # of several boxes that stand for one reader, one that may yet work counts
            told[first.lower()] = Told(first, words, (one,) if first != one else ())
        if first != one:
            told.setdefault(one.lower(), Told(one, words, (first,), made_of=first))
    return tuple(told.values())


def named_in_headers(mail: Part) -> list[str]:
    """Whom a header names, as Exim's and Gmail's X-Failed-Recipients does."""
    return [
        one
        for name in FAILED_HEADERS
        for value in mail.all(name)
        if "..." not in value
        for one in addresses_in(value)
    ]


def still_trying(mail: Part) -> bool:
    """True when the text says that it is a warning and that delivery goes on."""
    return STILL_TRYING.search(f"{mail.shown('subject')}\n{said_in(mail)[:3000]}") is not None


def has_arrived(mail: Part) -> bool:
    """True when the text says that the mail reached its reader, and nothing of a failure."""
    said = f"{mail.shown('subject')}\n{said_in(mail)[:3000]}"
    return ARRIVED.search(said) is not None and FAILED.search(said) is None


def said_in(mail: Part) -> str:
    """What the server itself wrote, without what it quotes."""
    said = "\n".join(cut(part.text)[0] for part in texts(mail))[:_LONGEST_SAID]
    return unquoted(said)


def about(said: str, address: str, everyone: Collection[str]) -> str:
    """The words behind an address, up to the next one; all words when there is only one.

    A line of sendmail's transcript is whole in itself: what follows in the next is of another.
    """
    lower, own = said.lower(), address.lower()
    at = lower.find(own)
    if len(everyone) < 2 or at < 0:
        return said
    begin = at + len(own)
    line = said[lower.rfind("\n", 0, at) + 1 :].partition("\n")[0]
    if _OF_A_TRANSCRIPT.match(line) is not None:
        return line
    others = [lower.find(one.lower(), begin) for one in everyone if one.lower() != own]
    return said[begin : min([begin + _LONGEST_REPLY, *(place for place in others if place >= 0)])]


def _replied(text: str) -> str:
    """The lines in which a server's own reply is quoted, to the end of their paragraph; may be empty."""
    found = _REPLIED.search(text)
    if found is None:
        return ""
    begin = text.rfind("\n", 0, found.start()) + 1
    before = text.rfind("\n", 0, max(begin - 1, 0)) + 1
    if said_after_the_mail(text[before:begin]):
        # Exim tells in a line of its own when it was said
        begin = before
    return _PARAGRAPH.split(text[begin : begin + _LONGEST_REPLY], maxsplit=1)[0]


def _named_in(said: str, ours: Ours, copied: Iterable[str]) -> list[str]:
    """Addresses where layouts name readers: behind the heading of a list, or else anywhere."""
    listed = _LISTED.search(said)
    behind = [said[listed.end() :]] if listed else []
    wanted = {one.lower() for one in copied}
    return next((found for text in (*behind, said) if (found := _laid_out(text, ours, wanted))), [])


def _alone_in(said: str, ours: Ours) -> list[str]:
    """The only address of a text that may be a reader's, in whatever sentence it stands."""
    addresses = {one.lower(): one for one in addresses_in(said) if "." in one.rpartition("@")[2]}
    others = [one for one in addresses.values() if one not in ours and not is_machine(one)]
    alone = others[0] if len(others) == 1 else ""
    asked = alone and _WRITE_TO.search(said[: said.find(alone)][-60:])
    return [alone] if alone and not asked and not is_placeholder(alone) else []


def _laid_out(said: str, ours: Ours, wanted: Collection[str]) -> list[str]:
    """Addresses as the first layout that fits names them; one that may be the server's only when alone."""
    doubtful: dict[str, str] = {}
    for layout in _LAYOUTS:
        found: dict[str, str] = {}
        for match in layout.finditer(said):
            address = one_address(match["address"])
            if "." not in address.rpartition("@")[2] or is_placeholder(address):
                continue
            place, known = match.start("address"), address.lower() in wanted
            if not known and _WRITE_TO.search(said[max(place - 60, 0) : place]):
                continue
            doubted = not known and (address in ours or is_machine(address))
            (doubtful if doubted else found).setdefault(address.lower(), address)
        if found:
            return list(found.values())[:_MOST_RECIPIENTS]
    return list(doubtful.values()) if len(doubtful) == 1 else [of for _made, of in _made_of(said)]


def _made_of(said: str) -> list[tuple[str, str]]:
    """Addresses that servers made of others, with those; the first is empty where it is not disclosed."""
    pairs = []
    for match in islice(_MADE_OF.finditer(said), _MOST_RECIPIENTS):
        line = _line_before(said, match.start())
        last = next(reversed(list(ADDRESS.finditer(line))), None)
        near = len(line) - (last.end() if last else 0) <= _BEHIND
        if near and "." in (of := one_address(match["address"])).rpartition("@")[2]:
            pairs.append((last[0] if last else "", of))
    return pairs


def _line_before(said: str, place: int) -> str:
    """The line before a place, or the one above, over a reason that sendmail puts between."""
    above, _, line = said[max(place - 1000, 0) : place].rpartition("\n")
    if not line.strip():
        above, _, line = above.rpartition("\n")
    if line.lstrip().lower().startswith("(reason:"):
        line = above.rpartition("\n")[2]
    return line[-400:]


def said_of(text: str, told: Said = _NOTHING) -> Said:
    """What was said in a text, with what is `told` already: the reply in its first line, a reply that it
    quotes, or else all of it; the first that is understood.

    What servers add of their own often guesses at causes, and no guess makes an address bad.
    """
    unclear = told
    for words in (text.strip().partition("\n")[0], _replied(text), text):
        reply, enhanced = codes_in(words)
        reply, enhanced = told.reply or reply, clearest(told.enhanced, enhanced)
        said = replace(told, reply=reply, enhanced=enhanced, text=words)
        ruling = rule_on(said)
        if ruling.kind is Kind.HARD and is_guess(words):
            said = replace(said, text=_without_guesses(words))
            if rule_on(said).kind is not Kind.HARD:
                continue
        if not is_vague(ruling):
            return said
        unclear = said
    return unclear


def _without_guesses(text: str) -> str:
    """The sentences that are certain; what follows one that announces guesses is none of them."""
    certain: list[str] = []
    for sentence in _SENTENCE.split(text[:_LONGEST_SAID]):
        if not is_guess(sentence):
            certain.append(sentence)
        elif sentence.rstrip().endswith((":", "：")):
            break
    return " ".join(certain)


def _found_by_others(mail: Part) -> list[str]:
    """What the detectors of flufl.bounce find, which know rare layouts, and raise on some mails."""
    parts = max(mail.count, mail.start.count(b"oundary="), mail.start.count(b"message/rfc822"))
    if parts > _MOST_PARTS_FOR_OTHERS or _SLOW_CHARSETS.search(mail.start):
        return []
    try:
        temporary, permanent = all_failures(message_from_bytes(_BLANK_LINES.sub(b"\n\n", mail.start)))
    except Exception:
        return []
    told = (one.decode("utf-8", "replace") for one in (*temporary, *permanent) if isinstance(one, bytes))
    return sorted(address for one in told if "." in (address := one_address(one)).rpartition("@")[2])


def _is_shared(mail: Part, address: str) -> bool:
    """True when a copy went to an address beside ours, as a list's does: its reader is another."""
    domains = {one.rpartition("@")[2].lower() for one in addresses_in(mail.get("to"))}
    return address.rpartition("@")[2].lower() in domains
