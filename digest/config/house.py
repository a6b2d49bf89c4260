"""Settings of the house: what is kept where, its address, its keys, how it works."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, SecretStr, field_validator

from digest.keyring import split_keys
from digest.wellmade import check_store, is_plain_http

#: A reader's link may have 200 octets in all; its path and token take up to 60 of them.
BASE_URL_LIMIT: Final = 140

_SQLITE: Final = "sqlite+aiosqlite"


class SentBy(StrEnum):
    """Who sends what `digest serve` finds due."""

    AUTO = "auto"
    HERE = "here"
    WORKERS = "workers"


class House(BaseModel):
    """What everything else leans on."""

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
    sent_by: SentBy = Field(
        default=SentBy.AUTO,
        description="Who plans and sends issues that `digest serve` finds due: here does it in its own "
        "process, workers leaves it to `digest worker` processes (PostgreSQL), auto does that while there "
        "are any (docs/workers.md).",
    )
    tick_seconds: int = Field(
        default=30, ge=1, le=3600, description="How often the scheduler looks for what is due, in seconds."
    )

    @field_validator("database_url")
    @classmethod
    def _with_async_driver(cls, text: str) -> str:
        return check_store(text)

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
