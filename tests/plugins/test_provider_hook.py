"""A provider's hook that a plugin brings: signed calls to the real server, and what follows."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest

from tests.cli.shell import Shell

SECRET: Final = "a lantern behind the third dune".replace(" ", "-")
_COMMAND: Final = "from digest.cli.main import run; run()"


@contextmanager
def serving(shell: Shell) -> Iterator[httpx.Client]:
    """The pages, in a process of their own, on a port that it chose."""
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "serve", "--port", "0", "--no-scheduler"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = ""
        while "http://" not in line:
            line = process.stderr.readline()
            assert line, "it ended"
        address = line[line.index("http://") :].split()[0].rstrip(".,)/")
        with httpx.Client(base_url=address, timeout=30) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=60)


def signature(stamp: int, body: bytes, secret: str = SECRET) -> str:
    """What the provider writes into its header."""
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={made}"


def post(client: httpx.Client, *events: dict[str, Any], age: int = 0, secret: str = SECRET) -> httpx.Response:
    body = json.dumps({"events": events}).encode()
    signed = signature(int(time.time()) - age, body, secret)
    return client.post("/hooks/beacon", content=body, headers={"Beacon-Signature": signed})


def standing(shell: Shell, who: str) -> str:
    (one,) = shell.process("subscribers", "show", who, "--json").document["subscriptions"]
    return str(one["status"])


@pytest.fixture
def told(shell: Shell) -> Shell:
    return shell.with_(DIGEST_HOOK_SECRETS=f"beacon:{SECRET}")


def test_signed_bounce_ends_at_its_reader_and_nothing_else_is_believed(told: Shell) -> None:
    assert told.process("run").status == 0
    sent = {one["email"]: one for one in told.process("deliveries", "list", "--json").document["items"]}
    bounced, spam = sent["ana@readers.example"], sent["bob@readers.example"]
    bounce = {
        "event": "bounced",
        "to": bounced["email"],
        "reply": "550 5.1.1 no such user here",
        "message_id": bounced["message_id"],
    }
    complaint = {"event": "spam", "to": spam["email"], "message_id": spam["message_id"]}
    with serving(told) as client:
        assert post(client, bounce, secret="somebody else's").status_code == 401
        assert post(client, bounce, age=900).status_code == 401
        assert client.post("/hooks/beacon", content=b"{}").status_code == 401
        assert client.post("/hooks/pharos", content=b"{}").status_code == 404
        assert standing(told, bounced["email"]) == "active"
        taken = post(client, bounce, {"event": "opened", "to": "x@y.example"})
        assert (taken.status_code, taken.text) == (200, "taken\n")
        assert post(client, complaint).status_code == 200
    assert standing(told, bounced["email"]) == "bouncing"
    assert standing(told, spam["email"]) == "complained"


def test_hook_without_a_secret_believes_nobody(shell: Shell) -> None:
    with serving(shell) as client:
        assert post(client).status_code == 403


def test_secret_that_is_too_short_is_refused_by_all_commands(shell: Shell) -> None:
    complaint = shell.with_(DIGEST_HOOK_SECRETS="beacon:short").process("status").complaint
    assert "after beacon:, 8 to 1000 signs" in complaint
    assert "short" not in complaint
