"""Finds addresses in reports and texts, and knows those that are never a reader's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

#: Punctuation of Chinese and Japanese, which stands beside addresses without a space.
_WIDE: Final = "（）【】「」《》，。：；！？、“”"
_LOCAL: Final = rf"[^\s<>@:;,()\[\]\"'`{{}}|\\*{_WIDE}]{{1,200}}"
_QUOTED: Final = r"\"[^\"\n]{1,64}\""
_DOMAIN: Final = rf"(?:[^\s<>@:;,()\[\]\"'`/\\=?&#!*{_WIDE}]{{1,250}}|\[[\d.]{{7,15}}\])"
ADDRESS: Final = re.compile(rf"(?:{_QUOTED}|{_LOCAL})@{_DOMAIN}")
_WHOLE: Final = re.compile(rf"(?:{_QUOTED}|[^\s<>@\"]{{1,200}})@(?:[^\s<>@\"]{{1,255}})")
_MACHINES: Final = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|mailerdaemon|mdaemon|mail-?delivery|mailsystem|mail-?system"
    r"|mailadmin|mail-?admin|mailer|maildaemon|bounces?(?:[+=-].*)?|no-?reply|do-?not-?reply|amavis|virusalert|noc|smtp|majordomo"
    r"|microsoftexchange[0-9a-f]{32}|exchange|errors?|undeliverable|admin|administrator|abuse|support|helpdesk|root"
    r"|fbl|feedback)",
    re.IGNORECASE,
)
#: RFC 6533 section 3: characters of an address that only ASCII could carry.
_EMBEDDED: Final = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")


class Ours(Struct, frozen=True):
    """Addresses that no report can be about, because we sent it or because it wrote the report."""

    #: addresses and domains, in lower case
    names: frozenset[str]

    @classmethod
    def of(cls, given: Collection[str], found: Iterable[str] = ()) -> Ours:
        """Those given and those found, brought into one form."""
        return cls(
            frozenset(name.strip().strip("<>").lstrip("@").lower() for name in (*given, *found)) - {""}
        )

    def __contains__(self, address: str) -> bool:
        address = address.lower()
        return address in self.names or address.rpartition("@")[2] in self.names


def is_machine(address: str) -> bool:
    """True when the local part is one that servers write from."""
    return _MACHINES.fullmatch(address.partition("@")[0]) is not None


def is_placeholder(address: str) -> bool:
    """True when it stands for any address, in an explanation."""
    return address.partition("@")[0].lower() in {"name", "username", "yourname", "someone"}


def one_address(value: str) -> str:
    """The address in a field such as `rfc822; <a@b>`, as it was told; empty when there is none."""
    kind, semicolon, rest = value.partition(";")
    if not semicolon or "@" in kind:
        kind, rest = "", value
    if kind.strip().lower() == "utf-8":
        rest = _EMBEDDED.sub(lambda found: _character(int(found[1], 16)), rest)
    rest = rest.strip()
    if "<" in rest:
        inner = rest.rpartition("<")[2].partition(">")[0].strip()
        rest = inner if "@" in inner else rest.replace("<", " ").replace(">", " ")
    rest = re.sub(r"\([^()]*\)\s*$", "", rest).strip(" \t,;'`")
    found = _WHOLE.fullmatch(rest) or ADDRESS.search(rest)
    return _tidy(found[0]) if found else ""


def addresses_in(text: str) -> list[str]:
    """Every address of a text or of a header, each once."""
    found = (match[0] for match in ADDRESS.finditer(text[:20_000]))
    # three dots at the end stand for the rest, which was left out
    return list(dict.fromkeys(_tidy(one) for one in found if not one.endswith("...")))


def without_xtext(address: str) -> str:
    """The address that RFC 3461 section 4 hid, for servers that hand it back as they got it."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), address)


def _character(code: int) -> str:
    return chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _tidy(address: str) -> str:
    """Without what sentences put around it."""
    local, _at, domain = address.rpartition("@")
    local = (
        local if local.startswith('"') else re.sub(r"(?i)^(?:mailto:|smtp[:=]|rfc822[;=]|to[:=])", "", local)
    )
    return f"{local}@{domain.rstrip('.,;:!?)>…。，')}"
