"""Settings: what is read from where, what is refused in which words, and the key that is made once."""

from __future__ import annotations

import multiprocessing
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import LogLevel, Settings, Uncertain
from digest.errors import SettingsError
from digest.settings_file import load_settings, secret_keys

CANARY = "canary-9f2c"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("DIGEST_"):
            monkeypatch.delenv(name)


def refusal(config: Path | None = None) -> str:
    """What the user reads; always one line."""
    with pytest.raises(SettingsError) as caught:
        load_settings(config)
    message = str(caught.value)
    assert "\n" not in message
    return message


def written(text: str, name: str = "digest.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


# --- where values come from ---------------------------------------------------------------------------------


def test_without_any_setting_everything_stays_in_the_project_folder() -> None:
    settings = load_settings(None)
    assert settings.database_url == "sqlite+aiosqlite:///var/digest.sqlite3"
    assert settings.smtp_url.get_secret_value() == "file:var/outbox"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.secret_key is None
    assert settings.smtp_connections == 40
    assert (settings.smtp_rate, settings.family_connections, settings.family_rate) == (None, None, None)
    assert (settings.family_limits, settings.warm_up_since) == ("", None)
    assert settings.uncertain is Uncertain.AGAIN
    assert settings.tick_seconds == 30
    assert settings.log_level is LogLevel.INFO


def test_store_and_outbox_move_with_var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_VAR_DIR", str(tmp_path / "kept"))
    settings = load_settings(None)
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/kept/digest.sqlite3"
    assert settings.smtp_url.get_secret_value() == f"file:{tmp_path}/kept/outbox"


def test_digest_toml_of_the_working_directory_is_read() -> None:
    written('base_url = "https://news.example"\nsmtp_connections = 4\nuncertain = "hold"\n')
    settings = load_settings(None)
    assert (settings.base_url, settings.smtp_connections) == ("https://news.example", 4)
    assert settings.uncertain is Uncertain.HOLD


def test_config_names_another_file_and_digest_toml_is_not_looked_at() -> None:
    written("this is not TOML")
    other = written("\ufefftick_seconds = 5\n", "other.toml")
    assert load_settings(other).tick_seconds == 5


def test_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    written('base_url = "https://file.example"\nsmtp_connections = 4\n')
    monkeypatch.setenv("DIGEST_BASE_URL", "https://environment.example")
    settings = load_settings(None)
    assert settings.base_url == "https://environment.example"
    assert settings.smtp_connections == 4


def test_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    written("smtp_connections = 4\n")
    for field in Settings.model_fields:
        monkeypatch.setenv(f"DIGEST_{field.upper()}", "")
    assert load_settings(None).smtp_connections == 4


def test_foreign_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_HOME_OF_SOMETHING_ELSE", "1")
    assert load_settings(None).tick_seconds == 30


def test_words_are_taken_whatever_their_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_LOG_LEVEL", " WARNING ")
    assert load_settings(None).log_level is LogLevel.WARNING


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


# --- how values are brought into shape ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written_as", "used_as"),
    [
        ("sqlite:///news.db", "sqlite+aiosqlite:///news.db"),
        ("sqlite:////srv/news.db", "sqlite+aiosqlite:////srv/news.db"),
        ("sqlite+aiosqlite:///news.db", "sqlite+aiosqlite:///news.db"),
        ("postgresql://ann:pw@db:5433/news", "postgresql+psycopg://ann:pw@db:5433/news"),
        ("postgres://db/news", "postgresql+psycopg://db/news"),
        ("postgresql+psycopg:///news", "postgresql+psycopg:///news"),
        ("postgresql://ann:p%40w@/news?host=/run", "postgresql+psycopg://ann:p%40w@/news?host=%2Frun"),
    ],
)
def test_store_is_reached_by_an_async_driver(
    written_as: str, used_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", written_as)
    assert load_settings(None).database_url == used_as


def test_base_url_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_BASE_URL", "https://news.example/letters/")
    assert load_settings(None).base_url == "https://news.example/letters"


@pytest.mark.parametrize(
    "url",
    [
        "file:/srv/outbox",
        "smtp://localhost",
        "smtp+starttls://ann:p%2Cw@mail.example:587",
        "smtps://[2001:db8::1]:465, smtp://second.example:25",
    ],
)
def test_mail_may_go_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_URL", url)
    assert load_settings(None).smtp_url.get_secret_value() == url


# --- what is refused, and in which words --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base_url = ", ("digest.toml", "not valid TOML", "line 1")),
        ('tick_seconds = 5\nbase_url = "open', ("not valid TOML", "line 2")),
        ("tick_seconds = 5\nlog_level = [", ("not valid TOML", "line 2")),
        ("tick_seconds = 5\ntick_seconds = 6", ("not valid TOML", "line 2")),
        ("[digest]\ntick_seconds = 5", ("[digest]", "digest.toml", "begins a table")),
        ("smtp_connection = 3", ("'smtp_connection'", "digest.toml", "did you mean smtp_connections?")),
        ("_env_file = 'x'", ("'_env_file'", "is not a setting")),
        ("smtp_connections = 0", ("smtp_connections in digest.toml is 0", "greater than or equal to 1")),
        ("smtp_connections = 501", ("501", "less than or equal to 500")),
        ("smtp_connections = 'many'", ("smtp_connections", "'many'", "integer")),
        ("smtp_connections = 2.5", ("smtp_connections", "2.5", "integer")),
        ("smtp_connections = true", ("smtp_connections in digest.toml is True", "a number")),
        ("smtp_rate = false", ("smtp_rate in digest.toml is False", "a number")),
        ("base_url = 7", ("base_url in digest.toml is 7", "string")),
        ("base_url = 'ftp://news.example'", ("base_url", "'ftp://news.example'", "http or https")),
        ("base_url = 'news.example'", ("base_url", "http or https")),
        ("base_url = 'https://'", ("base_url", "http or https")),
        ("base_url = 'https://news.example/?a=1'", ("base_url", "without user, query or fragment")),
        ("base_url = 'https://news.example:99999'", ("base_url", "http or https")),
        ("base_url = 'https://новости.example'", ("base_url", "http or https")),
        ("base_url = 'https://a b.example'", ("base_url", "http or https")),
        (f"base_url = 'https://{'n' * 150}.example'", ("base_url", "at most 140 characters")),
        ("uncertain = 'maybe'", ("uncertain in digest.toml is 'maybe'", "'again' or 'hold'")),
        ("log_level = 'loud'", ("log_level", "'loud'", "'warning'")),
        ("log_level = 3", ("log_level in digest.toml is 3",)),
        ("tick_seconds = 0", ("tick_seconds", "greater than or equal to 1")),
        ("var_dir = 3", ("var_dir in digest.toml is 3",)),
        ("secret_key = ' , '", ("secret_key in digest.toml should hold at least one key",)),
        ("database_url = 'mysql://db/news'", ("database_url", "postgresql://", "not mysql://")),
        ("database_url = 'sqlite+pysqlite:///x.db'", ("database_url", "not sqlite+pysqlite://")),
        ("database_url = 'sqlite://x.db'", ("database_url", "three slashes")),
        ("database_url = 'sqlite:///'", ("database_url in digest.toml should be a file",)),
        ("database_url = 'sqlite:///:memory:'", ("database_url in digest.toml should be a file",)),
        ("database_url = 'news.db'", ("database_url", "sqlite:///FILE")),
        ("smtp_url = 'file:'", ("smtp_url", "folder after file:")),
        ("smtp_url = 'mail.example:25'", ("smtp_url", "smtp://", "number 1")),
        ("smtp_url = 'smtp://a.example,http://b.example'", ("smtp_url", "number 2")),
        ("smtp_url = 'smtp://:25'", ("smtp_url", "number 1")),
        ("keep_copies_days = 89", ("keep_copies_days", "90 days or more, or 0 for ever")),
        ("keep_changes_days = -1", ("keep_changes_days", "greater than or equal to 0")),
        ("log_format = 'xml'", ("log_format in digest.toml is 'xml'", "'console' or 'json'")),
        ("log_requests = 'sometimes'", ("log_requests", "'sometimes'", "boolean")),
        ("traces_to = 'localhost:4318'", ("traces_to", "http or https")),
        ("alarm_after_minutes = -1", ("alarm_after_minutes", "greater than or equal to 0")),
        ("stalled_after_minutes = 10081", ("stalled_after_minutes", "less than or equal to 10080")),
        ("heartbeat_url = 'ftp://beats.example/1'", ("heartbeat_url in digest.toml", "http or https")),
        ("heartbeat_url = 'beats.example'", ("heartbeat_url", "http or https")),
        ("heartbeat_url = 'https://beats.example/a b'", ("heartbeat_url", "http or https")),
        ("heartbeat_url = 'https://[beats/'", ("heartbeat_url", "http or https")),
        ("keep_returns_days = 'long'", ("keep_returns_days", "integer")),
        ("metrics_token = 'too-short'", ("metrics_token", "16 to 200 plain characters", "number 1")),
        (f"metrics_token = '{'m' * 16},with a blank in it'", ("metrics_token", "number 2")),
    ],
)
def test_one_line_says_which_value_is_wrong_and_how_to_mend_it(text: str, words: tuple[str, ...]) -> None:
    written(text)
    message = refusal()
    for word in words:
        assert word in message


