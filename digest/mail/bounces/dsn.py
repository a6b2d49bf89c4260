"""Reads delivery status notifications (RFC 3464, RFC 6533) and what is commonly sent in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from digest.core.returned_rules import Said, clearest, codes_in
from digest.mail.bounces.addresses import one_address
from digest.mail.bounces.mime import STATUS_PARTS, Part, decoded, read_headers

_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)")
_IN_TEXT: Final = re.compile(
    r"^[ \t]{0,8}(?:Reporting-MTA|Final-Recipient|Original-Recipient):", re.MULTILINE | re.IGNORECASE
)
_RECIPIENT: Final = ("original-recipient", "final-recipient", "x-original-recipient", "x-actual-recipient")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_THROWN_AWAY: Final = re.compile(r"automatic-action/[^;]{1,60};[ \t]*(?:deleted|denied|failed)\b", re.I)
_MOST_RECIPIENTS: Final = 200
_TYPE: Final = re.compile(r"^[A-Za-z0-9_.-]{1,30};\s*")


class Told(Struct, frozen=True):
    """What a report tells of one recipient."""

    recipient: str
    said: Said
    #: other addresses that it gives the same recipient
    others: tuple[str, ...] = ()
    #: the recipient of whom this one was made, when both are told of
    made_of: str = ""


class Report(Struct, frozen=True):
    """A whole report."""

    told: tuple[Told, ...]
    #: fields that may name the copy, such as Original-Envelope-Id
    about_the_copy: tuple[str, ...] = ()


class _Groups(Struct):
    """Fields of one recipient after the other, as servers part them: by empty lines, or not at all."""

    done: list[dict[str, str]] = field(default_factory=list)
    current: dict[str, str] = field(default_factory=dict)

    def close(self) -> None:
        if self.current:
            self.done.append(self.current)
            self.current = {}

    def add(self, name: str, value: str) -> None:
        if name in self.current and name in {"final-recipient", "original-recipient", "action"}:
            self.close()
        self.current.setdefault(name, value)


def read_report(mail: Part) -> Report | None:
    """The report of a mail, or None when it has none."""
    parts = [part for part in mail.walk() if part.type in STATUS_PARTS]
    for text in [part.text for part in parts] or list(_reports_in_texts(mail)):
        report = _read(text)
        if report.told:
            return report
    return None


def rejected_by_receipt(mail: Part) -> str:
    """Whose server took a mail and threw it away by itself, as its receipt says (RFC 8098); or empty.

    Where mailboxes have quotas Dovecot tells so what is too much for them.
    """
    for part in mail.walk():
        if part.type == "message/disposition-notification":
            fields = read_headers(part.text.strip().encode("utf-8", "replace"))
            if _THROWN_AWAY.match(fields.get("disposition")):
                return one_address(fields.get("final-recipient"))
    return ""


def _reports_in_texts(mail: Part) -> Iterator[str]:
    """A report that was sent as plain text (the part lost its type), or that a gateway turned into text."""
    for part in mail.walk():
        if part.type not in {"text/plain", "text/html"} or "ecipient" not in part.text:
            continue
        found = _IN_TEXT.search(part.text)
        if found is not None and re.search(
            r"(?im)^[ \t]{0,8}(?:Action|Status|Diagnostic-Code)[ \t]*:", part.text
        ):
            yield part.text[found.start() :]


def _read(text: str) -> Report:
    groups = _grouped(text)
    first = groups[0] if groups and not any(name in groups[0] for name in _RECIPIENT) else {}
    told = tuple(one for group in groups if (one := _told(group)) is not None)
    about = tuple(first[name] for name in ("original-envelope-id", "x-original-message-id") if name in first)
    return Report(told[:_MOST_RECIPIENTS], about)


def _grouped(text: str) -> list[dict[str, str]]:
    groups = _Groups()
    last = ""
    for line in text.split("\n")[:20_000]:
        if not line.strip():
            groups.close()
            last = ""
        elif line[0] in " \t" and last and not _starts_field(line):
            groups.current[last] = f"{groups.current[last]} {line.strip()}"[:4000]
        elif found := _FIELD.match(line.strip()):
            last = found[1].lower()
            known = last in groups.current and last not in {"final-recipient", "original-recipient", "action"}
            groups.add(last, found[2].strip())
            last = "" if known else last
        elif last:
            # folded by a server that forgot the space
            groups.current[last] = f"{groups.current[last]} {line.strip()}"[:4000]
    groups.close()
    return _joined(groups.done)


def _starts_field(line: str) -> bool:
    return (
        re.match(
            r"\s{1,8}(?:Final-Recipient|Original-Recipient|Action|Status|Diagnostic-Code|Remote-MTA):",
            line,
            re.I,
        )
        is not None
    )


def _joined(groups: list[dict[str, str]]) -> list[dict[str, str]]:
    """Groups that an empty line in the wrong place has parted are joined again."""
    found: list[dict[str, str]] = []
    for group in groups:
        before = found[-1] if found else {}
        alone = not any(name in group for name in _RECIPIENT) and (
            "action" in group or "status" in group or "diagnostic-code" in group
        )
        if alone and any(name in before for name in _RECIPIENT) and not group.keys() & before.keys():
            before.update(group)
        else:
            found.append(group)
    return found


def _told(group: Mapping[str, str]) -> Told | None:
    # some servers put encoded-words where RFC 6533 has characters
    values = [group.get(name, "") for name in _RECIPIENT]
    addresses = list(
        dict.fromkeys(one for value in (*map(decoded, values), *values) if (one := one_address(value)))
    )
    if not addresses and not any(name in group for name in _RECIPIENT):
        return None
    if not addresses:
        addresses = [one for one in [one_address(group.get("x-actual-recipient", ""))] if one] or [""]
    diagnostic = decoded(
        _TYPE.sub("", group.get("diagnostic-code", "") or group.get("x-diagnostic-code", ""))
    )
    reply, enhanced = codes_in(diagnostic)
    status = found[0] if (found := _STATUS.search(group.get("status", ""))) else ""
    reply = reply or next(iter(re.findall(r"\b[45][0-5]\d\b", group.get("smtp-code", ""))), "")
    code = clearest(enhanced, status)
    # a specific status says more than a diagnostic that repeats nothing but its class
    if status and reply and status[0] != reply[0] and not enhanced:
        code = status
    action = re.split(r"[\s(;]", group.get("action", "").strip().lower())[0]
    said = Said(action, reply, code, diagnostic or _after_code(group.get("status", "")))
    return Told(addresses[0], said, tuple(addresses[1:]))


def _after_code(status: str) -> str:
    """The comment that some servers put where only a code may stand."""
    return _STATUS.sub("", status).strip(" ()")
