"""Log lines: their form, what libraries say, faults as data, and that no secret and no address is in any."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from digest import logbook
from digest.config import LogFormat, Settings
from digest.flows.proofs import new_api_key
from digest.wiring import set_up_telemetry
from subscribers.tokens import Purpose, Tokens

TOKEN = Tokens([b"a key for tests that is long enough"]).make(Purpose.PREFERENCES, 17)
PASSWORD = "hunter2-the-password"
CANARY = "canary-9f2c-of-ours"


class Paper:
    """What was written to standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._read = ""

    @property
    def text(self) -> str:
        self._read += self._capsys.readouterr().err
        return self._read

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def line(self) -> dict[str, Any]:
        """The fields of the one line that there is."""
        (line,) = self.lines
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def paper(capsys: pytest.CaptureFixture[str]) -> Iterator[Paper]:
    """What is written while a test runs; afterwards all is as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield Paper(capsys)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


def written(paper: Paper, **fields: Any) -> dict[str, Any]:
    """One line with these fields, as JSON has it."""
    logbook.set_up(level="info", secrets=[CANARY])
    structlog.get_logger("digest.tests").info("something happened", **fields)
    return paper.line


def test_line_says_when_how_bad_what_and_where(paper: Paper) -> None:
    found = written(paper, issue=7, slot="2026-11-24T08:00")
    assert list(found) == ["timestamp", "level", "event", "logger", "issue", "slot"]
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "level": "info",
        "event": "something happened",
        "logger": "digest.tests",
        "issue": 7,
        "slot": "2026-11-24T08:00",
    }


def test_lines_below_the_level_are_not_written(paper: Paper) -> None:
    logbook.set_up(level="warning")
    log = structlog.get_logger("digest.tests")
    log.info("too light")
    log.warning("heavy enough")
    assert paper.line["event"] == "heavy enough"


def test_fields_of_the_work_are_in_every_line_of_it(paper: Paper) -> None:
    with structlog.contextvars.bound_contextvars(issue=7, newsletter="daily"):
        found = written(paper)
    assert (found["issue"], found["newsletter"]) == (7, "daily")


def test_console_is_for_people_and_takes_one_line_whatever_a_value_holds(paper: Paper) -> None:
    logbook.set_up(level="info", written_as="console")
    structlog.get_logger("digest.tests").warning(
        "a feed did not answer", words="no\n\x1b[31mforged\r line", n=3
    )
    (line,) = paper.lines
    assert "a feed did not answer" in line
    assert line.isprintable()
    assert "n=3" in line


@pytest.mark.parametrize(("on_terminal", "in_json"), [(True, False), (False, True)], ids=["terminal", "pipe"])
def test_auto_asks_who_reads(
    on_terminal: bool, in_json: bool, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: on_terminal)
    logbook.set_up(level="info")
    structlog.get_logger().info("hello")
    assert paper.text.startswith("{") == in_json


@pytest.mark.parametrize("written_as", ["auto", "json"])
def test_journal_is_told_how_bad_each_line_is(written_as: str, tmp_path: Path) -> None:
    """A stand-in for the journal: by what systemd promises, it is known by the numbers of its file."""
    journal = tmp_path / "journal"
    with journal.open("wb") as file:
        here = os.fstat(file.fileno())
        told = {**os.environ, "JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}"}
        program = (
            "import structlog; from digest import logbook; "
            f"logbook.set_up(level='info', written_as={written_as!r}); log = structlog.get_logger('a')\n"
            "log.info('one')\ntry: 1 / 0\nexcept ZeroDivisionError: log.exception('two')"
        )
        subprocess.run([sys.executable, "-c", program], env=told, stderr=file, check=True)
    first, *others = journal.read_text().splitlines()
    assert first.startswith("<6>")
    assert all(line.startswith("<3>") for line in others)
    # one line of JSON, or several of a trace; neither is dated twice
    assert (len(others) == 1) == (written_as == "json")
    assert "timestamp" not in first
    assert "20" not in first


# --- libraries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "apscheduler.scheduler", "sqlalchemy.pool", "procrastinate.worker", "mail.log"]
)
def test_what_libraries_warn_of_is_a_line_like_ours(name: str, paper: Paper) -> None:
    logbook.set_up(level="info")
    with structlog.contextvars.bound_contextvars(request="abc"):
        logging.getLogger(name).warning("%d of these\n", 3)
    found = paper.line
    assert (found["level"], found["event"], found["logger"]) == ("warning", "3 of these", name)
    assert found["request"] == "abc"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_what_libraries_chat_about_is_not_written_whatever_the_level(level: str, paper: Paper) -> None:
    logbook.set_up(level=level)
    logging.getLogger("sqlalchemy.engine").info("SELECT ana@example.org")
    logging.getLogger("apscheduler.executors").info("Job ran")
    assert paper.lines == []


@pytest.mark.parametrize("weight", [logging.WARNING + 5, logging.CRITICAL + 10, 31])
def test_weights_that_a_library_makes_up_are_known(weight: int, paper: Paper) -> None:
    logbook.set_up(level="info")
    logging.getLogger("library").log(weight, "hm")
    assert paper.line["event"] == "hm"


def test_warnings_of_python_are_lines(paper: Paper) -> None:
    logbook.set_up(level="info")
    with warnings.catch_warnings():
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.simplefilter("always")
        warnings.warn("old ways", UserWarning, stacklevel=1)
    assert "UserWarning: old ways" in paper.line["event"]


def test_setting_up_twice_writes_each_line_once(paper: Paper) -> None:
    logbook.set_up(level="info")
    logbook.set_up(level="info")
    logging.getLogger("library").warning("once")
    assert len(paper.lines) == 1


# --- faults -------------------------------------------------------------------------------------------------


def fail(password: str) -> None:
    raise ValueError(f"no room for {len(password)} signs")


def test_fault_is_told_as_data_without_the_values_of_variables(paper: Paper) -> None:
    logbook.set_up(level="info")
    try:
        fail(PASSWORD)
    except ValueError:
        structlog.get_logger().exception("it failed")
    (fault,) = paper.line["exception"]
    assert (fault["exc_type"], fault["exc_value"]) == ("ValueError", "no room for 20 signs")
    assert [frame["name"] for frame in fault["frames"]][-1] == "fail"
    assert "hunter2" not in paper.text


def test_fault_that_a_library_tells_is_data_as_well(paper: Paper) -> None:
    logbook.set_up(level="info")
    try:
        fail("x")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    assert paper.line["exception"][0]["exc_type"] == "ValueError"


def test_trace_that_people_read_has_its_lines_and_no_variables(paper: Paper) -> None:
    logbook.set_up(level="info", written_as="console")
    try:
        fail(PASSWORD)
    except ValueError:
        structlog.get_logger().exception("it failed")
    assert paper.lines[-1] == "ValueError: no room for 20 signs"
    assert "hunter2" not in paper.text


@pytest.mark.parametrize(
    "value",
    [object(), {("a", 1): {2}}, float("nan"), Path("x"), b"\xff", "\udc80"],
    ids=["object", "dict", "nan", "path", "bytes", "half a sign"],
)
def test_no_value_breaks_a_line(value: object, paper: Paper) -> None:
    assert "value" in written(paper, value=value)


def test_line_that_nobody_takes_stops_nothing(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    logbook.set_up(level="info")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    structlog.get_logger().info("into the void")
    logging.getLogger("library").error("into the void")


# --- what is in no line -------------------------------------------------------------------------------------

KEY = new_api_key()
#: What a line may hold, and what of it must not be read.
HIDDEN: Mapping[str, tuple[str, str]] = {
    "reply": ("550 5.1.1 <ana.b+c@example.org>: unknown", "ana.b"),
    "bare": ("ana.b+c@example.org is not known", "ana.b"),
    "encoded": ("address=ana.b+c%40example.org&x", "ana.b"),
    "quoted": ('"ana.b c"@example.org bounced', "ana.b"),
    "link": (f"GET /preferences/{TOKEN} failed", TOKEN),
    "key": (f"the key {KEY} is not known", KEY[12:]),
    "bearer": (f"Authorization: Bearer {TOKEN}", TOKEN),
    "webhook": ("signed by whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8"),
    "ours": (f"535 {CANARY} refused", CANARY),
}


@pytest.mark.parametrize(("text", "secret"), HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("written_as", ["json", "console"])
def test_what_only_its_owner_may_read_is_hidden(
    text: str, secret: str, written_as: str, paper: Paper
) -> None:
    logbook.set_up(level="debug", written_as=written_as, secrets=[CANARY])
    log = structlog.get_logger()
    log.info(text, words=text, deep={"in": [text, (text,)]}, error=ValueError(text))
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("library").exception(text)
    said = paper.text
    assert secret not in said
    assert said.count("…") >= 6


@pytest.mark.parametrize(
    "text",
    [
        "0123456789abcdef0123456789abcdef",
        "2026-11-24T08:00",
        "digest_flows_deliver_a_very_long_name_of_a_function",
        "AVeryLongNameOfAClassThatSomebodyHasThoughtOf",
        "the store var/digest.sqlite3 is locked by another process (database is locked)",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str, paper: Paper) -> None:
    assert written(paper, words=text)["words"] == text


def test_number_of_a_request_is_left_alone(paper: Paper) -> None:
    assert written(paper, request=TOKEN)["request"] == TOKEN


def test_very_long_value_is_cut(paper: Paper) -> None:
    assert len(written(paper, words="x" * 100_000)["words"]) < 5_000


def test_secrets_of_the_settings_are_in_no_line(paper: Paper) -> None:
    settings = Settings(
        database_url="postgresql://digest:p%40ss-database@db.example/digest",
        smtp_url=SecretStr("smtp://u:pass-first@a.example,smtps://u:pass%2Csecond@b.example"),
        secret_key=SecretStr("the-first-key-of-ours,the-second-key-of-ours"),
        returns_mailbox=SecretStr("imaps://u:pass-mailbox@mail.example/INBOX"),
        hook_secrets=SecretStr("postmark:hook-secret-of-16,ses:arn:aws:sns:eu-west-1:123456789012:mail"),
        heartbeat_url=SecretStr("https://beats.example/beat-of-ours"),
        log_format=LogFormat.JSON,
    )
    set_up_telemetry(settings)
    known = ["p@ss-database", "p%40ss-database", "pass-first", "pass,second", "the-first-key-of-ours"]
    known += [
        "beats.example/beat-of-ours",
        "beat-of-ours",
        "the-second-key-of-ours",
        "pass-mailbox",
        "hook-secret-of-16",
    ]
    structlog.get_logger().info(" | ".join(known), harmless="INBOX smtp mail.example")
    assert not [secret for secret in known if secret in paper.text]
    assert paper.line["harmless"] == "INBOX smtp mail.example"
