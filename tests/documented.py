"""Writes docs/settings.md and docs/digest.example.toml anew from the class of settings: `make settings`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from digest.config import ENVIRONMENT_PREFIX, Settings

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "settings.md"
EXAMPLE: Final = DOCS / "digest.example.toml"

#: What a setting is about, in the order in which somebody who begins needs it.
GROUPS: Final = {
    "The house": ("var_dir", "database_url", "base_url", "timezone", "secret_key"),
    "The log": ("log_level", "log_format", "log_requests", "traces_to"),
    "Mail that goes out": (
        "smtp_url",
        "smtp_connections",
        "smtp_rate",
        "dkim_keys",
        "uncertain",
        "replies_to",
    ),
    "Who is warned": ("alerts_to", "alarm_after_minutes", "stalled_after_minutes", "heartbeat_url"),
    "Families of mailboxes": ("family_connections", "family_rate", "family_limits", "pause_families"),
    "A new sender": ("warm_up_since", "warm_up_first", "warm_up_growth", "warm_up_goal"),
    "What comes back": (
        "returns_mailbox",
        "returns_done",
        "returns_aside",
        "returns_poll_seconds",
        "returns_listen",
        "hook_secrets",
    ),
    "What comes in": ("ingest_dir", "mail_in", "reach_private"),
    "Pages and themes": ("trusted_proxies", "themes_dir"),
    "Work": ("tick_seconds", "sent_by", "metrics_token"),
    "What is kept how long": (
        "unconfirmed_days",
        "keep_copies_days",
        "keep_returns_days",
        "keep_notices_days",
        "keep_changes_days",
        "leavings_dir",
    ),
}

#: What is shown in the example for settings that are not given, or are given as the house grows.
SHOWN: Final[dict[str, str | float]] = {
    "database_url": "sqlite:///var/digest.sqlite3",
    "secret_key": "replace-this-by-32-random-characters",
    "smtp_url": "smtp+starttls://digest:PASSWORD@mail.news.example:587",
    "smtp_rate": 50,
    "dkim_keys": "digest2026:dkim/digest2026.pem",
    "replies_to": "newsroom@news.example",
    "alerts_to": "admin@news.example",
    "heartbeat_url": "https://beats.example/0123-4567-89ab",
    "family_connections": 20,
    "family_rate": 20,
    "family_limits": "gmail.com:10,yahoo.com:5:2.5",
    "warm_up_since": "2026-11-24",
    "returns_mailbox": "imaps://returns:PASSWORD@mail.news.example/INBOX",
    "returns_done": "Done",
    "returns_listen": "lmtp://127.0.0.1:8024",
    "hook_secrets": "postmark:a-long-secret-of-your-own",
    "ingest_dir": "incoming",
    "mail_in": "stories@news.example",
    "reach_private": "10.20.0.0/16",
    "themes_dir": "themes",
    "leavings_dir": "/backups/leavings",
    "traces_to": "http://127.0.0.1:4318",
    "metrics_token": "a-long-random-token-of-your-own",
}

_WIDTH: Final = 110


def page() -> str:
    """The text of docs/settings.md."""
    return "\n".join(_page()) + "\n"


def example() -> str:
    """The text of docs/digest.example.toml: every setting, each line with a value behind a `#`."""
    return "\n".join(_example()) + "\n"


def described(name: str) -> str:
    """What the class says of a setting."""
    text = Settings.model_fields[name].description
    assert text, f"{name} has no description"
    return text


def default_of(name: str) -> str:
    """The default as somebody would write it in the file; nothing when there is none."""
    field = Settings.model_fields[name]
    made = field.default is PydanticUndefined
    found = getattr(Settings.model_construct(), name) if made else field.default
    if isinstance(found, SecretStr):
        found = found.get_secret_value()
    if name == "database_url":
        found = found.replace("sqlite+aiosqlite:", "sqlite:")
    return "" if found is None or found == "" else _toml(found)


def _page() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield (
        "Written by `make settings` from `digest/config`. Settings are read from `digest.toml` in the "
        "working directory, or from\n`--config FILE`; the environment goes before the file, where each name "
        "is in capitals with `DIGEST_` before it. Paths are\nrelative to the working directory. "
        "[digest.example.toml](digest.example.toml) is such a file, to be copied.\n"
        "An unknown name in the file is refused. A variable that has nearly the name of a setting is told "
        "of by every command, and goes unread."
    )
    for title, names in GROUPS.items():
        yield f"\n## {title}\n"
        yield "| in digest.toml, in the environment | default | meaning |"
        yield "|---|---|---|"
        for name in names:
            default = f"`{default_of(name)}`" if default_of(name) else "none"
            meaning = described(name).replace("|", "\\|")
            variable = f"{ENVIRONMENT_PREFIX}{name.upper()}"
            # one below the other: beside each other they leave no room for what they mean
            yield f"| `{name}`<br>`{variable}` | {default} | {meaning} |"


def _example() -> Iterator[str]:
    yield "# All settings of digest. Copy this file to digest.toml, and take the # away from what you set."
    yield "# A line shows the default, unless it says: such as. Secrets may stand in the environment instead:"
    yield "# DIGEST_SMTP_URL for smtp_url and so on, which goes before this file. Written by `make settings`."
    for title, names in GROUPS.items():
        yield f"\n# --- {title} ".ljust(_WIDTH + 1, "-")
        for name in names:
            yield ""
            yield from textwrap.wrap(
                described(name),
                _WIDTH,
                initial_indent="# ",
                subsequent_indent="# ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            shown = _toml(SHOWN[name]) if name in SHOWN else default_of(name)
            such = "" if shown == default_of(name) else "  # such as"
            yield f"#{name} = {shown}{such}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else json.dumps(str(value), ensure_ascii=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
    print(f"written: {PAGE}, {EXAMPLE}")
