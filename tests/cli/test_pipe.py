"""A mail server's pipe, as the documentation has it, at a real Postfix: what is not recorded stays with it.

Postfix runs no command as root, and who it runs it as may not reach the interpreter of these tests. So the
program at the end of the recipe only asks us, and we run the real command and give its status back.
"""

from __future__ import annotations

import re
import smtplib
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from digest.store import sqlite
from tests.cli.shell import ROOT, Answer, Shell
from tests.cli.test_returned import CLEO, mark_of, sent, standing
from tests.flows.returning import report
from tests.wire.postfix import Postfix, running_postfix

_MAIN: Final = """
virtual_mailbox_domains =
transport_maps = inline:{{ {domain}=digest: }}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
{more}
"""
#: Hands what it is given to the test, and ends as the test says.
_ASKS: Final = """#!/bin/sh
[ "$*" = "bounces read -" ] || exit 64
call=$(mktemp -d {calls}/call.XXXXXX) && cat > $call/mail || exit 65
printf %s "$RECIPIENT" > $call/recipient
printf %s "$SENDER" > $call/sender
chmod -R a+rwX $call && touch $call/asked
while [ ! -e $call/status ]; do sleep 0.1; done
exit $(cat $call/status)
"""
_PATIENCE: Final = 60.0
#: Seconds after which Postfix is asked to try what waits: it passes over a mail whose try just ends.
_NUDGED_EVERY: Final = 1.0


def recipe(folder: Path) -> tuple[str, str]:
    """What docs/returns-intake.md says of both files of Postfix, for a program in this folder."""
    text = (ROOT / "docs" / "returns-intake.md").read_text()
    (service,) = re.findall(r"^digest unix .*(?:\n +.*)+", text, re.MULTILINE)
    (limit,) = re.findall(r"^digest_destination_recipient_limit.*", text, re.MULTILINE)
    return limit, service.replace("/srv/digest", str(folder)).replace("user=digest", "user=mail") + "\n"


@contextmanager
def postfix_with_the_recipe(domain: str) -> Iterator[tuple[Postfix, Path]]:
    """Postfix, and the folder of calls to the program."""
    with tempfile.TemporaryDirectory(prefix="digest-pipe-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        calls, program = folder / "calls", folder / ".venv" / "bin" / "digest"
        program.parent.mkdir(parents=True)
        calls.mkdir()
        calls.chmod(0o777)
        program.write_text(_ASKS.format(calls=calls))
        program.chmod(0o755)
        limit, service = recipe(folder)
        with running_postfix(_MAIN.format(domain=domain, more=limit), service) as postfix:
            yield postfix, calls


def next_call(shell: Shell, calls: Path, postfix: Postfix) -> tuple[Answer, str, str]:
    """Run the command as Postfix calls it: what it said, and the envelope that it was told."""
    nudged = time.monotonic()
    ends = nudged + _PATIENCE
    while True:
        waiting = [one.parent for one in calls.glob("*/asked") if not (one.parent / "status").exists()]
        if waiting:
            break
        assert time.monotonic() < ends, postfix.log[-3000:]
        if time.monotonic() - nudged > _NUDGED_EVERY:
            nudged = time.monotonic()
            postfix.flush()
        time.sleep(0.1)
    call = waiting[0]
    recipient, sender = ((call / name).read_text() for name in ("recipient", "sender"))
    told = shell.with_(RECIPIENT=recipient, SENDER=sender)
    answer = told("bounces", "read", "-", "--json", stdin=(call / "mail").read_bytes())
    (call / "new").write_text(str(answer.status))
    (call / "new").rename(call / "status")
    return answer, recipient, sender


def await_in_log(postfix: Postfix, words: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while words not in postfix.log:
        assert time.monotonic() < ends, postfix.log[-3000:]
        time.sleep(0.1)


def bring(postfix: Postfix, *recipients: str) -> None:
    """Hand a report to Postfix that proves nothing but by where it goes."""
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail("", recipients, report(CLEO))


def test_postfix_keeps_a_mail_while_the_store_is_locked_and_brings_it_again(
    newsroom: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = mark_of(sent(newsroom))
    # a part of the time for which a lock is waited for
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 500)
    (store,) = newsroom.folder.rglob("*.sqlite3")
    with postfix_with_the_recipe(mark.partition("@")[2]) as (postfix, calls):
        with closing(sqlite3.connect(store, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            bring(postfix, mark)
            answer, *envelope = next_call(newsroom, calls, postfix)
            assert (answer.status != 0, envelope) == (True, [mark, ""])
            assert "Traceback" not in answer.err
            await_in_log(postfix, "status=deferred")
            other.execute("ROLLBACK")
        assert standing(newsroom) == "active"
        answer, *envelope = next_call(newsroom, calls, postfix)
        assert (answer.status, envelope) == (0, [mark, ""]), answer
        await_in_log(postfix, "status=sent")
        assert "status=bounced" not in postfix.log
    assert standing(newsroom) == "bouncing"


def test_each_recipient_of_a_mail_is_told_by_a_call_of_its_own(newsroom: Shell) -> None:
    mark = mark_of(sent(newsroom))
    other = mark.replace("bounces+1.", "bounces+2.")
    with postfix_with_the_recipe(mark.partition("@")[2]) as (postfix, calls):
        bring(postfix, other, mark)
        envelopes = {tuple(next_call(newsroom, calls, postfix)[1:]) for _ in range(2)}
    assert envelopes == {(mark, ""), (other, "")}
    assert standing(newsroom) == "bouncing"
