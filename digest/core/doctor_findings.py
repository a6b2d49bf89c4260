"""What a look at the house finds: a stable word, how bad it is, one plain line, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import force_setattr


class Level(StrEnum):
    """How bad it is."""

    FINE = "fine"
    #: nothing is wrong, and something could be better
    ADVICE = "advice"
    #: it works, and may not always
    WARNING = "warning"
    #: mails do not go out, do not arrive, or promise what is not so
    ERROR = "error"


class Group(StrEnum):
    """What is looked at together."""

    SETTINGS = "settings"
    STORE = "store"
    SMTP = "smtp"
    DNS = "dns"
    CLOCK = "clock"
    FILES = "files"
    PACKAGES = "packages"
    WORK = "work"


class Found(StrEnum):
    """Every finding there is, by its group and what it is; docs/doctor.md has a row for each."""

    SETTINGS_FINE = "settings.fine"
    SETTINGS_UNUSABLE = "settings.unusable"
    SETTINGS_UNREAD = "settings.unread"
    BASE_URL_LOCAL = "settings.base_url_local"
    BASE_URL_PLAIN = "settings.base_url_plain"
    SECRET_KEY_SHORT = "settings.secret_key_short"  # noqa: S105 - a word for it
    SECRET_READABLE = "settings.secret_readable"  # noqa: S105 - a word for it
    DKIM_NONE = "settings.dkim_none"
    SMTP_PLAIN = "settings.smtp_plain"
    SENDER_RESERVED = "settings.sender_reserved"
    SENDER_DOMAINS = "settings.sender_domains"
    POSTAL_ADDRESS = "settings.postal_address"
    WARM_UP_OVER = "settings.warm_up_over"
    WARM_UP_LATER = "settings.warm_up_later"
    LIMIT_ABOVE = "settings.limit_above"
    ALERTS_NONE = "settings.alerts_none"
    RETURNS_NONE = "settings.returns_none"

    STORE_FINE = "store.fine"
    STORE_MISSING = "store.missing"
    STORE_UNUSABLE = "store.unusable"
    STORE_VERSION = "store.version"
    STORE_CLOSED = "store.closed"
    STORE_READ_ONLY = "store.read_only"
    STORE_LOCKED = "store.locked"
    STORE_DISK = "store.disk"
    STORE_LOG = "store.log"
    STORE_CONNECTIONS = "store.connections"
    STORE_MEMORY = "store.memory"
    ENGINE_MISSING = "store.engine_missing"
    ENGINE_NOT_SET_UP = "store.engine_not_set_up"

    SMTP_FINE = "smtp.fine"
    SMTP_FOLDER = "smtp.folder"
    SMTP_HOST = "smtp.host"
    SMTP_UNREACHABLE = "smtp.unreachable"
    SMTP_TLS = "smtp.tls"
    SMTP_LOGIN = "smtp.login"
    SMTP_REFUSES = "smtp.refuses"
    SMTP_CERTIFICATE = "smtp.certificate"
    SMTP_COULD_ENCRYPT = "smtp.could_encrypt"
    SMTP_SIZE = "smtp.size"
    SMTP_PIPELINING = "smtp.pipelining"
    SMTP_CARRIER = "smtp.carrier"

    DNS_FINE = "dns.fine"
    DNS_RESOLVER = "dns.resolver"
    DNS_SILENT = "dns.silent"
    SPF_MISSING = "dns.spf_missing"
    SPF_SEVERAL = "dns.spf_several"
    SPF_SYNTAX = "dns.spf_syntax"
    SPF_LOOKUPS = "dns.spf_lookups"
    SPF_INCLUDE = "dns.spf_include"
    SPF_OPEN = "dns.spf_open"
    SPF_ADDRESS = "dns.spf_address"
    DKIM_UNREAD = "dns.dkim_unread"
    DKIM_MISSING = "dns.dkim_missing"
    DKIM_SYNTAX = "dns.dkim_syntax"
    DKIM_REVOKED = "dns.dkim_revoked"
    DKIM_DIFFERS = "dns.dkim_differs"
    DKIM_TESTING = "dns.dkim_testing"
    DMARC_MISSING = "dns.dmarc_missing"
    DMARC_SEVERAL = "dns.dmarc_several"
    DMARC_SYNTAX = "dns.dmarc_syntax"
    DMARC_NONE = "dns.dmarc_none"
    DMARC_ALIGNMENT = "dns.dmarc_alignment"
    MX_MISSING = "dns.mx_missing"
    MX_NOWHERE = "dns.mx_nowhere"
    PTR_MISSING = "dns.ptr_missing"
    PTR_DIFFERS = "dns.ptr_differs"
    ADDRESS_UNSEEN = "dns.address_unseen"

    CLOCK_FINE = "clock.fine"
    CLOCK_DIFFERS = "clock.differs"
    ZONE_UNKNOWN = "clock.zone_unknown"
    ZONES_OLD = "clock.zones_old"

    FILES_FINE = "files.fine"
    FILES_CLOSED = "files.closed"
    FILES_OPEN = "files.open"

    PACKAGES_FINE = "packages.fine"
    PACKAGES_CLASH = "packages.clash"
    PLUGIN = "packages.plugin"
    PLUGIN_BROKEN = "packages.plugin_broken"
    PLUGIN_NAME = "packages.plugin_name"

    WORK_FINE = "work.fine"
    WORKER_SILENT = "work.worker_silent"
    WORKER_VERSION = "work.worker_version"
    NOBODY_SENDS = "work.nobody_sends"
    SLOT_LATE = "work.slot_late"
    COPIES_UNCERTAIN = "work.uncertain"

    LOOK_CUT_SHORT = "look.cut_short"
    LOOK_BROKE = "look.broke"


class Finding(Struct, frozen=True):
    """One thing that was found."""

    id: Found
    level: Level
    #: what is so, in one line
    line: str
    #: what to do about it, in one line; empty for what is fine
    mend: str = ""
    #: where it belongs; by its id, but for a look that did not come to its end
    group: str = ""

    def __post_init__(self) -> None:
        """Fill in the group, and keep both to one line whatever was quoted in them."""
        force_setattr(self, "group", self.group or self.id.partition(".")[0])
        force_setattr(self, "line", _one_line(self.line))
        force_setattr(self, "mend", _one_line(self.mend))


#: What makes the answer a no.
WORRYING: Final = frozenset({Level.WARNING, Level.ERROR})


def is_well(findings: Iterable[Finding]) -> bool:
    """True when nothing was found that somebody has to mend."""
    return not any(one.level in WORRYING for one in findings)


def or_fine(findings: Sequence[Finding], fine: Finding) -> tuple[Finding, ...]:
    """The findings of a group; where none is worrying, with the word that it is fine."""
    return (fine, *findings) if is_well(findings) else tuple(findings)


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))[:600]
