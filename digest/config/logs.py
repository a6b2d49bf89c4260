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


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class Logging(BaseModel):
    """What is written to the log."""

    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="From where on log lines are written: debug, info, warning or error.",
    )

    log_format: LogFormat = Field(
        default=LogFormat.AUTO,
        description="How log lines are written: console for people, json for programs, one object a line. "
        "auto takes console on a terminal and in the journal of systemd, and json everywhere else "
        "(docs/logs.md).",
    )
    log_requests: bool = Field(
        default=False,
        description="Write a line for each request to the web pages: what was asked for, without the links "
        "of readers, how it was answered, and how long that took.",
    )

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _word_whatever_its_case(cls, value: object) -> object:
        return in_lower_case(value)
