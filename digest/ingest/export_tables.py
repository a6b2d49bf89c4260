"""Members from the tables of Mailchimp, Substack, Ghost and listmonk: a reader for the layout of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from digest.core.exports import Agreement, Label, Member, System, There, Unfit
from digest.ingest.export_values import Remarks, choices_in, said_yes, words_of
from subscribers.model import Format
from subscribers.roster import RefusedLine
from subscribers.wishes import WishError, parse_address

#: A column with more different names than these is no group to choose from, but a street or a birthday.
_MOST_CHOICES: Final = 100
_MOST_CHOICE: Final = 80


class ExportTable(Struct, frozen=True):
    """A table of an export, not looked into but for its headings."""

    #: within an archive; otherwise empty
    file: str
    headings: tuple[str, ...]
    records: tuple[tuple[int, Sequence[str] | RefusedLine], ...]

    @property
    def folded(self) -> tuple[str, ...]:
        """The headings as they are compared."""
        return tuple(" ".join(heading.split()).casefold() for heading in self.headings)


class TableRead(Struct, frozen=True):
    """What a table holds."""

    members: tuple[Member, ...]
    unfit: tuple[Unfit, ...]
    ignored: tuple[str, ...]
    kind: str


class _Row:
    """The cells of a line by their headings."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.line: Final = line
        self._cells: Final = cells

    def __getitem__(self, heading: str) -> str:
        return self._cells.get(heading, "")

    def address(self, heading: str) -> str:
        """The address; raises WishError."""
        cell = self[heading]
        if not cell:
            raise WishError("there is no address")
        return parse_address(cell)


#: Makes a member of a line; what it does not look at is ignored, and named.
_Maker = Callable[[_Row, Remarks], Member]


def table_system(headings: Sequence[str]) -> System | None:
    """Whose table has these headings, folded; None for one that is not known."""
    have = set(headings)
    if len(have & _OF_MAILCHIMP) >= 3:
        return System.MAILCHIMP
    if {"uuid", "email", "attributes", "status"} <= have:
        return System.LISTMONK
    if {"email", "subscribed_to_emails", "complimentary_plan"} <= have:
        return System.GHOST
    if {"email", "active_subscription"} <= have or {"email", "email_disabled"} <= have:
        return System.SUBSTACK
    return System.SUBSTACK if {"email", "type", "start date"} <= have else None


def read_table(table: ExportTable, system: System, name: str) -> TableRead:
    """The members of a table; `name` is that of its file, which Mailchimp says the status by."""
    if system is System.MAILCHIMP:
        return _read_mailchimp(table, name.rpartition("/")[2].casefold())
    make, known = {
        System.LISTMONK: (_of_listmonk, _KNOWN_TO_LISTMONK),
        System.GHOST: (_of_ghost, _KNOWN_TO_GHOST),
        System.SUBSTACK: (_of_substack, _KNOWN_TO_SUBSTACK),
    }[system]
    members, unfit = _members(table, make)
    filled = _filled(table)
    ignored = tuple(
        one for one, plain in zip(table.headings, table.folded, strict=True) if plain not in known
    )
    return TableRead(members, unfit, tuple(one for one in ignored if one in filled), "members")


def _members(table: ExportTable, make: _Maker) -> tuple[tuple[Member, ...], tuple[Unfit, ...]]:
    members, unfit = [], []
    for line, record in table.records:
        try:
            if isinstance(record, RefusedLine):
                raise WishError(record.reason)
            row = _Row(line, dict(zip(table.folded, (cell.strip() for cell in record), strict=False)))
            if len(record) > len(table.headings) and any(
                cell.strip() for cell in record[len(table.headings) :]
            ):
                raise WishError("it has more cells than there are headings: its quotes are broken")
            members.append(replace(make(row, Remarks()), file=table.file))
        except WishError as error:
            unfit.append(Unfit(line, str(error), table.file))
    return tuple(members), tuple(unfit)


def _filled(table: ExportTable) -> set[str]:
    """Headings with something below them."""
    found: set[int] = set()
    for _line, record in table.records:
        if not isinstance(record, RefusedLine):
            found |= {place for place, cell in enumerate(record) if cell.strip()}
    return {heading for place, heading in enumerate(table.headings) if place in found and heading.strip()}


# --- Mailchimp ----------------------------------------------------------------------------------------------

