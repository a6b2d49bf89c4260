"""The page about Postfix, followed with a real one: it takes the mails, and hands over what comes back."""

from __future__ import annotations

import json
import shutil
import smtplib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.cli.test_returned import mark_of
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.reader import Reader, free_port
from tests.flows.returning import report
from tests.wire.postfix import Postfix, running_postfix

BLOCKS: Final = list(blocks_of(ROOT / "docs" / "how-to" / "postfix.md"))
_ME: Final = "me@news.example"
_PATIENCE: Final = 60


@pytest.mark.usefixtures("no_settings")
def test_postfix_takes_the_mails_and_hands_over_what_comes_back(
    commands: Path, set_up: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(set_up, tmp_path / "here")
    listens = f"127.0.0.1:{free_port()}"
    with postfix_of_the_page(listens) as postfix:
        instead = {"127.0.0.1:25": f"127.0.0.1:{postfix.port}", "127.0.0.1:8024": listens}
        with Reader(folder, commands, instead) as reader:
            for block in BLOCKS:
                if not block.is_shown_only:
                    reader.does(block)
            (mail,) = postfix.delivered(1)
            with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
                client.sendmail("", [mark_of(mail)], report(_ME))
            until = time.monotonic() + _PATIENCE
            while (standing := standing_of(reader)) != "bouncing":
                assert time.monotonic() < until, (standing, postfix.log[-3000:])
                time.sleep(0.2)


@contextmanager
def postfix_of_the_page(listens: str) -> Iterator[Postfix]:
    """Postfix with what the page says of its files; the program listens elsewhere than there."""
    speed, main, table = (block.content for block in BLOCKS if block.language == "ini")
    with tempfile.TemporaryDirectory(prefix="digest-returns-") as name:
        # Postfix reads it as its own user
        Path(name).chmod(0o755)
        returns = Path(name) / "digest_returns"
        returns.write_text(table.replace("127.0.0.1:8024", listens), encoding="utf-8")
        settings = f"{speed}{main}".replace("/etc/postfix/digest_returns", str(returns))
        with running_postfix(settings, "lmtp unix - - n - - lmtp\n") as postfix:
            yield postfix


def standing_of(reader: Reader) -> str:
    (one,) = json.loads(reader.types(f"digest subscribers show {_ME} --json"))["subscriptions"]
    return str(one["status"])
