"""What mail programs understand: the table of caniemail.com, cut down to the programs that we declare.

The table (MIT licence) comes in the npm package `caniemail`; what of it we ask lies beside this file, so that
the check needs no tool. `python -m tests.mail_lint.support` cuts it anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.mail_lint.tools import NODE

TABLE: Final = Path(__file__).with_name("support.json")
_WHOLE: Final = NODE / "node_modules" / "caniemail" / "data" / "caniemail.json"

#: The programs that a mail must be right in, by their name in the table.
CLIENTS: Final[Mapping[str, str]] = {
    "gmail.desktop-webmail": "Gmail on the web",
    "gmail.mobile-webmail": "Gmail in a phone's browser",
    "gmail.android": "Gmail for Android",
    "gmail.ios": "Gmail for iOS",
    "apple-mail.macos": "Apple Mail on macOS",
    "apple-mail.ios": "Apple Mail on iOS",
    "outlook.windows": "Outlook for Windows, classic",
    "outlook.outlook-com": "Outlook.com and the new Outlook",
    "outlook.macos": "Outlook for macOS",
    "outlook.ios": "Outlook for iOS",
    "outlook.android": "Outlook for Android",
    "yahoo.desktop-webmail": "Yahoo Mail on the web",
    "yahoo.ios": "Yahoo Mail for iOS",
    "yahoo.android": "Yahoo Mail for Android",
    "thunderbird.macos": "Thunderbird",
    "samsung-email.android": "Samsung Email",
    "protonmail.desktop-webmail": "Proton Mail on the web",
    "protonmail.ios": "Proton Mail for iOS",
    "protonmail.android": "Proton Mail for Android",
    "fastmail.desktop-webmail": "Fastmail",
    "hey.desktop-webmail": "HEY",
}


@dataclass(frozen=True, slots=True)
class Support:
    """Who understands what."""

    #: when the table was brought up to date
    updated: str
    #: by feature a letter for each program, in the order of CLIENTS: y, n, a (partly) or u (not known)
    features: Mapping[str, str]

    def lacking(self, feature: str) -> tuple[list[str], list[str]]:
        """The names of the programs that do not understand a feature, and of those that do so partly."""
        answers = list(zip(CLIENTS.values(), self.features[feature], strict=True))
        return [name for name, said in answers if said == "n"], [
            name for name, said in answers if said == "a"
        ]


@cache
def support() -> Support:
    """The table that lies beside this file."""
    read = json.loads(TABLE.read_text(encoding="utf-8"))
    assert read["clients"] == list(CLIENTS), "the table was cut for other programs: cut it anew"
    return Support(read["updated"], read["features"])


def cut_down(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Of the whole table the newest answers about HTML and CSS for our programs."""
    answers = {
        feature["slug"]: "".join(_newest(feature["stats"], *client.split(".")) for client in CLIENTS)
        for feature in whole["data"]
        if feature["category"] in {"css", "html"}
    }
    return {
        "source": "caniemail.com, MIT licence",
        "updated": whole["last_update_date"][:10],
        "clients": list(CLIENTS),
        "features": dict(sorted(answers.items())),
    }


def _newest(stats: Mapping[str, Mapping[str, Mapping[str, str]]], family: str, platform: str) -> str:
    """The first letter of the answer for the newest version tested; u where nobody tested any."""
    by_version = stats.get(family, {}).get(platform, {})
    if not by_version:
        return "u"
    return by_version[max(by_version, key=_version)][0]


def _version(version: str) -> list[int]:
    return [int(part) for part in version.replace("-", ".").split(".") if part.isdigit()]


def main() -> int:
    """Cut the table anew out of the installed package."""
    if not _WHOLE.is_file():
        print(f"{_WHOLE} is not there: say npm install --no-save caniemail in {NODE}", file=sys.stderr)
        return 2
    table = cut_down(json.loads(_WHOLE.read_text(encoding="utf-8")))
    TABLE.write_text(f"{json.dumps(table, indent=1)}\n", encoding="utf-8")
    print(f"{len(table['features'])} features of {len(CLIENTS)} programs, as of {table['updated']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
