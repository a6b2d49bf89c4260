"""What commands about mail that came back, or was laid into a folder, refuse: the words, and what is said."""

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
    "outbox list": [
        ("--limit 0", "'--limit'"),
        ("--after nobody.eml", "mail 'nobody.eml' is not in the outbox 'var/outbox': see digest outbox list"),
        ("--after ../digest.sqlite3", "mail '../digest.sqlite3' is not in the outbox"),
        ("--folder empty.txt", "'empty.txt' cannot be read (Not a directory)"),
        ("more", "more"),
    ],
    "outbox show": [
        ("", "which mail is meant? Say its NAME"),
        ("nobody.eml", "mail 'nobody.eml' is not in the outbox 'var/outbox': see digest outbox list"),
        ("nobody.eml --latest", "which mail is meant? Say its NAME"),
        ("''", "mail '' is not in the outbox"),
        (".", "mail '.' is not in the outbox"),
        ("../digest.sqlite3", "mail '../digest.sqlite3' is not in the outbox"),
        ("../../returned.eml", "mail '../../returned.eml' is not in the outbox"),
        ("../../returned", "mail '../../returned' is not in the outbox"),
        ("/etc/passwd", "mail '/etc/passwd' is not in the outbox"),
        (r"\x1b", "is not in the outbox"),
        ("nobody.eml --to ana", "--to 'ana' goes with --latest"),
        ("--latest --to nobody@readers.example", "no mail lies in 'var/outbox' that is to 'nobody@readers"),
        ("--latest --html --raw", "choose one of --text, --html, --headers and --raw"),
        ("--latest --folder folder", "no mail lies in 'folder'"),
        ("--latest --out folder", "file 'folder' cannot be written"),
        ("--latest --out nowhere/mail.html", "file 'nowhere/mail.html' cannot be written"),
    ],
}
