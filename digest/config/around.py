"""Settings of what is around the house: what comes in, who is told, pages, themes, networks."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, Field, field_validator

from digest.wellmade import check_networks


class Around(BaseModel):
    """What comes in, who is told, and what is shown."""

    ingest_dir: Path | None = Field(
        default=None,
        description="Folder into which people and programs put files of briefings: the scheduler and `digest "
        "run` take them in and move them to taken or refused below it (docs/ingest.md). When not given, no "
        "folder is looked into.",
    )
    mail_in: str = Field(
        default="",
        description="Address to which stories are forwarded, such as stories@news.example: everybody who may "
        "edit has one of their own there, stories+…@news.example, which the account page shows. Its mail "
        "has to reach us: see returns_mailbox and returns_listen. When empty, stories do not come by mail.",
        repr=False,
    )
    reach_private: str = Field(
        default="",
        description="Networks of your own in which feeds and receivers of events may stand, comma-separated, "
        "such as 10.20.0.0/16. When empty, only places on the open internet are gone to.",
    )
    alerts_to: str = Field(
        default="",
        description="Who is told of what an admin should look at: addresses, comma-separated. When empty, "
        "nobody is; the log tells it all the same.",
        repr=False,
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of the proxies before the web pages, comma-separated: what they say of where "
        "a request came from is believed. Limits for strangers go by that.",
    )
    themes_dir: Path | None = Field(
        default=None,
        description="Folder with themes of your own, each a folder in it (docs/themes.md). When not given, "
        "there are those that come with the program.",
    )

    @field_validator("mail_in")
    @classmethod
    def _is_an_address_to_tag(cls, text: str) -> str:
        address = text.strip()
        if address and not re.fullmatch(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", address):
            raise ValueError("should be a plain address without a +, such as stories@news.example")
        return address

    @field_validator("reach_private")
    @classmethod
    def _names_networks(cls, text: str) -> str:
        check_networks(text)
        return text