#: Headings that are the same in every language of an account.
_OF_MAILCHIMP: Final = frozenset({"member_rating", "optin_time", "confirm_time", "leid", "euid"})
_ADDRESSES: Final = frozenset({"email address", "email"})
_FIRST_NAMES: Final = frozenset({"first name", "vorname", "prénom", "nombre", "nome", "voornaam", "fname"})
_LAST_NAMES: Final = frozenset(
    {
        "last name",
        "nachname",
        "nom",
        "nom de famille",
        "apellidos",
        "apellido",
        "cognome",
        "achternaam",
        "lname",
    }
)
_LANGUAGES: Final = frozenset({"language", "mc_language"})
#: Of the machinery there; what is used of it stands in `_of_mailchimp`.
_USED: Final = frozenset(
    {
        *("optin_time", "optin_ip", "confirm_time", "confirm_ip", "timezone", "email_type", "tags"),
        *("unsub_time", "unsub_reason", "unsub_reason_other", "clean_time"),
    }
)
_MACHINERY: Final = _USED | {
    *("member_rating", "latitude", "longitude", "gmtoff", "dstoff", "cc", "region", "last_changed"),
    *("leid", "euid", "notes", "unsub_campaign_title", "unsub_campaign_id"),
    *("clean_campaign_title", "clean_campaign_id"),
}
#: Words in the reason of an unsubscription that mean more than leaving.
_CALLED_SPAM: Final = ("spam", "abuse")


class _Layout(Struct, frozen=True):
    """Which heading is what in a table of Mailchimp, whose merge fields have names of their own."""

    kind: str
    address: str
    first: str
    last: str
    language: str
    groups: tuple[tuple[str, str], ...]


def _read_mailchimp(table: ExportTable, name: str) -> TableRead:
    layout = _layout_of(table, name)
    members, unfit = _members(table, lambda row, remarks: _of_mailchimp(row, remarks, layout))
    named = {
        layout.address,
        layout.first,
        layout.last,
        layout.language,
        *(plain for plain, _ in layout.groups),
    }
    filled = _filled(table)
    ignored = tuple(
        heading
        for heading, plain in zip(table.headings, table.folded, strict=True)
        if heading in filled and plain not in named | _USED
    )
    return TableRead(members, unfit, ignored, f"{layout.kind} contacts")


def _layout_of(table: ExportTable, name: str) -> _Layout:
    folded = table.folded

    def among(names: frozenset[str]) -> str:
        return next((heading for heading in folded if heading in names), "")

    # the address stands first, whatever the language of its heading
    address = among(_ADDRESSES) or folded[0]
    first, last, language = among(_FIRST_NAMES), among(_LAST_NAMES), among(_LANGUAGES)
    taken = {address, first, last, language} | _MACHINERY
    groups = tuple(
        (plain, " ".join(heading.split()))
        for place, (heading, plain) in enumerate(zip(table.headings, folded, strict=True))
        if plain and plain not in taken and _is_group(table, place)
    )
    return _Layout(_kind_of(set(folded), name), address, first, last, language, groups)


def _kind_of(headings: set[str], name: str) -> str:
    if "clean_time" in headings:
        return "cleaned"
    if "unsub_time" in headings:
        return "unsubscribed"
    for kind in ("nonsubscribed", "subscribed", "sms_only"):
        if name.startswith(kind):
            return kind.replace("_", " ")
    return "unnamed"


def _is_group(table: ExportTable, place: int) -> bool:
    """Whether a column holds few names of which each line has some."""
    names: set[str] = set()
    for _line, record in table.records:
        if isinstance(record, RefusedLine) or place >= len(record):
            continue
        names.update(choices_in(record[place]))
        if len(names) > _MOST_CHOICES or any(len(name) > _MOST_CHOICE for name in names):
            return False
    return bool(names)


def _of_mailchimp(row: _Row, remarks: Remarks, layout: _Layout) -> Member:
    address = row.address(layout.address)
    agreement = remarks.agreement(row["optin_time"], row["optin_ip"], row["confirm_time"], row["confirm_ip"])
    tags = tuple(Label("", name) for name in choices_in(row["tags"]))
    choices = tuple(Label(group, name) for plain, group in layout.groups for name in choices_in(row[plain]))
    because = words_of(f"{row['unsub_reason']} {row['unsub_reason_other']}")
    return Member(
        address=address,
        there=_there_at_mailchimp(layout.kind, agreement, because),
        line=row.line,
        name=remarks.name(row[layout.first] if layout.first else "", row[layout.last] if layout.last else ""),
        labels=tags + choices,
        zone=remarks.zone(row["timezone"]),
        language=remarks.language(row[layout.language]) if layout.language else None,
        format=Format.TEXT if row["email_type"].casefold() == "text" else None,
        agreement=agreement,
        gone_at=remarks.instant(row["unsub_time"] or row["clean_time"], "the time of leaving"),
        because=because,
        remarks=remarks.said,
    )


