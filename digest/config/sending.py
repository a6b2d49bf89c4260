"""Settings of mail that goes out: servers, pace, a new sender, signatures, doubts."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, Field, SecretStr, field_validator

from digest.config.words import in_lower_case
from digest.wellmade import check_mail_server, split_family_limits


class Uncertain(StrEnum):
    """What to do with a message when nobody knows whether the server took it."""

    AGAIN = "again"
    HOLD = "hold"


class Sending(BaseModel):
    """How mail is sent."""

    smtp_url: SecretStr = Field(
        default_factory=lambda given: SecretStr(f"file:{given['var_dir'].as_posix()}/outbox"),
        description="Where mail goes: one or several servers, comma-separated, tried in order, as "
        "smtp://USER:PASSWORD@HOST:PORT, smtp+starttls://… or smtps://…; or file:FOLDER, which writes .eml "
        "files. A comma inside a password is written %2C. The scheme may be that of a plugin, too "
        "(docs/plugins.md). When not given, the folder outbox in var_dir.",
    )
    smtp_connections: int = Field(
        default=40,
        ge=1,
        le=500,
        description="Open connections to each server. Forty share one commit between many letters, and stay "
        "below the 50 that Postfix grants a client.",
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
    uncertain: Uncertain = Field(
        default=Uncertain.AGAIN,
        description="What happens to a message that a crash or a broken connection left in doubt: again "
        "sends it once more under the same Message-ID, hold leaves it to `digest deliveries resolve`.",
    )
    pause_families: bool = Field(
        default=True,
        description="Let a family of mailboxes rest, or hold an issue, when too much of it comes back. "
        "Without, it is only told.",
    )

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

    @field_validator("uncertain", mode="before")
    @classmethod
    def _doubt_whatever_its_case(cls, value: object) -> object:
        return in_lower_case(value)
