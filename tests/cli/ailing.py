"""Newsrooms in which all is well but for one thing: what is planted, and the finding that tells it."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.mail.dkim import load_key
from tests.cli.conftest import mail_server
from tests.cli.shell import Answer, Shell
from tests.reach.nameserver import Zone, name_server

#: A domain under which somebody could get mail, so that it is not told for its name.
DOMAIN: Final = "morning-gazette.net"
LEAVES_FROM: Final = "192.0.2.25"
_ZONE: Final = {
    DOMAIN: ["TXT v=spf1 mx include:spf.post.net -all", "TXT a word of somebody else", f"MX 10 mx.{DOMAIN}."],
    "spf.post.net": ["TXT v=spf1 ip4:192.0.2.0/24 ~all"],
    f"_dmarc.{DOMAIN}": ["TXT v=DMARC1; p=quarantine; rua=mailto:dmarc@morning-gazette.net"],
    "25.2.0.192.in-addr.arpa": [f"PTR mail.{DOMAIN}."],
    f"mail.{DOMAIN}": [f"A {LEAVES_FROM}"],
}
KEY: Final = f"s1._domainkey.{DOMAIN}"
WELL: Final[dict[str, str]] = {
    "DIGEST_BASE_URL": f"https://www.{DOMAIN}",
    "DIGEST_ALERTS_TO": f"desk@{DOMAIN}",
    "DIGEST_HOOK_SECRETS": "postmark:a-secret-of-postmark",
    "DIGEST_DKIM_KEYS": "s1:s1.pem",
}


@dataclass(frozen=True)
class Place:
    """What a newsroom has around it."""

    shell: Shell
    zone: dict[str, list[str]]
    #: how the mail server misbehaves, and what else it is told
    server: dict[str, Any]
    words: tuple[str, ...] = ()

    def with_(self, **variables: str) -> Place:
        """The same with more settings."""
        return replace(self, shell=self.shell.with_(**variables))

    def with_names(self, zone: Zone) -> Place:
        """The same with other records; no records take a name away."""
        changed = self.zone | dict(zone)
        return replace(self, zone={name: records for name, records in changed.items() if records})

    def with_misbehaviour(self, **replies: Any) -> Place:
        """The same with a mail server that says something else."""
        return replace(self, server=self.server | {"misbehaviour": replies})


Plant = Callable[[Place], Place]


def newsroom_that_is_well(shell: Shell) -> Place:
    """Signs, is told of what comes back, and has all records."""
    pem = shell.folder / "s1.pem"
    key = Ed25519PrivateKey.generate()
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem.chmod(0o600)
    shell.ok(
        "newsletters", "edit", "daily", "--sender", f"news@{DOMAIN}", "--postal-address", "1 Harbour Road"
    )
    zone = {**_ZONE, KEY: [f"TXT {load_key(pem, 's1').record}"]}
    return Place(shell.with_(**WELL), zone, {"misbehaviour": {}})


@contextmanager
def surrounded(place: Place) -> Iterator[Callable[..., Answer]]:
    """Its servers are there, and `digest doctor` may be called, with more words."""
    with name_server(place.zone) as names, mail_server(place.server["misbehaviour"]) as mails:
        mails.pipelining = not place.server.get("slow")
        url = place.shell.variables.get("DIGEST_SMTP_URL", "smtp://PORT")
        shell = place.shell.with_(DIGEST_SMTP_URL=url.replace("PORT", f"127.0.0.1:{mails.port}"))
        words = ("doctor", "--resolver", names.address, "--address", LEAVES_FROM, *place.words)
        yield lambda *more: shell(*words, *more)
        assert "MAIL" not in mails.verbs


def _set(**variables: str) -> Plant:
    return lambda place: place.with_(**variables)


def _names(**records: list[str] | None) -> Plant:
    """Records by a short word for where they stand."""
    where = {"spf": DOMAIN, "dkim": KEY, "dmarc": f"_dmarc.{DOMAIN}", "ptr": "25.2.0.192.in-addr.arpa"}
    named = {where[word]: found or [] for word, found in records.items()}
    return lambda place: place.with_names(named)


def _spf(*texts: str, mx: str = f"MX 10 mx.{DOMAIN}.") -> Plant:
    return _names(spf=[f"TXT {text}" for text in texts] + [mx])


def _typed(*words: str) -> Plant:
    def plant(place: Place) -> Place:
        place.shell.ok(*words)
        return place

    return plant


def _readable(name: str) -> Plant:
    def plant(place: Place) -> Place:
        path = place.shell.folder / name
        path.chmod(path.stat().st_mode | stat.S_IROTH)
        return place

    return plant


def _mode(name: str, mode: int) -> Plant:
    def plant(place: Place) -> Place:
        (place.shell.folder / name).chmod(mode)
        return place

    return plant


def _store_elsewhere(place: Place) -> Place:
    """A store that lies beside var, and has the rights that files have by default."""
    (place.shell.folder / "var" / "digest.sqlite3").rename(place.shell.folder / "news.sqlite3")
    return _mode("news.sqlite3", 0o644)(place.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3"))


def _file(name: str, text: str) -> Plant:
    def plant(place: Place) -> Place:
        path: Path = place.shell.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return place

    return plant


def _row(statement: str) -> Plant:
    def plant(place: Place) -> Place:
        with closing(sqlite3.connect(place.shell.folder / "var" / "digest.sqlite3")) as store, store:
            store.execute(statement)
        return place

    return plant


def _says(**replies: Any) -> Plant:
    return lambda place: place.with_misbehaviour(**replies)


def _slow(place: Place) -> Place:
    return replace(place, server=place.server | {"slow": True})


def _log_in_at(server: str) -> Plant:
    return _set(DIGEST_SMTP_URL=server)


def _without_store(place: Place) -> Place:
    return place.with_(DIGEST_DATABASE_URL="sqlite:///elsewhere/news.sqlite3")


_OTHER_KEY: Final = "TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_ELEVEN: Final = " ".join(f"a:host{number}.{DOMAIN}" for number in range(11))

#: What is planted -> the one finding that tells it, and no worse one beside it.
FAULTS: Final[dict[str, tuple[str, Plant]]] = {
    "base url is local": ("settings.base_url_local", _set(DIGEST_BASE_URL="http://127.0.0.1:8000")),
    "base url is plain": ("settings.base_url_plain", _set(DIGEST_BASE_URL=f"http://www.{DOMAIN}")),
    "key is short": ("settings.secret_key_short", _set(DIGEST_SECRET_KEY="seventeen letters")),
    "key may be read": ("settings.secret_readable", _readable("var/secret_key")),
    "dkim key may be read": ("settings.secret_readable", _readable("s1.pem")),
    "settings may be read": (
        "settings.secret_readable",
        _file("digest.toml", 'returns_mailbox = "imaps://u:p@mail.example/INBOX"\n'),
    ),
    "dkim key is lost": ("settings.unusable", _set(DIGEST_DKIM_KEYS="s1:nowhere.pem")),
    "setting is misspelt": ("settings.unread", _set(DIGEST_SMPT_URL="smtp://news:hunter2@mail.post.net")),
    "alerts go nowhere": ("settings.unusable", _set(DIGEST_ALERTS_TO="nobody")),
    "files come from nowhere": ("settings.unusable", _set(DIGEST_INGEST_DIR="nowhere")),
    "nothing is signed": ("settings.dkim_none", _set(DIGEST_DKIM_KEYS="")),
    "nothing comes back": ("settings.returns_none", _set(DIGEST_HOOK_SECRETS="")),
    "sender is made up": (
        "settings.sender_reserved",
        _typed("newsletters", "edit", "daily", "--sender", "news@newsroom.example"),
    ),
    "family above all": ("settings.limit_above", _set(DIGEST_FAMILY_LIMITS="gmail.com:50")),
    "password goes plain": ("settings.smtp_plain", _log_in_at("smtp://news:hunter2@mail.nowhere.zz:25")),
    "store is not there": ("store.missing", _without_store),
    "store is newer": ("store.version", _row("UPDATE alembic_version SET version_num = '9999'")),
    "store is no database": (
        "store.unusable",
        lambda place: _file("news.sqlite3", "Dear diary, " * 100)(
            place.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3")
        ),
    ),
    "store is not reached": (
        "store.unusable",
        _set(DIGEST_DATABASE_URL="postgresql://news:hunter2@127.0.0.1:1/news?connect_timeout=2"),
    ),
    "host is unknown": ("smtp.host", _log_in_at("smtps://mail.post.invalid")),
    "port is closed": ("smtp.unreachable", _log_in_at("smtp://127.0.0.1:1")),
    "server speaks no tls": ("smtp.tls", _log_in_at("smtps://PORT")),
    "server offers no tls": ("smtp.tls", _log_in_at("smtp+starttls://PORT")),
    "login is refused": ("smtp.login", _log_in_at("smtp://news:hunter2@PORT")),
    "server greets nobody": ("smtp.refuses", _says(GREETING="554 5.7.1 Go away")),
    "spf is missing": ("dns.spf_missing", _spf("nothing of that kind")),
    "spf is there twice": ("dns.spf_several", _spf("v=spf1 mx -all", "v=spf1 a -all")),
    "spf has a wrong word": ("dns.spf_syntax", _spf("v=spf1 mx ip4:192.0.2.300 -all")),
    "spf asks too often": ("dns.spf_lookups", _spf(f"v=spf1 {_ELEVEN} -all")),
    "spf leads in a circle": ("dns.spf_lookups", _spf(f"v=spf1 include:{DOMAIN} -all")),
    "spf leads nowhere": ("dns.spf_include", _spf("v=spf1 include:gone.post.net -all")),
    "spf lets everybody": ("dns.spf_open", _spf("v=spf1 mx +all")),
    "spf has no end": ("dns.spf_open", _spf("v=spf1 mx")),
    "spf lets others send": ("dns.spf_address", _spf("v=spf1 ip4:198.51.100.0/24 a mx -all")),
    "dkim is missing": ("dns.dkim_missing", _names(dkim=None)),
    "dkim is another key": ("dns.dkim_differs", _names(dkim=[_OTHER_KEY])),
    "dkim was revoked": ("dns.dkim_revoked", _names(dkim=["TXT v=DKIM1; k=ed25519; p="])),
    "dkim is no record": ("dns.dkim_syntax", _names(dkim=["TXT v=DKIM1; k=ed25519; p=?!"])),
    "dmarc is missing": ("dns.dmarc_missing", _names(dmarc=None)),
    "dmarc is there twice": (
        "dns.dmarc_several",
        _names(dmarc=["TXT v=DMARC1; p=none", "TXT v=DMARC1; p=reject"]),
    ),
    "dmarc has no policy": ("dns.dmarc_syntax", _names(dmarc=["TXT v=DMARC1; rua=mailto:a@b.net"])),
    "dmarc rests on spf": ("dns.dmarc_alignment", _set(DIGEST_DKIM_KEYS="")),
    "nobody takes mail": ("dns.mx_nowhere", _spf("v=spf1 a -all", mx="MX 0 .")),
    "mail server is unknown": ("dns.mx_missing", _spf("v=spf1 a -all", mx=f"NS ns.{DOMAIN}.")),
    "address has no name": ("dns.ptr_missing", _names(ptr=None)),
    "name leads elsewhere": ("dns.ptr_differs", _names(ptr=["PTR other.post.net."])),
    "dns is silent": ("dns.silent", _names(spf=["silence"])),
    "dns fails": ("dns.silent", _names(spf=["fails"])),
    "zone is unknown": ("clock.zone_unknown", _row("UPDATE cadences SET zone = 'Mars/Olympus'")),
    "others may enter var": ("files.open", _mode("var", 0o755)),
    "others may open files of var": ("files.open", _mode("var", 0o711)),
    "store elsewhere may be read": ("files.open", _store_elsewhere),
    "outbox is a file": (
        "files.closed",
        lambda place: _file("plain", "a file")(place.with_(DIGEST_SMTP_URL="file:plain/outbox")),
    ),
}
#: Told, and nothing to worry about.
ADVICE: Final[dict[str, tuple[str, Plant]]] = {
    "mails stay here": ("smtp.folder", _set(DIGEST_SMTP_URL="file:var/outbox")),
    "nobody is alerted": ("settings.alerts_none", _set(DIGEST_ALERTS_TO="")),
    "variable is somebody's": ("settings.unread", _set(DIGEST_HOME_OF_SOMETHING_ELSE="1")),
    "warm-up is over": ("settings.warm_up_over", _set(DIGEST_WARM_UP_SINCE="2025-01-01")),
    "warm-up is to come": ("settings.warm_up_later", _set(DIGEST_WARM_UP_SINCE="2027-01-01")),
    "no pipelining": ("smtp.pipelining", _slow),
    "dmarc asks for nothing": ("dns.dmarc_none", _names(dmarc=["TXT v=DMARC1; p=none"])),
    "two domains": (
        "settings.sender_domains",
        _typed("newsletters", "add", "weekly", "--sender", "news@evening-gazette.net"),
    ),
}
