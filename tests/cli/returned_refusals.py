"""What commands about returned mail refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

from tests.cli.suppression_refusals import ANA
from tests.cli.webhook_refusals import HUGE

_GONE: Final = "returned mail 99 does not exist: see digest bounces list"

RETURNED: Final = {
    "bounces read": [("", "Missing argument 'PATH...'"), ("--fast returned.eml", "--fast")],
    "bounces poll": [("", "no mailbox is set: say DIGEST_RETURNS_MAILBOX"), ("now", "now")],
    "bounces list": [
        ("--kind lost", "kind 'lost' is not known: choose among delivered"),
        ("--limit 0", "'--limit'"),
        ("--after -1", "'--after'"),
        (f"--after {HUGE}", "'--after'"),
        ("more", "more"),
    ],
    "bounces show": [("", "Missing argument 'ID'"), ("99", _GONE), ("0", "'ID'"), (HUGE, "'ID'")],
    "bounces apply": [
        ("", "Missing argument 'ID'"),
        ("1", "either --email or --delivery"),
        (f"1 --email {ANA} --as lost", "kind 'lost' is not known: choose among delivered"),
        (f"1 --email {ANA} --delivery 1", "either --email or --delivery"),
        ("1 --email nobody", "address 'nobody' is not valid"),
        ("1 --email nobody@readers.example", "nobody reads at 'nobody@readers.example'"),
        ("1 --delivery 99", "delivery 99 does not exist, or its reader was erased"),
        ("1 --delivery 0", "'--delivery'"),
        (f"1 --delivery {HUGE}", "'--delivery'"),
        (f"99 --email {ANA}", _GONE),
    ],
    "bounces done": [("", "Missing argument 'ID'"), ("99", _GONE), ("one", "'ID'")],
}
