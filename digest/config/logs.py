"""Settings of log lines."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field, field_validator

from digest.config.words import in_lower_case


class LogLevel(StrEnum):
    """From which weight on log lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Logging(BaseModel):
    """What is written to the log."""

    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="From where on log lines are written: debug, info, warning or error.",
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_whatever_its_case(cls, value: object) -> object:
        return in_lower_case(value)
