"""What can be set: from `digest.toml`, overridden by the environment, read once at the door.

Each file here holds the settings of one subject; `Settings` is all of them.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digest.config.around import Around
from digest.config.house import BASE_URL_LIMIT as BASE_URL_LIMIT
from digest.config.house import House
from digest.config.house import SentBy as SentBy
from digest.config.keeping import SHORTEST_KEPT_DAYS as SHORTEST_KEPT_DAYS
from digest.config.keeping import Keeping
from digest.config.logs import LogFormat as LogFormat
from digest.config.logs import Logging
from digest.config.logs import LogLevel as LogLevel
from digest.config.returning import Returning
from digest.config.sending import Sending
from digest.config.sending import Uncertain as Uncertain
from digest.config.watching import Watching

ENVIRONMENT_PREFIX: Final = "DIGEST_"


# fields of the last one come first: defaults of the others may go by what the house is told
class Settings(Logging, Watching, Keeping, Around, Returning, Sending, House, BaseSettings):
    """All settings; each has a default that works on one machine without any preparation."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _counts_with_numbers(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[info.field_name or ""]
        # else true would be 1, and one connection or one day was in no one's mind
        if isinstance(value, bool) and field.annotation in {int, float, int | None, float | None}:
            raise ValueError("should be a number")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; the values of the file come in as arguments."""
        return env_settings, init_settings
