"""What commands about webhooks refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

HUGE: Final = str(2**70)

WEBHOOKS: Final = {
    "webhooks list": [("--limit 0", "'--limit'"), ("more", "more")],
    "webhooks add": [
        ("", "Missing argument 'URL'"),
        ("shop.example", "url 'shop.example' is not an absolute http or https address"),
        ("https://me:word@shop.example/", "url holds a name, a password or a fragment"),
        ("http://shop.example/ --addresses", "readers' addresses are told over https only"),
        ("https://shop.example/ --events reader.moved", "event 'reader.moved' is not known: choose among"),
        ("https://shop.example/ --events ''", "no event is chosen"),
    ],
    "webhooks edit": [
        ("", "Missing argument 'ID'"),
        ("1", "nothing is to be changed"),
        ("99 --off", "webhook 99 does not exist: see digest webhooks list"),
        ("1 --label ''", "label is empty"),
    ],
    "webhooks secret": [("99", "webhook 99 does not exist"), (HUGE, "'ID'")],
    "webhooks remove": [("99", "webhook 99 does not exist"), ("one", "'ID'")],
    "webhooks test": [("99", "webhook 99 does not exist"), ("3", "webhook 3 is off: turn it on first")],
}
