"""What commands about feeds refuse, and the words of the refusal."""

from __future__ import annotations

from typing import Final

#: More than any store counts to.
HUGE: Final = str(2**70)

FEEDS: Final = {
    "feeds list": [("--limit 0", "'--limit'"), (f"--after {HUGE}", "'--after'")],
    "feeds show": [("99", "feed 99 does not exist: see digest feeds list"), (HUGE, "'ID'")],
    "feeds add": [
        ("", "Missing argument"),
        ("ftp://news.example/", "is not an absolute http or https address"),
        ("https://a:b@news.example/", "holds a user name or password"),
        ("http://10.0.0.1:9/", "is not on the open internet"),
        ("news.example --later --every 1", "'--every'"),
        ("news.example --later --settle -1", "'--settle'"),
        (f"news.example --later --take {HUGE}", "'--take'"),
        ("news.example --later --topic gossip", "topic 'gossip' is not known"),
        ("news.example --later --section gossip", "section 'gossip' is not known"),
        ("news.example --later --source a\x07b", "source 'a\\x07b' holds control characters"),
    ],
    "feeds import": [
        ("", "Missing argument"),
        ("nowhere.opml", "'nowhere.opml' cannot be read (No such file"),
        ("header.csv", "header.csv is not a list of feeds in OPML"),
        ("feeds.opml --topic gossip", "topic 'gossip' is not known"),
        ("feeds.opml --section gossip", "section 'gossip' is not known"),
        ("feeds.opml --every 1", "'--every'"),
    ],
    "feeds export": [("folder/nowhere/feeds.opml", "feeds.opml"), ("a b c", "unexpected")],
    "feeds edit": [
        ("99 --every 60", "feed 99 does not exist"),
        ("1 --every 0", "'--every'"),
        ("1 --topic gossip", "topic 'gossip' is not known"),
        ("1 --url ''", "is not an absolute http or https address"),
    ],
    "feeds poll": [("99", "feed 99 does not exist"), (HUGE, "'ID'")],
    "feeds remove": [("99", "feed 99 does not exist"), (HUGE, "'ID'")],
}
