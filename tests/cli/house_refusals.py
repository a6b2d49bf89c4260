"""What commands that look at the house refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

HOUSE: Final = {
    "init": [
        ("now", "now"),
        ("--sender nobody", "sender 'nobody' is not one (address 'nobody' is not valid"),
        ("--sender 'News <news@harbour>'", "is not one"),
        ("--sender 'A\x07B <news@harbour.org>'", "is not one"),
        ("--sender ''", "sender '' is not one"),
        ("--smtp pigeon://loft", "--smtp should be file:FOLDER or servers such as"),
        ("--smtp 'smtp://user:secret@host:port'", "--smtp should be"),
        ("--smtp smtp://mail.harbour.org/inbox", "--smtp goes on after the port"),
        ("--smtp ''", "--smtp"),
        ("--smtp file:", "--smtp should name a folder"),
        ("--base-url ftp://news.harbour.org", "--base-url should be an http or https address"),
        ("--base-url https://news.harbour.org?a=b", "--base-url should be"),
        ("--sender 'News <news@harbour.org>' --base-url nowhere", "--base-url should be"),
        ("--config nowhere.toml --base-url https://news.harbour.org", "nowhere.toml does not exist"),
    ],
    "status": [("--now someday", "time 'someday' is not known"), ("--loud", "No such option: --loud")],
    "doctor": [
        ("--only weather", "group 'weather' is not known: choose among settings"),
        ("--only smtp,", "group '' is not known"),
        ("--only ''", "group '' is not known"),
        ("--resolver ns.example", "resolver 'ns.example' is no address such as 192.0.2.53"),
        ("--resolver 192.0.2.53:0", "resolver '192.0.2.53:0' is no address"),
        ("--resolver 192.0.2.53:70000", "is no address"),
        ("--resolver 192.0.2.300", "is no address"),
        ("--resolver ''", "resolver '' is no address"),
        (r"--resolver \x1b", "is no address"),
        ("--address mail.example", "address 'mail.example' is not one of a machine"),
        ("--address ''", "address '' is not one of a machine"),
        ("--deep --only store", "--deep looks at the rows of the store alone"),
        ("--deep --resolver 192.0.2.53", "call it without the other options"),
        ("--deep --address 192.0.2.25", "call it without the other options"),
        ("more", "more"),
    ],
}
