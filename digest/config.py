"""What can be set: from `digest.toml`, overridden by the environment, read once at the door."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digest.keyring import split_keys
from digest.wellmade import (
    check_hook_secrets,
    check_mail_server,
    check_networks,
    check_store,
    is_plain_http,
    split_family_limits,
)

ENVIRONMENT_PREFIX: Final = "DIGEST_"
#: A reader's link may have 200 octets in all; its path and token take up to 60 of them.
BASE_URL_LIMIT: Final = 140

#: What looks back at single copies and returns looks back less far than this.
SHORTEST_KEPT_DAYS: Final = 90

_SQLITE: Final = "sqlite+aiosqlite"


class Uncertain(StrEnum):
    """What to do with a message when nobody knows whether the server took it."""

    AGAIN = "again"
    HOLD = "hold"


class SentBy(StrEnum):
    """Who sends what `digest serve` finds due."""

    AUTO = "auto"
    HERE = "here"
    WORKERS = "workers"


class LogLevel(StrEnum):
    """From which weight on log lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """All settings; each has a default that works on one machine without any preparation."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    var_dir: Path = Field(
        default=Path("var"),
        description="Folder for what the program keeps: the store, the outbox, the secret key.",
    )
    database_url: str = Field(
        default_factory=lambda given: f"{_SQLITE}:///{given['var_dir'].as_posix()}/digest.sqlite3",
        description="The store: sqlite:///FILE (three slashes before a path relative to the working "
        "directory, four for an absolute one) or postgresql://USER:PASSWORD@HOST/NAME. When not given, the "
        "SQLite file digest.sqlite3 in var_dir.",
        repr=False,
    )
    smtp_url: SecretStr = Field(
        default_factory=lambda given: SecretStr(f"file:{given['var_dir'].as_posix()}/outbox"),
        description="Where mail goes: one or several servers, comma-separated, tried in order, as "
        "smtp://USER:PASSWORD@HOST:PORT, smtp+starttls://… or smtps://…; or file:FOLDER, which writes .eml "
        "files. A comma inside a password is written %2C. The scheme may be that of a plugin, too "
        "(docs/plugins.md). When not given, the folder outbox in var_dir.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="Where readers reach the web pages; links begin with it."
    )
    timezone: str = Field(
        default="UTC",
        description="The newsroom's time zone, by its IANA name, such as Europe/Paris: each day there is an "
        "edition of the public archive. Mails go by the zones of their readers.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs links and sessions; 32 random characters or more. Several, comma-separated, while "
        "keys are changed: the first signs, all are accepted. When not given, one is made and kept in the "
        "file secret_key in var_dir.",
    )
    smtp_connections: int = Field(
        default=40,
        ge=1,
        le=500,
        description="Open connections to each server. Forty share one commit between many letters, and stay "
        "below the 50 that Postfix grants a client.",
    )
    sent_by: SentBy = Field(
        default=SentBy.AUTO,
        description="Who plans and sends issues that `digest serve` finds due: here does it in its own "
        "process, workers leaves it to `digest worker` processes (PostgreSQL), auto does that while there "
        "are any (docs/workers.md).",
    )
    smtp_rate: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Copies a second at most, in all. When not given, as fast as the server takes them.",
    )
    family_connections: int | None = Field(
        default=None,
        ge=1,
        le=500,
        description="Copies under way at a time to one family of mailboxes, such as gmail.com with "
        "googlemail.com. When not given, as many as there are connections: answers alone slow a family down.",
    )
    family_rate: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Copies a second at most to one family of mailboxes. When not given, no such limit.",
    )
    family_limits: str = Field(
        default="",
        description="Limits of single families: DOMAIN:CONNECTIONS or DOMAIN:CONNECTIONS:RATE, several "
        "comma-separated, such as gmail.com:10,yahoo.com:5:2.5. Any domain of a family names it.",
    )
    warm_up_since: date | None = Field(
        default=None,
        description="The day on which a new sender begins, such as 2026-11-24: from then on the copies of "
        "each day (UTC) have a ceiling that grows. When not given, there is none.",
    )
    warm_up_first: int = Field(default=200, ge=1, description="Copies on the first day of a warm-up.")
    warm_up_growth: float = Field(
        default=1.5, gt=1, le=10, description="How many times as many copies on each day after."
    )
    warm_up_goal: int = Field(
        default=50_000, ge=1, description="From the day on which so many would be allowed, no ceiling."
    )
    dkim_keys: str = Field(
        default="",
        description="Keys that sign each mail: SELECTOR:FILE, several comma-separated, RSA and Ed25519 side "
        "by side if wished. FILE is a PEM private key; its public half is found under "
        "SELECTOR._domainkey.DOMAIN, the domain of the newsletter's sender. When empty, no mail is signed.",
    )
    themes_dir: Path | None = Field(
        default=None,
        description="Folder with themes of your own, each a folder in it (docs/themes.md). When not given, "
        "there are those that come with the program.",
    )
    ingest_dir: Path | None = Field(
        default=None,
        description="Folder into which people and programs put files of briefings: the scheduler and `digest "
        "run` take them in and move them to taken or refused below it (docs/ingest.md). When not given, no "
        "folder is looked into.",
    )
    uncertain: Uncertain = Field(
        default=Uncertain.AGAIN,
        description="What happens to a message that a crash or a broken connection left in doubt: again "
        "sends it once more under the same Message-ID, hold leaves it to `digest deliveries resolve`.",
    )
    alerts_to: str = Field(
        default="",
        description="Who is told of what an admin should look at: addresses, comma-separated. When empty, "
        "nobody is; the log tells it all the same.",
        repr=False,
    )
    mail_in: str = Field(
        default="",
        description="Address to which stories are forwarded, such as stories@news.example: everybody who may "
        "edit has one of their own there, stories+…@news.example, which the account page shows. Its mail "
        "has to reach us: see returns_mailbox and returns_listen. When empty, stories do not come by mail.",
        repr=False,
    )
    returns_mailbox: SecretStr = Field(
        default=SecretStr(""),
        description="The mailbox to which returned mail comes, and what readers answer: "
        "imaps://USER:PASSWORD@HOST:PORT/FOLDER, or with imap+starttls, pop3s or pop3+starttls. Its mails "
        "are deleted once they are recorded. When empty, no mailbox is read (docs/returns-intake.md).",
    )
    returns_done: str = Field(
        default="",
        description="Folder of that mailbox into which mails are moved once they are recorded (IMAP). When "
        "empty, they are deleted.",
    )
    returns_aside: str = Field(
        default="Unmatched",
        description="Folder of that mailbox for mails of which nothing could be made (IMAP). When empty, "
        "they go where the others go; what may be returned mail is kept in the store anyway. A mailbox read "
        "by POP3 has no folders: there they stay.",
    )
    returns_poll_seconds: int = Field(
        default=60, ge=5, le=86_400, description="How often that mailbox is read, in seconds."
    )
    returns_listen: str = Field(
        default="",
        description="Where to listen for a mail server that hands returned mail over: lmtp://HOST:PORT, "
        "smtp://HOST:PORT or lmtp+unix:/PATH. It needs the package aiosmtpd. When empty, nothing listens.",
    )
    replies_to: str = Field(
        default="",
        description="Who gets what readers write in answer to mails: one address of the newsroom that is no "
        "newsletter's sender. When empty, nobody does; the mails are kept all the same.",
        repr=False,
    )
    pause_families: bool = Field(
        default=True,
        description="Let a family of mailboxes rest, or hold an issue, when too much of it comes back. "
        "Without, it is only told.",
    )
    unconfirmed_days: int = Field(
        default=30,
        ge=1,
        le=3660,
        description="Days after which an address that was entered and never confirmed is forgotten.",
    )
    keep_copies_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days for which each copy of an issue has a row of its own after the issue was due; then "
        "the issues of a month are bound into a volume (docs/retention.md). 0 keeps the rows for ever.",
    )
    keep_returns_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days after which what came back of a mail is forgotten. 0 keeps it for ever.",
    )
    keep_notices_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days after which mails that are no issue - questions, welcomes, alerts, answers of "
        "readers - are forgotten. 0 keeps them for ever.",
    )
    keep_changes_days: int = Field(
        default=1100,
        ge=0,
        le=36_600,
        description="Days after which the log forgets who changed what. 0 keeps it for ever.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of the proxies before the web pages, comma-separated: what they say of where "
        "a request came from is believed. Limits for strangers go by that.",
    )
    reach_private: str = Field(
        default="",
        description="Networks of your own in which feeds and receivers of events may stand, comma-separated, "
        "such as 10.20.0.0/16. When empty, only places on the open internet are gone to.",
    )
    hook_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="Mail providers that are listened to at /hooks/PROVIDER, and how their calls are known: "
        "PROVIDER:SECRET, several comma-separated, of ses (the topic's ARN), postmark, sendgrid, mailgun, "
        "sparkpost, generic (docs/hooks.md) or of a plugin; both while one is changed. When empty, no call "
        "is believed.",
    )
    tick_seconds: int = Field(
        default=30, ge=1, le=3600, description="How often the scheduler looks for what is due, in seconds."
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="From where on log lines are written: debug, info, warning or error.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; the values of the file come in as arguments."""
        return env_settings, init_settings

    @field_validator("database_url")
    @classmethod
    def _with_async_driver(cls, text: str) -> str:
        return check_store(text)

    @field_validator("smtp_url")
    @classmethod
    def _names_servers_or_a_folder(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text.startswith("file:"):
            if not text.removeprefix("file:").strip("/"):
                raise ValueError("should name a folder after file:, such as file:var/outbox")
            return SecretStr(text)
        for place, server in enumerate(text.split(","), start=1):
            check_mail_server(server.strip(), place)
        return SecretStr(text)

    @field_validator("base_url")
    @classmethod
    def _is_an_address_of_pages(cls, text: str) -> str:
        url = text.strip().rstrip("/")
        if not is_plain_http(url):
            raise ValueError(
                "should be an http or https address without user, query or fragment, such as https://news.example"
            )
        if len(url) > BASE_URL_LIMIT:
            raise ValueError(
                f"should have at most {BASE_URL_LIMIT} characters, since links must stay short in mails"
            )
        return url

    @field_validator("mail_in")
    @classmethod
    def _is_an_address_to_tag(cls, text: str) -> str:
        address = text.strip()
        if address and not re.fullmatch(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", address):
            raise ValueError("should be a plain address without a +, such as stories@news.example")
        return address

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, text: str) -> str:
        if (name := text.strip()) not in available_timezones():
            raise ValueError("should be the IANA name of a time zone, such as Europe/Paris or UTC")
        return name

    @field_validator("secret_key")
    @classmethod
    def _holds_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not split_keys(value.get_secret_value().encode()):
            raise ValueError("should hold at least one key; leave it out to have one made")
        return value

    @field_validator("keep_copies_days", "keep_returns_days", "keep_notices_days", "keep_changes_days")
    @classmethod
    def _lasts_long_enough(cls, days: int) -> int:
        if 0 < days < SHORTEST_KEPT_DAYS:
            raise ValueError(
                f"should be {SHORTEST_KEPT_DAYS} days or more, or 0 for ever: pages look back as far"
            )
        return days

    @field_validator("warm_up_since", mode="before")
    @classmethod
    def _is_a_day(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", value):
            raise ValueError("should be a day such as 2026-11-24")
        return value

    @field_validator("family_limits")
    @classmethod
    def _limits_families(cls, text: str) -> str:
        split_family_limits(text)
        return text

    @field_validator("reach_private")
    @classmethod
    def _names_networks(cls, text: str) -> str:
        check_networks(text)
        return text

    @field_validator("hook_secrets")
    @classmethod
    def _names_providers(cls, value: SecretStr) -> SecretStr:
        check_hook_secrets(value.get_secret_value())
        return value

    @field_validator("uncertain", "log_level", mode="before")
    @classmethod
    def _whatever_its_case(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value
