"""Wrong settings and unusable stores: every command says so in one plain line, and changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from digest.store import sqlite
from tests.cli.commands import CALLS, TYPED
from tests.cli.shell import Shell
from tests.tiers import first_of, wide

# a traceback of a thread is a traceback too
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")

#: What goes wrong around a command: prepares the place, and returns how to call from there.
Trouble = Callable[[Shell], Shell]

STORE: Final = Path("var", "digest.sqlite3")
#: These only look; what holds up a writer does not hold them up.
ONLY_LOOK: Final = {
    *("briefings list", "briefings show", "topics list", "newsletters list", "newsletters show"),
    *("feeds list", "feeds show", "feeds export", "briefings story"),
    *("subscribers list", "notices list", "suppressions list", "suppressions export"),
    *("subscribers show", "subscribers data", "subscribers export", "preview", "issues list", "issues show"),
    *("families list", "deliveries list", "why", "status", "users list", "users keys", "webhooks list"),
    *("bounces list", "bounces show", "tidy", "doctor", "backup", "outbox list", "outbox show"),
}
#: These look at files alone.
NEED_NO_STORE: Final = {"outbox list", "outbox show"}
#: These make a store where there is none.
MAKE_ONE: Final = {"init", "restore"}
#: What is wrong with a store is what this one is asked for: it answers.
ASKED_FOR_TROUBLE: Final = {"doctor"}
#: These find one, or refuse.
WANT_A_STORE: Final = [
    *sorted(CALLS.keys() - MAKE_ONE - ASKED_FOR_TROUBLE - NEED_NO_STORE),
    *("serve", "worker"),
]


def settings_file_is_broken(shell: Shell) -> Shell:
    (shell.folder / "digest.toml").write_text("base_url = ", encoding="utf-8")
    return shell


def settings_file_is_binary(shell: Shell) -> Shell:
    (shell.folder / "digest.toml").write_bytes(b"\x00\xff\xfe")
    return shell


def setting_is_unknown(shell: Shell) -> Shell:
    (shell.folder / "digest.toml").write_text('smpt_url = "smtp://localhost"', encoding="utf-8")
    return shell


def mail_url_is_wrong(shell: Shell) -> Shell:
    return shell.with_(DIGEST_SMTP_URL="pigeon://localhost")


def pages_url_is_wrong(shell: Shell) -> Shell:
    return shell.with_(DIGEST_BASE_URL="ftp://news.example")


def store_url_is_wrong(shell: Shell) -> Shell:
    return shell.with_(DIGEST_DATABASE_URL="mysql://localhost/news")


def store_is_not_reached(shell: Shell) -> Shell:
    return shell.with_(DIGEST_DATABASE_URL="postgresql://127.0.0.1:1/news?connect_timeout=2")


def store_lies_below_a_file(shell: Shell) -> Shell:
    (shell.folder / "plain").write_text("a file")
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///plain/news.sqlite3")


def store_is_a_folder(shell: Shell) -> Shell:
    (shell.folder / "news.sqlite3").mkdir()
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3")


def store_is_no_database(shell: Shell) -> Shell:
    (shell.folder / "news.sqlite3").write_text("Dear diary, " * 100, encoding="utf-8")
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3")


def store_is_newer(shell: Shell) -> Shell:
    shutil.copyfile(shell.folder / STORE, shell.folder / "news.sqlite3")
    with closing(sqlite3.connect(shell.folder / "news.sqlite3")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3")


def store_is_not_there(shell: Shell) -> Shell:
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///elsewhere/news.sqlite3")


def store_is_empty(shell: Shell) -> Shell:
    with closing(sqlite3.connect(shell.folder / "news.sqlite3")) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    return shell.with_(DIGEST_DATABASE_URL="sqlite:///news.sqlite3")


#: Told by every command alike.
SETTINGS: Final[dict[Trouble, str]] = {
    settings_file_is_broken: "digest.toml is not valid TOML",
    mail_url_is_wrong: "DIGEST_SMTP_URL",
    pages_url_is_wrong: "DIGEST_BASE_URL is 'ftp://news.example'",
}
STORES: Final[dict[Trouble, str]] = {
    store_is_no_database: "not a database",
    store_is_not_reached: "127.0.0.1:1/news",
    store_is_newer: "9999",
}
#: Further ways to the same ends.
OTHER_SETTINGS: Final[dict[Trouble, str]] = {
    settings_file_is_binary: "digest.toml is not UTF-8 text",
    setting_is_unknown: "did you mean smtp_url?",
    store_url_is_wrong: "DIGEST_DATABASE_URL should be sqlite:///FILE",
    store_lies_below_a_file: "plain/news.sqlite3",
    store_is_a_folder: "unable to open",
}


def by_name(trouble: Trouble) -> str:
    return trouble.__name__


def one_a_group(commands: Collection[str]) -> list[Any]:
    """These commands; all but the first of each group are left to the wide run."""
    first: dict[str, str] = {}
    for command in commands:
        first.setdefault(command.split()[0], command)
    few = set(first.values())
    return [*first.values(), *wide(*(one for one in commands if one not in few))]


@pytest.mark.parametrize("trouble", first_of(list(SETTINGS)), ids=by_name)
@pytest.mark.parametrize("command", [*CALLS, "serve", "worker", "demo"])
def test_wrong_setting_stops(command: str, trouble: Trouble, old_newsroom: Shell) -> None:
    assert SETTINGS[trouble] in refusal(command, trouble(old_newsroom))


@pytest.mark.parametrize("trouble", first_of(list(STORES)), ids=by_name)
@pytest.mark.parametrize("command", one_a_group([*sorted(MAKE_ONE), *WANT_A_STORE]))
def test_unusable_store_stops(command: str, trouble: Trouble, old_newsroom: Shell) -> None:
    line = refusal(command, trouble(old_newsroom))
    assert STORES[trouble] in line
    assert "the store" in line


@pytest.mark.parametrize("trouble", STORES, ids=by_name)
def test_unusable_store_is_the_answer_of_who_is_asked_for_trouble(
    trouble: Trouble, old_newsroom: Shell
) -> None:
    shell = trouble(old_newsroom)
    before = shell.picture()
    answer = shell("doctor", "--only", "store", "--json")
    (found,) = answer.document["findings"]
    assert (answer.status, answer.err, found["level"]) == (1, "", "error")
    assert STORES[trouble] in found["line"]
    assert shell.picture() == before


@pytest.mark.parametrize("trouble", OTHER_SETTINGS, ids=by_name)
@pytest.mark.parametrize("command", ["init", "status", "run"])
def test_other_trouble_with_settings_or_store_stops(
    command: str, trouble: Trouble, old_newsroom: Shell
) -> None:
    assert OTHER_SETTINGS[trouble] in refusal(command, trouble(old_newsroom))


@pytest.mark.parametrize("command", one_a_group(WANT_A_STORE))
def test_store_that_is_not_there_is_not_made_by_asking(command: str, old_newsroom: Shell) -> None:
    assert "run digest init" in refusal(command, store_is_not_there(old_newsroom))


@pytest.mark.parametrize("command", ["status", "run"])
def test_database_of_something_else_has_to_be_set_up(command: str, old_newsroom: Shell) -> None:
    assert "run digest init" in refusal(command, store_is_empty(old_newsroom))


@pytest.mark.parametrize("command", one_a_group(CALLS))
def test_locked_store_stops_what_writes_and_nothing_else(
    command: str, old_newsroom: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 20)
    with locked(old_newsroom.folder / STORE):
        if command in ONLY_LOOK:
            old_newsroom.ok(*words_of(command))
        else:
            assert "locked" in refusal(command, old_newsroom)


@pytest.mark.parametrize("command", ["run --now +3d", "send daily --all --yes", "serve --port 0", "demo"])
def test_outbox_that_cannot_be_written_to_stops_what_sends(command: str, newsroom: Shell) -> None:
    (newsroom.folder / "plain").write_text("a file")
    before = newsroom.picture()
    answer = newsroom.with_(DIGEST_SMTP_URL="file:plain/outbox")(*command.split())
    assert "outbox 'plain/outbox' cannot be written to" in answer.complaint
    assert newsroom.picture() == before


@pytest.mark.parametrize("command", ["init", "demo"])
def test_folder_that_cannot_be_made_stops_what_makes_a_store(command: str, shell: Shell) -> None:
    (shell.folder / "plain").write_text("a file")
    assert "plain/var" in shell.with_(DIGEST_VAR_DIR="plain/var")(command).complaint
    assert [file.name for file in shell.folder.iterdir()] == ["plain"]


def test_settings_file_that_was_named_must_exist(newsroom: Shell) -> None:
    assert "settings file other.toml does not exist" in newsroom("status", "--config", "other.toml").complaint


def test_settings_file_that_was_named_is_used(shell: Shell) -> None:
    (shell.folder / "other.toml").write_text('var_dir = "kept"', encoding="utf-8")
    shell.ok("init", "--config", "other.toml")
    assert (shell.folder / "kept" / "digest.sqlite3").exists()
    assert not (shell.folder / "var").exists()


def test_variable_with_nearly_the_name_of_a_setting_is_remarked_on_and_stops_nothing(newsroom: Shell) -> None:
    misspelt = newsroom.with_(
        DIGEST_SMPT_URL="smtp://news:hunter2@mail.example", DIGEST_BASEURL="https://a.b"
    )
    answer = misspelt.ok("status", "--json")
    assert answer.err.splitlines() == [
        "digest: the variable DIGEST_BASEURL is not a setting, and nothing reads it: did you mean "
        "DIGEST_BASE_URL?",
        "digest: the variable DIGEST_SMPT_URL is not a setting, and nothing reads it: did you mean "
        "DIGEST_SMTP_URL?",
    ]
    assert answer.document == newsroom.ask("status")


@pytest.mark.parametrize("variable", ["DIGEST_HOME_OF_SOMETHING_ELSE", "DIGEST_DEBUG", "digest_base_url"])
def test_variable_of_others_or_of_ours_is_not_remarked_on(variable: str, newsroom: Shell) -> None:
    assert newsroom.with_(**{variable: "http://127.0.0.1:8000"}).ok("status").err == ""


@pytest.mark.parametrize("words", ["--help", "--version", "status --help", "store copy -h"])
def test_who_asks_for_help_is_not_told_of_variables(words: str, newsroom: Shell) -> None:
    assert newsroom.with_(DIGEST_SMPT_URL="smtp://mail.example").ok(*words.split()).err == ""


def test_variable_that_a_call_names_is_no_misspelt_setting(newsroom: Shell) -> None:
    moving = newsroom.with_(DIGEST_DATABASE_URL_NEW="sqlite:///new.sqlite3")
    assert "did you mean" not in moving.ok("store", "copy", "settings", "env:DIGEST_DATABASE_URL_NEW").err
    assert "did you mean DIGEST_DATABASE_URL?" in moving("status").err


def test_password_of_a_store_is_never_said(newsroom: Shell) -> None:
    url = "postgresql://news:hunter2@127.0.0.1:1/news?connect_timeout=2"
    assert "hunter2" not in newsroom.with_(DIGEST_DATABASE_URL=url)("status").complaint


def words_of(command: str) -> list[str]:
    return [*command.split(), *CALLS.get(command, "").split()]


def refusal(command: str, shell: Shell) -> str:
    """The line with which the command refuses, after a look at whether all is as it was."""
    before = shell.picture()
    line = shell(*words_of(command), stdin=TYPED.get(command, b"")).complaint
    assert shell.picture() == before
    return line


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Another program is writing and does not come to an end."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
