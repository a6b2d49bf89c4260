"""Members from what the programs of listmonk and Mailman answer in JSON, and from the listings of Mailman."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any, Final

from msgspec.structs import replace

from digest.core.exports import Agreement, Label, Member, System, There, Unfit
from digest.errors import InputError
from digest.ingest.export_tables import AT_LISTMONK, labels_of_attributes, said_of_attributes
from digest.ingest.export_values import Remarks, words_of
from subscribers.model import Format
from subscribers.wishes import WishError, parse_address

#: What `mailman members` prints for a list without any.
_NOBODY: Final = "has no members"
#: No line of a listing is longer: an address has 254 characters, a name in its encoding a few hundred.
_LONGEST_LINE: Final = 2000
_AT_MAILMAN: Final = {
    "enabled": There.READS,
    "by_user": There.PAUSED,
    "by_bounces": There.BOUNCED,
    "by_moderator": There.STOPPED,
    "unknown": There.STOPPED,
}
_ON_A_LIST: Final = {
    "confirmed": There.READS,
    "unconfirmed": There.UNCONFIRMED,
    "unsubscribed": There.LEFT,
}


def documents_in(text: str, source: str) -> list[Any]:
    """The documents of a text: one, or several one after the other, as pages of an answer are saved."""
    decoder, found, place = json.JSONDecoder(), [], 0
    try:
        while place < len(text):
            if text[place].isspace():
                place += 1
                continue
            document, place = decoder.raw_decode(text, place)
            found.append(document)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "its nesting"
        raise InputError(f"{source} is no JSON that can be read: look at {where}") from None
    return found


def json_system(documents: Sequence[Any]) -> System | None:
    """Whose answers these documents are; None for what is not known."""
    if documents and all(_entries_of_listmonk(one) is not None for one in documents):
        return System.LISTMONK
    if documents and all(_entries_of_mailman(one) is not None for one in documents):
        return System.MAILMAN
    return None


def read_json_members(
    documents: Sequence[Any], system: System
) -> tuple[tuple[Member, ...], tuple[Unfit, ...]]:
    """The members in answers; a member's line is its place among all."""
    members: list[Member] = []
    unfit: list[Unfit] = []
    of = _entries_of_listmonk if system is System.LISTMONK else _entries_of_mailman
    entries = [entry for document in documents for entry in of(document) or ()]
    for place, entry in enumerate(entries, start=1):
        try:
            if not isinstance(entry, dict):
                raise WishError("it is no object")
            made = _of_listmonk(entry, place) if system is System.LISTMONK else _of_mailman(entry, place)
            members += made
        except WishError as error:
            unfit.append(Unfit(place, str(error)))
    return tuple(members), tuple(unfit)


def looks_like_listing(text: str) -> bool:
    """Whether each line is an address, and one of them at least has a name before it."""
    first, _, rest = text.strip().partition("\n")
    if first.endswith(_NOBODY):
        return not rest
    # most tables are told by their headings
    if "@" not in first:
        return False
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(len(line) > _LONGEST_LINE for line in lines):
        return False
    return any(line.endswith(">") for line in lines[:_LONGEST_LINE]) and all("@" in line for line in lines)


def read_listing(text: str) -> tuple[tuple[Member, ...], tuple[Unfit, ...]]:
    """The members of a listing of Mailman: an address a line, with a name before it or without."""
    members: list[Member] = []
    unfit: list[Unfit] = []
    for line, words in enumerate(text.splitlines(), start=1):
        said = words.strip().strip(",")
        if not said or said.startswith("#") or said.endswith(_NOBODY):
            continue
        try:
            if len(said) > _LONGEST_LINE:
                raise WishError("it is too long for an address with a name")
            members.append(_of_line(said, line))
        except WishError as error:
            unfit.append(Unfit(line, str(error)))
    return tuple(members), tuple(unfit)


def _of_line(said: str, line: int) -> Member:
    name, address = parseaddr(said)
    remarks = Remarks()
    named = remarks.name(_unencoded(name)) if name else ""
    return Member(
        address=parse_address(address or said),
        there=There.READS,
        line=line,
        name=named,
        remarks=remarks.said,
    )


def _unencoded(name: str) -> str:
    """A name as people read it (RFC 2047)."""
    try:
        return str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError):
        return name


# --- listmonk -----------------------------------------------------------------------------------------------


