"""Settings of mail that comes back, of answers, and of what providers tell."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr, field_validator

from digest.wellmade import check_hook_secrets


class Returning(BaseModel):
    """What is done with what comes back."""

    returns_mailbox: SecretStr = Field(
        default=SecretStr(""),
        description="The mailbox to which returned mail comes, and what readers answer: "
        "imaps://USER:PASSWORD@HOST:PORT/FOLDER, or with imap+starttls, pop3s or pop3+starttls. Its mails "
        "are deleted once they are recorded. When empty, no mailbox is read (docs/returns-intake.md).",
    )
    returns_done: str = Field(
        default="",
        description="Folder of that mailbox into which mails are moved once they are recorded (IMAP). When "
        "empty, they are deleted.",
    )
    returns_aside: str = Field(
        default="Unmatched",
        description="Folder of that mailbox for mails of which nothing could be made (IMAP). When empty, "
        "they go where the others go; what may be returned mail is kept in the store anyway. A mailbox read "
        "by POP3 has no folders: there they stay.",
    )
    returns_poll_seconds: int = Field(
        default=60, ge=5, le=86_400, description="How often that mailbox is read, in seconds."
    )
    returns_listen: str = Field(
        default="",
        description="Where to listen for a mail server that hands returned mail over: lmtp://HOST:PORT, "
        "smtp://HOST:PORT or lmtp+unix:/PATH. It needs the package aiosmtpd. When empty, nothing listens.",
    )
    replies_to: str = Field(
        default="",
        description="Who gets what readers write in answer to mails: one address of the newsroom that is no "
        "newsletter's sender. When empty, nobody does; the mails are kept all the same.",
        repr=False,
    )
    hook_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="Mail providers that are listened to at /hooks/PROVIDER, and how their calls are known: "
        "PROVIDER:SECRET, several comma-separated, of ses (the topic's ARN), postmark, sendgrid, mailgun, "
        "sparkpost, generic (docs/hooks.md) or of a plugin; both while one is changed. When empty, no call "
        "is believed.",
    )

    @field_validator("hook_secrets")
    @classmethod
    def _names_providers(cls, value: SecretStr) -> SecretStr:
        check_hook_secrets(value.get_secret_value())
        return value
