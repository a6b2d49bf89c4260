"""Bad input of every command: exit status 2, one plain line that names the value, and nothing changed."""

from __future__ import annotations

import shlex
from typing import Final

import pytest

from tests.cli.commands import CALLS
from tests.cli.draft_refusals import DRAFTS
from tests.cli.family_refusals import FAMILIES
from tests.cli.feed_refusals import FEEDS
from tests.cli.house_refusals import HOUSE
from tests.cli.ingest_refusals import INGEST
from tests.cli.moving_in_refusals import MOVING_IN
from tests.cli.people_refusals import PEOPLE
from tests.cli.planning_refusals import PLANNING
from tests.cli.returned_refusals import RETURNED
from tests.cli.serving_refusals import SERVING
from tests.cli.shell import Shell
from tests.cli.store_refusals import STORES
from tests.cli.suppression_refusals import ANA, LONG, SUPPRESSIONS
from tests.cli.topic_refusals import TOPICS
from tests.cli.webhook_refusals import HUGE, WEBHOOKS

#: What is typed, and what the line must speak of. Files are those of `messy`; \\x1b is a control character.
REFUSALS: Final = {
    **INGEST,
    **STORES,
    **HOUSE,
    "briefings list": [
        ("--status lost", "status 'lost' is not known: choose among draft"),
        ("--limit 0", "'--limit'"),
        ("--limit -1", "'--limit'"),
        ("--limit many", "'--limit'"),
        (f"--limit {HUGE}", "'--limit'"),
        ("--after -1", "'--after'"),
        (f"--after {HUGE}", "'--after'"),
        ("more", "more"),
    ],
    "briefings show": [
        ("", "Missing argument 'ID'"),
        ("99", "briefing 99 does not exist: see digest briefings list"),
        ("0", "'ID'"),
        ("-1", "-1"),
        ("-- -1", "'ID'"),
        ("''", "'ID'"),
        ("one", "'ID': 'one' is not a whole number from 1 on"),
        (HUGE, "'ID'"),
    ],
    "briefings edit": [
        ("99 --lead", "briefing 99 does not exist"),
        (f"{HUGE} --lead", "'ID'"),
        ("1 --title ''", "title is empty"),
        ("1 --title a\x1b[31mb", r"title 'a\x1b[31mb' holds control characters"),
        ("1 --title \udcff", "holds control characters"),
        (f"1 --title {'x' * 5000}", "title has 5000 characters: use at most 300"),
        ("1 --title \u200b\u3164", "title holds nothing that can be seen: write something"),
        ("1 --body nowhere.txt", "'nowhere.txt' cannot be read"),
        ("1 --body binary", "binary is not text"),
        ("1 --body empty.txt", "body 'empty.txt' is empty"),
        ("1 --topic gossip", "topic 'gossip' is not known"),
        ("1 --section gossip", "section 'gossip' is not known"),
        ("1 --url javascript:alert(1)", "url 'javascript:alert(1)' is not"),
        ("1 --url http://[broken", "url 'http://[broken' is not"),
        ("1 --url 'https://news.example/a b'", "is not an absolute http or https address"),
        (
            "1 --picture http://news.example/a.jpg",
            "picture 'http://news.example/a.jpg' is not an absolute https",
        ),
        ("1 --picture /a.jpg", "picture '/a.jpg' is not an absolute https address"),
        ("1 --picture https://news.example/a.jpg --no-picture", "both given: say one of them"),
        ("1 --picture-alt 'A crane'", "briefing 1 has no picture: say where one lies, too"),
        (f"1 --picture-alt {'x' * 301}", "picture-alt has 301 characters"),
        (f"1 --weight {HUGE}", f"'--weight': '{HUGE}' is not a whole number from -999 to 999"),
    ],
    "briefings publish": [("99", "briefing 99 does not exist"), (HUGE, "'ID'")],
    "briefings retract": [("99", "briefing 99 does not exist"), (HUGE, "'ID'")],
    **DRAFTS,
    "briefings story": [("99", "briefing 99 does not exist"), (HUGE, "'ID'")],
    "briefings join": [
        ("1", "one briefing is no story: name two or more"),
        ("1 99", "briefing 99 does not exist"),
        (f"1 {HUGE}", "'ID...'"),
    ],
    "briefings split": [("99", "briefing 99 does not exist"), ("1", "briefing 1 stands alone")],
    "briefings front": [("99", "briefing 99 does not exist"), ("1", "briefing 1 stands alone")],
    **TOPICS,
    **FEEDS,
    "newsletters list": [("--limit 0", "'--limit'"), (f"--after {HUGE}", "'--after'")],
    "newsletters show": [
        ("", "Missing argument"),
        ("weekly", "newsletter 'weekly' does not exist: see digest newsletters list"),
    ],
    "newsletters add": [
        ("", "Missing argument"),
        ("'The Weekly'", "slug 'The Weekly' is not one"),
        ("daily", "newsletter 'daily' exists already"),
        ("weekly --title ''", "title is empty"),
        (f"weekly --title {LONG}", "title has 300 characters"),
        ("weekly --sender nobody", "address 'nobody' is not valid"),
        ("weekly --sender jürgen@news.example", "sender 'jürgen@news.example' is not in ASCII"),
        (f"weekly --sender desk@{'long-label.' * 12}example", "is too long"),
        ("weekly --sender-name 'News\x00Room'", "holds control characters"),
        ("weekly --theme baroque", "theme 'baroque' is not known"),
        ("weekly --theme ../..", "theme '../..' is not known"),
        ("weekly --sections gossip", "section 'gossip' is not known"),
        ("weekly --sections ''", "sections is empty"),
        ("weekly --max-items 0", "max-items '0' is not a cap"),
        (f"weekly --reach-back {HUGE}", "'--reach-back'"),
        ("weekly --texts half", "texts 'half' are not known: say full or excerpt"),
        ("weekly --accent red", "accent 'red' is not a colour: say it as #rgb or #rrggbb"),
        ("weekly --link https://news.example/?a=b", "has no name: say it as Name=https://HOST/PATH"),
    ],
    "newsletters edit": [
        ("weekly --title Weekly", "newsletter 'weekly' does not exist: see digest newsletters list"),
        ("daily --pictures some", "pictures 'some' are not known: say none, linked or embedded"),
        ("daily --title ''", "title is empty"),
        ("daily --max-items many", "max-items 'many' is not a cap"),
        ("daily --give-up 0", "'--give-up'"),
        ("daily --latest-start ²", "latest-start '²' is not known"),
        (f"daily --latest-start {HUGE}", "latest-start"),
        ("daily --texts ''", "texts '' are not known"),
        ("daily --logo logo.png", "logo 'logo.png' is not an absolute http or https address"),
        ("daily --logo data:image/png;base64,AAAA", "is not an absolute http or https address"),
        ("daily --logo-alt a\x1bb", r"logo-alt 'a\x1bb' holds control characters"),
        (f"daily --logo-alt {LONG}", "logo-alt has 300 characters: use at most 200"),
        ("daily --ground '#12345'", "ground '#12345' is not a colour"),
        ("daily --title Today --link Zeal=zeal.example", "link 'zeal.example' is not an absolute"),
        ("daily --link Zeal=https://a.example --link ZEAL=https://b.example", "'ZEAL' is given twice"),
        ("daily --link '' --link Zeal=https://a.example", "link '' has no name"),
        (f"daily --link {LONG}=https://a.example", "link name has 300 characters: use at most 60"),
        ("daily" + " --link a=https://a.example" * 13, "13 links are too many: use at most 12"),
    ],
    "subscribers add": [
        ("", "Missing argument 'EMAIL'"),
        ("''", "address '' is not valid"),
        ("nobody", "address 'nobody' is not valid"),
        ("a@b..example", "address 'a@b..example' is not valid"),
        ("'Dora <dora@readers.example>'", "is not valid"),
        ("'dora@readers.example\r\nBcc: eve@readers.example'", "is not valid"),
        (ANA, f"{ANA} already reads daily and is active"),
        ("dora@readers.example --newsletter weekly", "newsletter 'weekly' does not exist"),
        ("dora@readers.example --timezone Mars/Olympus", "time zone 'Mars/Olympus' is not known"),
        ("dora@readers.example --timezone ../../etc/passwd", "time zone '../../etc/passwd' is not known"),
        ("dora@readers.example --timezone ''", "timezone is empty"),
        ("dora@readers.example --topics gossip", "topic 'gossip' is not known: choose among economy"),
        ("dora@readers.example --topics ''", "topics is empty"),
        ("dora@readers.example --days someday", "days 'someday' are not known"),
        ("dora@readers.example --at 25:00", "time '25:00' is not a time of day"),
        ("dora@readers.example --at 7am", "time '7am' is not a time of day"),
        ("dora@readers.example --sections ,", "sections is empty"),
        ("dora@readers.example --sections gossip", "section 'gossip' is not known"),
        ("dora@readers.example --format pdf", "format 'pdf' is not known"),
        (f"dora@readers.example --max-items {HUGE}", "is not a cap"),
        ("dora@readers.example --max-items -3", "max-items '-3' is not a cap"),
        ("dora@readers.example --language klingon-", "language 'klingon-' is not known"),
        ("dora@readers.example --name a\x1bb", r"name 'a\x1bb' holds control characters"),
        (f"dora@readers.example --name {LONG}", "name has 300 characters"),
    ],
    "subscribers list": [
        ("--newsletter weekly", "newsletter 'weekly' does not exist"),
        ("--status lost", "status 'lost' is not known: choose among pending"),
        ("--limit 0", "'--limit'"),
    ],
    "subscribers show": [
        ("nobody", "address 'nobody' is not valid"),
        ("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist"),
    ],
    "subscribers edit": [
        ("nobody@readers.example --at 08:00", "subscriber 'nobody@readers.example' does not exist"),
        (f"{ANA} --newsletter weekly --at 08:00", "newsletter 'weekly' does not exist"),
        (f"{ANA} --timezone Mars/Olympus", "time zone 'Mars/Olympus' is not known"),
        (f"{ANA} --topics economy,gossip", "topic 'gossip' is not known"),
        (f"{ANA} --email nobody", "address 'nobody' is not valid"),
        (f"{ANA} --unconfirmed --email new@readers.example", "--unconfirmed asks the address that is known"),
        (f"{ANA} --email bob@readers.example", "'bob@readers.example' belongs to another reader"),
    ],
    "subscribers pause": [
        ("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist"),
        (f"{ANA} --until someday", "until 'someday' is not a date"),
        (f"{ANA} --until 2020-01-01", "until 2020-01-01 is not in the future"),
        (f"{ANA} --until 9999-12-31", "until '9999-12-31' is out of reach"),
    ],
    "subscribers resume": [
        ("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist"),
        (ANA, "active cannot be resumed"),
    ],
    "subscribers unsubscribe": [
        ("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist"),
        (f"{ANA} --newsletter weekly", "newsletter 'weekly' does not exist"),
        (f"{ANA} --reason ''", "reason is empty"),
    ],
    "subscribers data": [
        ("nobody", "address 'nobody' is not valid"),
        ("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist"),
        (f"{ANA} folder", "cannot be written (Is a directory)"),
    ],
    "subscribers erase": [("nobody@readers.example", "subscriber 'nobody@readers.example' does not exist")],
    "subscribers export": [
        ("folder", "file 'folder' cannot be written (Is a directory)"),
        ("binary/readers.csv", "cannot be written"),
        ("--newsletter weekly", "newsletter 'weekly' does not exist"),
    ],
    "run": [
        ("--now someday", "time 'someday' is not known: say 2026-11-24T08:00:00Z"),
        ("--now ''", "time '' is not known"),
        ("--now 2026-02-30", "time '2026-02-30' is not known"),
        ("--now 0001-01-01", "time '0001-01-01' is out of reach"),
        ("--now 9999-12-31T23:59:59-14:00", "is out of reach"),
        (f"--now {HUGE}", "is not known"),
    ],
    "send": [
        ("", "Missing argument 'NEWSLETTER'"),
        ("daily", "say whom to send to"),
        (f"daily --all --to {ANA}", "say whom to send to"),
        ("daily --all", "there is no terminal to ask on: add --yes"),
        ("weekly --all --yes", "newsletter 'weekly' does not exist"),
        ("daily --to nobody --yes", "address 'nobody' is not valid"),
        ("daily --to nobody@readers.example --yes", "'nobody@readers.example' does not read daily"),
        (f"daily --to {ANA} nobody --yes", "address 'nobody' is not valid"),
        (f"daily {ANA} --all --yes", f"'{ANA}' is one word too many"),
        ("daily --topics gossip --yes", "topic 'gossip' is not known"),
        ("daily --topics '' --yes", "topics are empty"),
        ("daily --all --briefing 99 --yes", "briefing 99 does not exist"),
        (f"daily --all --briefing {HUGE} --yes", "'--briefing'"),
        ("daily --all --since someday --yes", "since 'someday' is not a date"),
        ("daily --all --since 2030-01-01 --yes", "nothing would be sent"),
        ("daily --all --subject '' --yes", "subject is empty"),
        ("daily --all --subject 'News\x08' --yes", "holds control characters"),
        ("daily --all --intro 'News\x1b[2J' --yes", "holds control characters"),
    ],
    "preview": [
        ("daily", "Missing option '--for'"),
        (f"weekly --for {ANA}", "newsletter 'weekly' does not exist"),
        ("daily --for nobody", "address 'nobody' is not valid"),
        ("daily --for nobody@readers.example", "'nobody@readers.example' does not read daily"),
        (f"daily --for {ANA} --now someday", "time 'someday' is not known"),
        (f"daily --for {ANA} --out binary", "folder 'binary' cannot be written to"),
        (f"daily --for {ANA} --out binary/out", "folder 'binary/out' cannot be written to"),
    ],
    "issues list": [("--limit 0", "'--limit'"), (f"--after {HUGE}", "'--after'")],
    "issues show": [("99", "issue 99 does not exist: see digest issues list"), (HUGE, "'ID'")],
    "notices list": [
        ("--status lost", "status 'lost' is not known: choose among planned"),
        ("--kind letter", "'letter'"),
        ("--limit 0", "'--limit'"),
    ],
    "notices retry": [
        ("", "Missing argument 'ID'"),
        ("99", "notice 99 does not exist"),
        ("2", "notice 2 is uncertain: see digest notices resolve"),
    ],
    "notices resolve": [
        ("2", "Missing option '--as'"),
        ("2 --as lost", "--as 'lost' is not known: say sent or again"),
        ("99 --as sent", "notice 99 does not exist"),
        ("1 --as again", "notice 1 is refused: only uncertain ones are resolved"),
    ],
    "deliveries list": [
        ("--status lost", "status 'lost' is not known: choose among planned"),
        ("--email nobody", "address 'nobody' is not valid"),
        (f"--issue {HUGE}", "'--issue'"),
        ("--limit 0", "'--limit'"),
    ],
    "deliveries retry": [
        ("", "Missing argument 'ID'"),
        ("99", "delivery 99 does not exist"),
        ("1", "delivery 1 is sent: only refused or deferred ones are retried"),
        ("2 1", "delivery 1 is sent"),
        (HUGE, "'ID'"),
    ],
    "deliveries resolve": [
        ("3", "Missing option '--as'"),
        ("3 --as lost", "--as 'lost' is not known: say sent or again"),
        ("99 --as sent", "delivery 99 does not exist"),
        ("1 --as again", "delivery 1 is sent: only uncertain ones are resolved"),
    ],
    "why": [
        (ANA, "Missing argument 'BRIEFING-ID'"),
        ("nobody 1", "address 'nobody' is not valid"),
        ("nobody@readers.example 1", "subscriber 'nobody@readers.example' does not exist"),
        (f"{ANA} 99", "briefing 99 does not exist"),
        (f"{ANA} one", "'BRIEFING-ID'"),
        (f"{ANA} {HUGE}", "'BRIEFING-ID'"),
        (f"{ANA} 1 --now someday", "time 'someday' is not known"),
    ],
    "archive reindex": [("daily", "unexpected extra argument"), ("--loud", "No such option: --loud")],
    **PEOPLE,
    **PLANNING,
    **SERVING,
    **RETURNED,
    **FAMILIES,
    **SUPPRESSIONS,
    **MOVING_IN,
    **WEBHOOKS,
    "issues hold": [
        ("", "Missing argument 'ID'"),
        ("99", "issue 99 does not exist"),
        (HUGE, "'ID'"),
    ],
    "issues release": [("99", "issue 99 does not exist"), ("1", "issue 1 is"), ("one", "'ID'")],
    "issues approve": [("99", "issue 99 does not exist"), ("1", "issue 1 is"), ("one", "'ID'")],
    "issues cancel": [("99", "issue 99 does not exist"), ("one", "'ID'")],
    "issues test": [
        ("1", "Missing argument"),
        ("99 editor@newsroom.example", "issue 99"),
        ("1 nobody", "address 'nobody'"),
        ("1 editor@newsroom.example --cohort 99", "has no such cohort"),
    ],
    "demo": [("--days 3", "No such option: --days")],
}
_WIDE: Final = [pytest.mark.wide]
ROWS: Final = [
    pytest.param(command, *row, marks=_WIDE * (number > 1))
    for command, rows in REFUSALS.items()
    for number, row in enumerate(rows)
]


@pytest.fixture
def messy(old_newsroom: Shell) -> Shell:
    """A working directory with files that no command can use."""
    files = {
        "binary": b"\x7fELF\xd0\xff\xfe",
        "story.pdf": b"%PDF-1.4\n1 0 obj\nWords that stand there as they are\nendobj\n",
        "nul.txt": b"A title\0\n\nA body\n",
        "web.html": b"<!doctype html><title>News</title>",
        "broken.json": b'[{"title": ',
        "empty.txt": b" \n\n",
        "header.csv": b"email,shoe size\neve@readers.example,42\n",
        "headless.csv": b"eve@readers.example\n",
    }
    for name, content in files.items():
        (old_newsroom.folder / name).write_bytes(content)
    (old_newsroom.folder / "folder").mkdir()
    return old_newsroom


@pytest.mark.parametrize(("command", "words", "needle"), ROWS)
def test_bad_input_is_refused(command: str, words: str, needle: str, messy: Shell) -> None:
    before = messy.picture()
    assert needle in messy(*command.split(), *shlex.split(words)).complaint
    assert messy.picture() == before


def test_every_command_has_its_refusals() -> None:
    assert REFUSALS.keys() == {*CALLS, "serve", "worker", "demo", "bounces poll"}