def _entries_of_listmonk(document: Any) -> list[Any] | None:
    """Subscribers in an answer of `/api/subscribers`, or in a list of them."""
    data = document.get("data", document) if isinstance(document, dict) else document
    entries = data.get("results") if isinstance(data, dict) else data
    if isinstance(data, dict) and entries is None and {"email", "lists"} <= data.keys():
        entries = [data]
    if not isinstance(entries, list):
        return None
    first = next(iter(entries), {"email": "", "lists": []})
    return entries if isinstance(first, dict) and {"email", "lists"} <= first.keys() else None


def _of_listmonk(entry: Mapping[str, Any], place: int) -> Iterator[Member]:
    """A member for each list, or one for who is on none."""
    remarks = Remarks()
    attributes = entry.get("attribs")
    attributes = attributes if isinstance(attributes, dict) else {}
    zone, language = said_of_attributes(attributes)
    there = AT_LISTMONK.get(_word(entry, "status"), There.STOPPED)
    member = Member(
        address=parse_address(_word(entry, "email")),
        there=there,
        line=place,
        name=remarks.name(_word(entry, "name")),
        labels=labels_of_attributes(attributes),
        zone=remarks.zone(zone),
        language=remarks.language(language),
    )
    lists = [one for one in entry.get("lists") or () if isinstance(one, dict) and _word(one, "name")]
    if not lists:
        nowhere = There.NEVER_AGREED if there is There.READS else there
        return iter([_with(member, remarks, there=nowhere)])
    return iter([_on_a_list(member, one, remarks) for one in lists])


def _on_a_list(member: Member, on: Mapping[str, Any], remarks: Remarks) -> Member:
    there = member.there
    word = _word(on, "subscription_status")
    if there is There.READS:
        there = _ON_A_LIST.get(word, There.STOPPED)
        # a list that asks nobody for a yes writes to all of these
        if there is There.UNCONFIRMED and _word(on, "optin") == "single":
            there = There.READS
    began = remarks.instant(
        _word(on, "subscription_created_at") or _word(on, "created_at"), "the time of joining"
    )
    changed = remarks.instant(_word(on, "subscription_updated_at"), "the time of the last change")
    meta = on.get("subscription_meta")
    seen_from = _word(meta, "optin_ip") if isinstance(meta, dict) else ""
    return _with(
        member,
        remarks,
        there=there,
        list=words_of(_word(on, "name")),
        agreement=Agreement(
            asked_at=began,
            asked_from=remarks.network(seen_from),
            confirmed_at=changed if word == "confirmed" else None,
        ),
        gone_at=changed if there is There.LEFT else None,
    )


# --- Mailman ------------------------------------------------------------------------------------------------


def _entries_of_mailman(document: Any) -> list[Any] | None:
    """Members in an answer of `/lists/…/roster/member` or `/members`, or in a list of them."""
    entries = document.get("entries") if isinstance(document, dict) else document
    if isinstance(document, dict) and entries is None and document.get("total_size") == 0:
        entries = []
    if not isinstance(entries, list):
        return None
    first = next(iter(entries), {"email": "", "list_id": ""})
    return entries if isinstance(first, dict) and {"email", "list_id"} <= first.keys() else None


def _of_mailman(entry: Mapping[str, Any], place: int) -> Iterator[Member]:
    remarks = Remarks()
    mode = _word(entry, "delivery_mode")
    labels = (Label("delivery", words_of(mode.replace("_", " "))),) if mode and mode != "regular" else ()
    # answers before version 3.3 have no status: there it is in each member's preferences
    status = _word(entry, "delivery_status")
    member = Member(
        address=parse_address(_word(entry, "email")),
        there=_there_at_mailman(status, _word(entry, "role")),
        line=place,
        name=remarks.name(_word(entry, "display_name")),
        list=words_of(_word(entry, "list_id")),
        labels=labels,
        format=Format.TEXT if mode == "plaintext_digests" else None,
    )
    return iter([_with(member, remarks)])


def _there_at_mailman(status: str, role: str) -> There:
    # owners and moderators run the list, and who is no member only writes to it
    if role not in {"", "member"}:
        return There.NEVER_AGREED
    return _AT_MAILMAN.get(status, There.STOPPED) if status else There.READS


def has_no_status(documents: Sequence[Any]) -> bool:
    """Whether answers of Mailman do not say whose mail is turned off."""
    entries = [entry for document in documents for entry in _entries_of_mailman(document) or ()]
    return any(isinstance(entry, dict) and not _word(entry, "delivery_status") for entry in entries)


def _with(member: Member, remarks: Remarks, **values: Any) -> Member:
    return replace(member, remarks=remarks.said, **values)


def _word(entry: Mapping[str, Any], key: str) -> str:
    found = entry.get(key)
    return found.strip() if isinstance(found, str) else ""
