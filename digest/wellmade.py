"""What well made settings look like: stores, servers, pages, networks, limits, secrets and tokens."""

from __future__ import annotations

import importlib.util
import re
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

#: The drivers we use, by every way in which people write the URL of a store.
_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_SMTP_SCHEMES: Final = ("smtp", "smtp+starttls", "smtps")
_FAMILY_LIMIT: Final = re.compile(r"([\w-]+(?:\.[\w-]+)+)\s*:\s*(\d{1,4})(?:\s*:\s*(\d{1,6}(?:\.\d{1,6})?))?")
#: So long that nobody guesses one, and nothing that a header or a URL has to write otherwise.
_PASSWORD: Final = re.compile(r"[\w.~!$*+/=@^-]{16,200}", re.ASCII)
#: Base64 of 24 to 64 bytes, its last group filled up.
_GROUP: Final = "[A-Za-z0-9+/]"
_WHSEC: Final = re.compile(
    rf"whsec_(?:(?:{_GROUP}{{4}}){{8,21}}(?:{_GROUP}{{2}}==)?|(?:{_GROUP}{{4}}){{8,20}}{_GROUP}{{3}}=)"
)
#: By what the calls of a provider are known -> what that looks like.
_HOOK_SECRETS: Final = {
    "ses": (
        re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]{1,40}:[0-9]{12}:[\w.-]{1,256}", re.ASCII),
        "the ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:mail",
    ),
    "postmark": (_PASSWORD, "a password of 16 characters or more, without blank, comma or colon"),
    "sendgrid": (re.compile(r"[A-Za-z0-9+/]{80,800}={0,2}"), "the verification key that SendGrid shows"),
    "mailgun": (_PASSWORD, "the webhook signing key that Mailgun shows"),
    "sparkpost": (_PASSWORD, "a password of 16 characters or more, without blank, comma or colon"),
    "generic": (_WHSEC, "whsec_ and base64 of 24 to 64 bytes"),
}


#: What a provider's hook that is a plugin goes by is its own affair.
_OF_A_PLUGIN: Final = (re.compile(r"[!-+\--~]{8,1000}"), "8 to 1000 signs without blank and comma")


def check_beat_url(text: str) -> None:
    """An address that can be called; refuses without repeating it, for it is a secret."""
    wanted = "should be an http or https address without user and fragment, such as https://beats.example/ID"
    try:
        parts = urlsplit(text)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(wanted) from None
    if not is_fine or "@" in parts.netloc or parts.fragment or len(text) > 2_000 or re.search(r"\s", text):
        raise ValueError(wanted)


def check_collector(text: str) -> None:
    """The address of a collector: of a server, and what comes behind it is ours."""
    try:
        parts = urlsplit(text)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fine = False
    if not is_fine or "?" in text or "#" in text or re.search(r"\s", text):
        raise ValueError("should be an http or https address such as http://127.0.0.1:4318")
    if "@" in parts.netloc:
        raise ValueError("should hold no password: the variable OTEL_EXPORTER_OTLP_HEADERS is for keys")


def check_store(text: str) -> str:
    """The URL of a store, with our driver in it; refuses without repeating what was given."""
    # heavy, and not needed for the default
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    wanted = "should be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(wanted) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise ValueError(f"{wanted}, not {url.drivername}://")
    is_sqlite = url.get_backend_name() == "sqlite"
    if url.host is not None and is_sqlite:
        raise ValueError("should have three slashes before a relative path: sqlite:///FILE")
    if is_sqlite and url.database in {None, "", ":memory:"}:
        # what is in memory belongs to one connection, and we open several
        raise ValueError("should be a file: one in memory ends with this command")
    if not is_sqlite and importlib.util.find_spec("psycopg") is None:
        raise ValueError("names PostgreSQL, which needs: pip install 'newsroom-digest[cluster]'")
    return url.set(drivername=driver).render_as_string(hide_password=False)


def check_mail_server(text: str, place: int) -> None:
    """Refuse what is not the address of a mail server, without repeating it: it may hold a password."""
    try:
        url = urlsplit(text)
        fits = url.scheme in _SMTP_SCHEMES and url.hostname and url.port != 0
    except ValueError:
        fits = False
    if not fits and text.partition("://")[0].lower() not in _plugged("TRANSPORT"):
        raise ValueError(
            f"should be file:FOLDER or servers such as smtp://USER:PASSWORD@HOST:PORT; number {place} is not "
            "(the scheme is smtp, smtp+starttls or smtps; special signs in a password are written %XX)"
        )


def is_plain_http(text: str) -> bool:
    """True for an http or https address without user, query or fragment."""
    try:
        url = urlsplit(text)
        rightly_made = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
    extras = "@" in url.netloc or "?" in text or "#" in text
    # an international host name is written in A-labels (xn--…), as mail headers need it
    return rightly_made and not extras and re.fullmatch(r"[!-~]+", text) is not None


def check_networks(text: str) -> None:
    """Refuse what are no networks, comma-separated."""
    for entry in filter(None, map(str.strip, text.split(","))):
        try:
            ip_network(entry)
        except ValueError:
            raise ValueError("should hold networks such as 10.20.0.0/16, several comma-separated") from None


def split_family_limits(text: str) -> dict[str, tuple[int, float | None]]:
    """Connections and rate by domain; raises ValueError with what should have been written."""
    limits = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        found = _FAMILY_LIMIT.fullmatch(entry)
        if found is None:
            raise ValueError(
                "should hold DOMAIN:CONNECTIONS or DOMAIN:CONNECTIONS:RATE, several comma-separated"
            )
        rate = None if found[3] is None else float(found[3])
        if not 1 <= int(found[2]) <= 500 or rate == 0:
            raise ValueError("should hold 1 to 500 connections, and rates above 0")
        limits[found[1].lower()] = int(found[2]), rate
    return limits


def check_hook_secrets(text: str) -> None:
    """Refuse what are no secrets of providers, without repeating them."""
    entries = filter(None, map(str.strip, text.split(",")))
    for place, entry in enumerate(entries, start=1):
        name, _, secret = entry.partition(":")
        provider = name.strip().lower()
        known = _HOOK_SECRETS.get(provider)
        if known is None and provider not in _plugged("HOOK"):
            raise ValueError(
                f"should hold PROVIDER:SECRET, several comma-separated; number {place} does not begin with "
                f"one of {', '.join((*_HOOK_SECRETS, *_plugged('HOOK')))} and a colon"
            )
        pattern, wanted = known or _OF_A_PLUGIN
        if not pattern.fullmatch(secret.strip()):
            raise ValueError(f"should hold, after {provider}:, {wanted}; number {place} does not")


def split_tokens(text: str) -> tuple[str, ...]:
    """Tokens, comma-separated; refuses what is none, without repeating it."""
    tokens = tuple(filter(None, map(str.strip, text.split(","))))
    for place, token in enumerate(tokens, start=1):
        if not re.fullmatch(r"[!-+\--~]{16,200}", token):
            raise ValueError(
                f"should hold tokens of 16 to 200 plain characters without blanks; number {place} is none"
            )
    return tokens


def _plugged(kind: str) -> tuple[str, ...]:
    """The names of plugins; asked for where no name of our own fits, since looking for them takes time."""
    from digest.plugins import shelf

    return shelf.names(shelf.Kind[kind])