def test_wrong_variable_is_named_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    written("smtp_connections = 4\n")
    monkeypatch.setenv("DIGEST_SMTP_CONNECTIONS", "many")
    assert refusal().startswith("DIGEST_SMTP_CONNECTIONS is 'many', but should be a valid integer")


def test_missing_config_file_is_refused() -> None:
    assert refusal(Path("absent.toml")) == "settings file absent.toml does not exist: check --config"


def test_file_that_is_not_text_is_refused() -> None:
    Path("digest.toml").write_bytes(b"\xff\xfe\x00\x01")
    assert "not UTF-8 text" in refusal()


def test_folder_in_place_of_the_file_is_refused() -> None:
    Path("digest.toml").mkdir()
    assert "cannot be read" in refusal()


def test_store_on_postgresql_without_its_driver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://db/news")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'newsroom-digest[cluster]'" in refusal()


def test_the_zone_of_the_newsroom_is_one_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(None).timezone == "UTC"
    monkeypatch.setenv("DIGEST_TIMEZONE", " Asia/Shanghai ")
    assert load_settings(None).timezone == "Asia/Shanghai"
    for wrong in ("Mars/Base", "../../etc/passwd", "europe paris"):
        monkeypatch.setenv("DIGEST_TIMEZONE", wrong)
        assert refusal() == (
            f"DIGEST_TIMEZONE is {wrong!r}, "
            "but should be the IANA name of a time zone, such as Europe/Paris or UTC"
        )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIGEST_DATABASE_URL", f"mysql://ann:{CANARY}@db/news"),
        ("DIGEST_DATABASE_URL", f"postgresql://ann:{CANARY}@db:port/news"),
        ("DIGEST_DATABASE_URL", CANARY),
        ("DIGEST_SMTP_URL", f"smtp://ann:{CANARY}@mail.example:port"),
        ("DIGEST_SMTP_URL", f"imap://ann:{CANARY}@mail.example"),
        ("DIGEST_SMTP_URL", f"smtp://ann:1,{CANARY}@mail.example"),
        ("DIGEST_BASE_URL", f"https://ann:{CANARY}@news.example"),
        ("DIGEST_HEARTBEAT_URL", f"https://ann:{CANARY}@beats.example/1"),
        ("DIGEST_HEARTBEAT_URL", f"beats.example/{CANARY}"),
        ("DIGEST_HOOK_SECRETS", CANARY),
        ("DIGEST_HOOK_SECRETS", f"mandrill:{CANARY}"),
        ("DIGEST_HOOK_SECRETS", f"generic:{CANARY}"),
        ("DIGEST_HOOK_SECRETS", f"postmark:{CANARY}:with-a-colon"),
        ("DIGEST_METRICS_TOKEN", f"a-good-one-is-here,{CANARY}"),
    ],
)
def test_secret_is_never_repeated(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    message = refusal()
    assert message.startswith(variable)
    assert CANARY not in message


def test_settings_can_be_printed_without_showing_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"postgresql://ann:{CANARY}@db/news")
    monkeypatch.setenv("DIGEST_SMTP_URL", f"smtp://ann:{CANARY}@mail.example")
    monkeypatch.setenv("DIGEST_SECRET_KEY", CANARY)
    monkeypatch.setenv("DIGEST_METRICS_TOKEN", f"{CANARY}-{CANARY}")
    settings = load_settings(None)
    assert CANARY not in repr(settings)
    assert CANARY not in str(settings)


