"""Settings of who is warned when nothing happens, and of who may read figures."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr, field_validator

from digest.wellmade import check_beat_url, split_tokens


class Watching(BaseModel):
    """When silence is an alarm, and to whom figures are told."""

    alarm_after_minutes: int = Field(
        default=15,
        ge=0,
        le=10_080,
        description="Minutes after which a slot that has come and has no issue, nor a reason why there is "
        "none, is told to admins and webhooks (docs/alarms.md). 0 for never.",
    )
    stalled_after_minutes: int = Field(
        default=60,
        ge=0,
        le=10_080,
        description="Minutes after which an issue is told of that has copies to send, and sends none. 0 for "
        "never.",
    )
    heartbeat_url: SecretStr = Field(
        default=SecretStr(""),
        description="An address that is called each minute as long as all goes well: of a service elsewhere "
        "that warns you when the calls stay away. When empty, none is called.",
    )

    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="What Prometheus shows to read /metrics, a bearer token of 16 characters or more; both, "
        "comma-separated, while one is changed. When empty, there is no /metrics (docs/metrics.md).",
    )

    @field_validator("heartbeat_url")
    @classmethod
    def _can_be_called(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text:
            check_beat_url(text)
        return SecretStr(text)

    @field_validator("metrics_token")
    @classmethod
    def _holds_tokens(cls, value: SecretStr) -> SecretStr:
        split_tokens(value.get_secret_value())
        return value
