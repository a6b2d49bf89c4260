"""Settings as they are given: a file and the environment over it, or one line that says what is wrong."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from digest.config import ENVIRONMENT_PREFIX, Settings
from digest.errors import SettingsError
from digest.keyring import keep_key, keep_new_key, split_keys

DEFAULT_FILE: Final = Path("digest.toml")
#: Values that may hold a password are never repeated in a message.
_UNSPOKEN: Final = frozenset(
    {
        *("database_url", "smtp_url", "secret_key", "returns_mailbox", "hook_secrets"),
        *("heartbeat_url", "metrics_token"),
    }
)
#: Variables that are read where they are needed: for who looks for a fault.
_NO_SETTINGS: Final = frozenset({f"{ENVIRONMENT_PREFIX}DEBUG"})
#: How much of two names must agree for one to be meant by the other: `smtp` means `smtp_url`.
_NEARLY: Final = 0.65


def load_settings(config: Path | None, given: Mapping[str, Any] | None = None) -> Settings:
    """Read `config`, or `digest.toml` where there is one, and the environment over it, `given` over both.

    Raises `SettingsError` with one line for whoever typed the value.
    """
    source = config or DEFAULT_FILE
    values = values_in(source, must_exist=config is not None)
    for key, value in values.items():
        if key not in Settings.model_fields and isinstance(value, dict):
            raise SettingsError(f"[{key}] in {source} begins a table: settings stand without one, one a line")
        if key not in Settings.model_fields:
            raise SettingsError(f"{key!r} in {source} is not a setting: {_nearest(key)}")
    for key in given or {}:
        if key not in Settings.model_fields:
            raise SettingsError(f"{key!r} is not a setting: {_nearest(key)}")
    try:
        return _over(values, given) if given else Settings(**values)
    except ValidationError as error:
        raise SettingsError(_in_one_line(error, source, given or {})) from None


def key_file(settings: Settings) -> Path | None:
    """Where the keys that sign are kept; None when they are set."""
    return None if settings.secret_key is not None else settings.var_dir / "secret_key"


def secret_keys(settings: Settings, *, made_when_missing: bool = True) -> tuple[bytes, ...]:
    """The keys that sign and verify, newest first; made and kept in `var_dir` when none is set.

    Who only looks makes none, and gets none then.
    """
    path = key_file(settings)
    if path is None:
        assert settings.secret_key is not None
        return split_keys(settings.secret_key.get_secret_value().encode())
    try:
        if not path.exists():
            if not made_when_missing:
                return ()
            keep_new_key(path)
        keys = split_keys(path.read_bytes())
    except OSError as error:
        if os.path.exists(path):  # noqa: PTH110 - a folder that is closed to us raises no error here
            raise SettingsError(
                f"the secret key in {path} cannot be read ({error.strerror}): "
                "call digest as the user who owns it, or set DIGEST_SECRET_KEY"
            ) from None
        raise SettingsError(
            f"the secret key cannot be kept in {path} ({error.strerror}): "
            "make the folder writable, or set DIGEST_SECRET_KEY"
        ) from None
    if not keys:
        raise SettingsError(
            f"{path} holds no key: put the old key back, or remove the file to have a new one made"
        )
    return keys


def put_back_keys(settings: Settings, keys: tuple[bytes, ...]) -> None:
    """Keep keys that sign where they would be looked for, unless some are there or set."""
    path = key_file(settings)
    if path is None:
        return
    try:
        keep_key(path, b"\n".join(keys))
    except OSError as error:
        raise SettingsError(
            f"the secret key cannot be put back into {path} ({error.strerror}): make the folder writable"
        ) from None


def values_in(path: Path, *, must_exist: bool = False) -> dict[str, Any]:
    """What a file of settings says, not looked into any further; raises SettingsError for what is no TOML."""
    try:
        # a byte order mark is what some editors put there
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"settings file {path} does not exist: check --config") from None
        return {}
    except UnicodeDecodeError:
        raise SettingsError(f"settings file {path} is not UTF-8 text: save it as TOML in UTF-8") from None
    except OSError as error:
        mend = "let this user read it" if isinstance(error, PermissionError) else "put a file there"
        raise SettingsError(f"settings file {path} cannot be read ({error.strerror}): {mend}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        last = f"at line {len(text.splitlines())}, the end of the file"
        reason = str(error).replace("at end of document", last)
        raise SettingsError(
            f'settings file {path} is not valid TOML: {reason}; a line is such as base_url = "https://news.example"'
        ) from None


def wrong_with(name: str, value: str) -> str:
    """Why a value cannot be a setting, in words that follow its name; empty when it can."""
    values: dict[str, Any] = {name: value}
    try:
        Settings(**values)
    except ValidationError as error:
        return _should(error.errors(include_url=False)[0])
    return ""


def is_set_by_environment(name: str) -> bool:
    """Whether a variable goes before what the file says of a setting."""
    return _is_set(ENVIRONMENT_PREFIX + name.upper(), os.environ)


def unread_variables(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Variables that look like settings and are none: each with the one that may have been meant, or nothing.

    Those without may be somebody else's; the names of some that we read, and that are no settings, are known.
    """
    known = {ENVIRONMENT_PREFIX + name.upper(): name for name in Settings.model_fields}
    mine = (name for name in environment if name.upper().startswith(ENVIRONMENT_PREFIX))
    unread = sorted(name for name in mine if name.upper() not in known.keys() | _NO_SETTINGS)
    return tuple((name, _meant_by(name)) for name in unread)


def _meant_by(variable: str) -> str:
    word = variable.upper().removeprefix(ENVIRONMENT_PREFIX).lower()
    found = difflib.get_close_matches(word, Settings.model_fields, n=1, cutoff=_NEARLY)
    return ENVIRONMENT_PREFIX + found[0].upper() if found else ""


class _Given(Settings):
    """Settings of which some are given by a program, and go before the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What comes in as arguments over the environment."""
        return init_settings, env_settings


def _over(values: Mapping[str, Any], given: Mapping[str, Any]) -> Settings:
    unset = {
        key: value
        for key, value in values.items()
        if not _is_set(ENVIRONMENT_PREFIX + key.upper(), os.environ)
    }
    return _Given(**(unset | dict(given)))


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key.lower().replace("-", "_"), Settings.model_fields, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(Settings.model_fields))}"


def _in_one_line(error: ValidationError, source: Path, given: Mapping[str, Any]) -> str:
    """The first thing that is wrong: where it was set, its value if that may be shown, what it should be."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    variable = ENVIRONMENT_PREFIX + name.upper()
    where = variable if _is_set(variable, os.environ) else f"{name} in {source}"
    where = name if name in given else where
    should = _should(first)
    shown = repr(first["input"])
    if name in _UNSPOKEN or "@" in shown:
        return f"{where} {should}"
    return f"{where} is {shown if len(shown) <= 80 else shown[:79] + '…'}, but {should}"


def _should(wrong: Mapping[str, Any]) -> str:
    return str(
        wrong.get("ctx", {}).get("error") or wrong["msg"].removeprefix("Input ").partition(", unable")[0]
    )


def _is_set(variable: str, environment: Mapping[str, str]) -> bool:
    """Variables are found whatever their case, and empty ones count as not given."""
    return any(value and name.upper() == variable for name, value in environment.items())
