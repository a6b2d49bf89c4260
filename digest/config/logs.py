"""Settings of log lines and of traces."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field, field_validator

from digest.config.words import in_lower_case
from digest.wellmade import check_collector


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

    traces_to: str = Field(
        default="",
        description="A collector of OpenTelemetry that is told what takes how long: its address for OTLP "
        "over HTTP, such as http://127.0.0.1:4318 (docs/traces.md). Needs the extra telemetry. When empty, "
        "nothing is told.",
    )

    @field_validator("traces_to")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        text = value.strip()
        if text:
            check_collector(text)
        return text

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _word_whatever_its_case(cls, value: object) -> object:
        return in_lower_case(value)