def _there_at_mailchimp(kind: str, agreement: Agreement, because: str) -> There:
    if kind == "cleaned":
        return There.BOUNCED
    if kind == "unsubscribed":
        said = because.casefold()
        return There.COMPLAINED if any(word in said for word in _CALLED_SPAM) else There.LEFT
    if kind == "subscribed":
        return There.READS
    # a file under another name: who agreed has a time of it
    return There.READS if kind == "unnamed" and agreement.confirmed_at else There.NEVER_AGREED


# --- Ghost, Substack, listmonk ------------------------------------------------------------------------------

_KNOWN_TO_GHOST: Final = frozenset(
    {"email", "name", "subscribed_to_emails", "created_at", "deleted_at", "labels", "tiers"}
)
_KNOWN_TO_SUBSTACK: Final = frozenset(
    {"email", "name", "active_subscription", "email_disabled", "created_at", "start date", "plan", "type"}
    | {"sections"}
)
_KNOWN_TO_LISTMONK: Final = frozenset({"email", "name", "attributes", "status", "created_at"})


def _of_ghost(row: _Row, remarks: Remarks) -> Member:
    subscribed = said_yes(row["subscribed_to_emails"])
    tiers = (Label("tier", name) for name in choices_in(row["tiers"]))
    there = There.READS if subscribed else There.LEFT
    return Member(
        address=row.address("email"),
        there=There.DELETED if row["deleted_at"] else there,
        line=row.line,
        name=remarks.name(row["name"]),
        labels=(*(Label("", name) for name in choices_in(row["labels"])), *tiers),
        agreement=Agreement(asked_at=remarks.instant(row["created_at"], "the time of joining")),
        remarks=remarks.said,
    )


def _of_substack(row: _Row, remarks: Remarks) -> Member:
    plan = row["plan"] or row["type"]
    paid = said_yes(row["active_subscription"])
    labels = [Label("section", name) for name in choices_in(row["sections"])]
    if paid is not None:
        labels.append(Label("", "paid" if paid else "free"))
    if plan:
        labels.append(Label("plan", words_of(plan)))
    return Member(
        address=row.address("email"),
        there=There.LEFT if said_yes(row["email_disabled"]) else There.READS,
        line=row.line,
        name=remarks.name(row["name"]),
        labels=tuple(labels),
        agreement=Agreement(
            asked_at=remarks.instant(row["created_at"] or row["start date"], "the time of joining")
        ),
        remarks=remarks.said,
    )


def _of_listmonk(row: _Row, remarks: Remarks) -> Member:
    attributes = remarks.attributes(row["attributes"])
    zone, language = said_of_attributes(attributes)
    return Member(
        address=row.address("email"),
        there=AT_LISTMONK.get(row["status"].casefold(), There.STOPPED),
        line=row.line,
        name=remarks.name(row["name"]),
        labels=labels_of_attributes(attributes),
        zone=remarks.zone(zone),
        language=remarks.language(language),
        agreement=Agreement(asked_at=remarks.instant(row["created_at"], "the time of joining")),
        remarks=remarks.said,
    )


AT_LISTMONK: Final = {
    "enabled": There.READS,
    "disabled": There.STOPPED,
    "blocklisted": There.BLOCKED,
    # before version 1.0
    "blacklisted": There.BLOCKED,
}
_ZONES: Final = ("timezone", "time_zone", "tz")
_LANGUAGE_KEYS: Final = ("language", "lang", "locale")


def said_of_attributes(attributes: Mapping[str, object]) -> tuple[str, str]:
    """The time zone and the language in attributes that anybody may name as they like."""

    def first(keys: Sequence[str]) -> str:
        found = (attributes.get(key) for key in keys)
        return next((one for one in found if isinstance(one, str)), "")

    return first(_ZONES), first(_LANGUAGE_KEYS)


def labels_of_attributes(attributes: Mapping[str, object]) -> tuple[Label, ...]:
    """What else stands there: each word, number and list of words under its key."""
    return tuple(_labels_in(attributes))


def _labels_in(attributes: Mapping[str, object]) -> Iterator[Label]:
    for key, value in attributes.items():
        if key in (*_ZONES, *_LANGUAGE_KEYS):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                yield Label(words_of(key), "yes" if one else "no")
            elif isinstance(one, str | int) and 0 < len(str(one)) <= _MOST_CHOICE:
                yield Label(words_of(key), words_of(str(one)))
