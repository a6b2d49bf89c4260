"""Whether the settings are wise: each may be well made, and the house still be open or silent with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct, field

from digest.core.doctor_findings import Finding, Found, Level, or_fine
from digest.core.pace import Limits
from digest.core.warmup import WarmingUp

#: Names that lead nowhere on the open internet (RFC 2606, 6761, 6762).
_RESERVED: tuple[str, ...] = ("example", "invalid", "test", "localhost", "local", "internal", "lan")
_RESERVED_DOMAINS: tuple[str, ...] = ("example.com", "example.org", "example.net")
#: As many octets as SHA-256 has: a shorter key for HMAC is a weaker one (RFC 2104).
KEY_OCTETS = 32


class Sender(Struct, frozen=True):
    """Whom the mails of a newsletter are from."""

    newsletter: str
    address: str
    has_postal_address: bool

    @property
    def domain(self) -> str:
        """Under which its mails are signed, and to which what comes back goes."""
        return self.address.rpartition("@")[2].lower().rstrip(".")


class PlainServer(Struct, frozen=True):
    """A mail server to which a password would go as it is."""

    name: str
    host: str


class SettingsSeen(Struct, frozen=True):
    """What was read of the settings, and of the files that they name."""

    base_url: str
    #: mails leave this machine, and are not written into a folder
    sends: bool
    today: date
    #: what was refused when the parts were built, each one line
    refused: tuple[str, ...] = ()
    #: variables that look like settings and are none, each with the one that may have been meant, or nothing
    unread: tuple[tuple[str, str], ...] = ()
    #: of the keys that sign links, the octets of the shortest; None when there is none yet
    shortest_key: int | None = None
    #: files that hold a secret and may be read by every user of the machine
    readable: tuple[str, ...] = ()
    dkim_keys: int = 0
    plain_logins: tuple[PlainServer, ...] = ()
    limits: Limits | None = None
    warm_up: WarmingUp | None = None
    has_alerts: bool = False
    #: something takes in what comes back
    has_returns: bool = False
    senders: Sequence[Sender] = field(default=())


def judge_settings(seen: SettingsSeen) -> tuple[Finding, ...]:
    """All that is wrong or risky."""
    found = [
        *(
            Finding(Found.SETTINGS_UNUSABLE, Level.ERROR, one, "change this setting; see digest.toml")
            for one in seen.refused
        ),
        *(_unread(name, meant) for name, meant in seen.unread),
        *_secrets(seen),
        *_limits(seen),
        *(_of_sending(seen) if seen.sends else ()),
    ]
    return or_fine(found, Finding(Found.SETTINGS_FINE, Level.FINE, "the settings go together"))


def _unread(name: str, meant: str) -> Finding:
    """One that nobody meant may be read by a plugin, or by a script around us."""
    line = f"the variable {name} is set, and nothing reads it"
    if meant:
        return Finding(Found.SETTINGS_UNREAD, Level.WARNING, line, f"name it {meant}, or take it away")
    line = f"the variable {name} is set, and is no setting"
    mend = "if nothing of yours reads it, see docs/settings.md for the name that was meant"
    return Finding(Found.SETTINGS_UNREAD, Level.ADVICE, line, mend)


def is_local(host: str) -> bool:
    """True for a host that is this machine, or one of its own network, by what it is called."""
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host.lower().rstrip(".").rpartition(".")[2] in _RESERVED or "." not in host
    return not address.is_global


def is_reserved(domain: str) -> bool:
    """True for a domain under which nobody on the open internet gets mail."""
    name = domain.lower().rstrip(".")
    return name.rpartition(".")[2] in _RESERVED or any(
        name == one or name.endswith("." + one) for one in _RESERVED_DOMAINS
    )


def _secrets(seen: SettingsSeen) -> Iterator[Finding]:
    if seen.shortest_key is not None and seen.shortest_key < KEY_OCTETS:
        yield Finding(
            Found.SECRET_KEY_SHORT,
            Level.WARNING,
            f"a key that signs links has {seen.shortest_key} characters",
            f"put a random one of {KEY_OCTETS} or more before it in DIGEST_SECRET_KEY, and keep the old one "
            "behind a comma while its links are in mails",
        )
    for path in seen.readable:
        yield Finding(
            Found.SECRET_READABLE,
            Level.ERROR,
            f"{path} holds a secret, and every user of this machine may read it",
            f"chmod o-rwx '{path}', and change the secret if others use this machine",
        )


def _limits(seen: SettingsSeen) -> Iterator[Finding]:
    if seen.limits is not None:
        whole = seen.limits.server
        families = {"each family": seen.limits.family, **seen.limits.families}
        for name, limit in families.items():
            if limit.connections > whole.connections:
                yield _above(name, f"{limit.connections} connections", f"{whole.connections}")
            if whole.rate is not None and limit.rate is not None and limit.rate > whole.rate:
                yield _above(name, f"{limit.rate:g} copies a second", f"{whole.rate:g}")
    if seen.warm_up is not None and seen.today < seen.warm_up.since:
        yield Finding(
            Found.WARM_UP_LATER,
            Level.ADVICE,
            f"the warm-up begins on {seen.warm_up.since}; until then each day has the ceiling of its first",
            "let DIGEST_WARM_UP_SINCE be the day on which the first mails really go",
        )
    elif seen.warm_up is not None and seen.warm_up.is_over(seen.today):
        yield Finding(
            Found.WARM_UP_OVER,
            Level.ADVICE,
            f"the warm-up that began on {seen.warm_up.since} is over",
            "take DIGEST_WARM_UP_SINCE out",
        )


def _above(name: str, wish: str, most: str) -> Finding:
    return Finding(
        Found.LIMIT_ABOVE,
        Level.WARNING,
        f"the limit of {name} is {wish}, and the server as a whole has {most}: it never takes effect",
        "raise DIGEST_SMTP_CONNECTIONS or DIGEST_SMTP_RATE, or lower DIGEST_FAMILY_LIMITS and its kin",
    )


def _of_sending(seen: SettingsSeen) -> Iterator[Finding]:
    """What matters once mails go to people."""
    url = urlsplit(seen.base_url)
    if is_local(url.hostname or ""):
        yield Finding(
            Found.BASE_URL_LOCAL,
            Level.ERROR,
            f"links in mails lead to {seen.base_url}, which readers cannot reach",
            "set DIGEST_BASE_URL to where readers reach the pages",
        )
    elif url.scheme != "https":
        yield Finding(
            Found.BASE_URL_PLAIN,
            Level.ERROR,
            f"links in mails begin with {seen.base_url}: one-click unsubscribe needs https (RFC 8058)",
            "serve the pages by https, and set DIGEST_BASE_URL to that",
        )
    for server in seen.plain_logins:
        if not is_local(server.host):
            yield Finding(
                Found.SMTP_PLAIN,
                Level.ERROR,
                f"the password for {server.name} crosses the network unencrypted",
                "write smtp+starttls:// or smtps:// in DIGEST_SMTP_URL",
            )
    if not seen.dkim_keys:
        yield Finding(
            Found.DKIM_NONE,
            Level.WARNING,
            "mails are not signed by us: large providers want DKIM of who sends to many",
            "set DIGEST_DKIM_KEYS, unless your mail server signs with the sender's domain",
        )
    if not seen.has_returns:
        yield Finding(
            Found.RETURNS_NONE,
            Level.WARNING,
            "nothing takes in what comes back: readers who are gone or complain are written to for ever",
            "set DIGEST_RETURNS_MAILBOX, DIGEST_RETURNS_LISTEN or DIGEST_HOOK_SECRETS (docs/returns.md)",
        )
    if not seen.has_alerts:
        yield Finding(
            Found.ALERTS_NONE,
            Level.ADVICE,
            "nobody is told by mail when a run stops or too much comes back",
            "set DIGEST_ALERTS_TO",
        )
    yield from _of_senders(seen)


def _of_senders(seen: SettingsSeen) -> Iterator[Finding]:
    for sender in seen.senders:
        edit = f"digest newsletters edit {sender.newsletter}"
        if is_reserved(sender.domain):
            yield Finding(
                Found.SENDER_RESERVED,
                Level.ERROR,
                f"newsletter {sender.newsletter} is from {sender.address}, a name that belongs to nobody",
                f"{edit} --sender with an address of yours",
            )
        if not sender.has_postal_address:
            yield Finding(
                Found.POSTAL_ADDRESS,
                Level.ADVICE,
                f"newsletter {sender.newsletter} has no postal address, which many countries ask for",
                f"{edit} --postal-address",
            )
    domains = sorted({sender.domain for sender in seen.senders})
    if seen.dkim_keys and len(domains) > 1:
        yield Finding(
            Found.SENDER_DOMAINS,
            Level.ADVICE,
            f"newsletters are from {len(domains)} domains, and the same keys sign for all: "
            f"{', '.join(domains[:8])}",
            "publish the records of DIGEST_DKIM_KEYS under each of them",
        )