@given(st.text(max_size=60))
def test_any_file_is_either_read_or_refused_in_one_line(text: str) -> None:
    path = Path("any.toml")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert len(_answer(path).splitlines()) <= 1


@given(
    st.sampled_from(["DATABASE_URL", "SMTP_URL", "BASE_URL", "SMTP_CONNECTIONS", "UNCERTAIN"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
)
def test_any_variable_is_either_taken_or_refused_in_one_line(name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"DIGEST_{name}", value)
        assert len(_answer(None).splitlines()) <= 1


# --- the secret key -----------------------------------------------------------------------------------------


def test_given_keys_are_used_first_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", "new key, old-key,")
    assert secret_keys(load_settings(None)) == (b"new key", b"old-key")
    assert not Path("var").exists()


def test_key_is_made_once_and_kept_for_its_owner_only() -> None:
    settings = load_settings(None)
    (key,) = secret_keys(settings)
    assert len(key) >= 32
    assert secret_keys(settings) == (key,)
    assert stat.S_IMODE(Path("var/secret_key").stat().st_mode) == 0o600
    assert [path.name for path in Path("var").iterdir()] == ["secret_key"]


def test_file_may_hold_older_keys_below_the_new_one() -> None:
    Path("var").mkdir()
    Path("var/secret_key").write_bytes(b"new\nold\r\n")
    assert secret_keys(load_settings(None)) == (b"new", b"old")


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        for round_ in range(8):
            folder = tmp_path / str(round_)
            assert len(set(pool.map(_keys_in, [folder] * 8))) == 1
            assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_place_that_cannot_be_written_is_refused_in_one_line() -> None:
    Path("var").write_text("a file where the folder should be")
    with pytest.raises(SettingsError, match=r"var/secret_key .*set DIGEST_SECRET_KEY") as caught:
        secret_keys(load_settings(None))
    assert "\n" not in str(caught.value)


def test_emptied_key_file_is_refused_and_not_replaced() -> None:
    Path("var").mkdir()
    Path("var/secret_key").touch()
    with pytest.raises(SettingsError, match="holds no key"):
        secret_keys(load_settings(None))
    assert Path("var/secret_key").read_bytes() == b""


def _answer(config: Path | None) -> str:
    """What the user reads: nothing when all is well."""
    try:
        load_settings(config)
    except SettingsError as error:
        return str(error)
    return ""


def _keys_in(folder: Path) -> tuple[bytes, ...]:
    return secret_keys(Settings(var_dir=folder))
