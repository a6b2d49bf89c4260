"""What `digest init` has to know of a new house: who sends, by which server, where the pages are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Final

import typer
from msgspec import Struct

from digest.cli.console import confirmed, note, parse_now, run, say
from digest.cli.doctor import tell_findings
from digest.cli.doors import store_at
from digest.cli.written_settings import (
    holds_password,
    require_writable,
    text_with,
    without_password,
    write_settings,
)
from digest.config import Settings
from digest.core.doctor_findings import Finding, Level
from digest.errors import DigestError, InputError, SettingsError, StoreError
from digest.flows.checkup import try_servers
from digest.flows.newsletters import newsletter_named, settings_from
from digest.flows.seed import FIRST_NEWSLETTER
from digest.mail.servers import SETTING, FileOutbox, Server, parse_servers
from digest.settings_file import DEFAULT_FILE, is_set_by_environment, values_in, wrong_with
from subscribers.wishes import WishError

_FLAGS: Final = {"smtp_url": "--smtp", "base_url": "--base-url"}


class Sender(Struct, frozen=True):
    """Whom the mails of a newsletter are from."""

    #: empty for the name that it has
    name: str
    address: str

    def __str__(self) -> str:
        """As it stands in a mail; other letters as they are."""
        return f"{self.name} <{self.address}>" if self.name else self.address


class Asked(Struct, frozen=True):
    """What somebody said by flags; None for what was not said."""

    sender: str | None
    smtp_url: str | None
    base_url: str | None

    @property
    def is_empty(self) -> bool:
        """True when no flag was given."""
        return self.sender is None and self.smtp_url is None and self.base_url is None


class FirstRun(Struct, frozen=True):
    """What is to be written, and what was found at the mail server."""

    file: Path
    #: settings that differ from those of the file
    changes: dict[str, str]
    sender: Sender | None
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """False when the mail server would not take mail."""
        return all(one.level is not Level.ERROR for one in self.findings)

    @property
    def document(self) -> dict[str, object]:
        """What was written, for programs; no password."""
        shown = {name: without_password(value) for name, value in self.changes.items()}
        sender = None if self.sender is None else str(self.sender)
        return {"file": self.file, "written": shown, "sender": sender, "mail_server": self.findings}

    def write_settings(self) -> None:
        """Write the file; raises SettingsError."""
        if not self.changes:
            return
        text = text_with(_text_of(self.file), self.changes, self.file)
        is_secret = holds_password(self.changes.get("smtp_url", ""))
        write_settings(self.file, text, is_secret=is_secret)


def first_run(
    asked: Asked, settings: Settings, config: Path | None, *, asks: bool, yes: bool
) -> FirstRun | None:
    """What flags or answers say, checked and agreed to; None when there are neither.

    Asks when no flag says anything, and before something is written over. Raises DigestError before anything
    is changed, for what cannot be, and for what would write over what stands there when nobody can be asked.
    """
    questions = asks and asked.is_empty
    if asked.is_empty and not questions:
        return None
    file = config or DEFAULT_FILE
    before = run(_sender_now(settings))
    if questions:
        asked = _questions(settings, file, before)
    sender = None if asked.sender is None else parse_sender(asked.sender)
    given = {"smtp_url": asked.smtp_url, "base_url": asked.base_url}
    said = {name: _checked(name, value) for name, value in given.items() if value is not None}
    there = values_in(file)
    changes = {name: value for name, value in said.items() if there.get(name) != value}
    if sender is not None and before is not None and _same(sender, before):
        sender = None
    if changes:
        # refuses now what could not be written at the end
        text_with(_text_of(file), changes, file)
        require_writable(file)
    if changes or sender is not None:
        overwritten = _overwritten(file, changes, sender, before)
        if overwritten and not (asks or yes):
            raise InputError(f"{overwritten[0]} already: add --yes to write over it")
        _show(file, changes, sender, overwritten)
        if (
            not yes
            and (questions or overwritten)
            and not typer.confirm("Write this?", default=True, err=True)
        ):
            raise InputError("nothing was written")
    findings = () if questions or "smtp_url" not in said else tried(said["smtp_url"])
    return FirstRun(file, changes, sender, findings)


def may_ask() -> bool:
    """Whether there is somebody at a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def parse_sender(text: str) -> Sender:
    """`Name <address>`, or an address alone; raises InputError."""
    name, address = parseaddr(text)
    if not address and "<" not in text:
        address = text
    said = {"sender_address": address} | ({"sender_name": name} if name else {})
    try:
        values = settings_from(said)
    except (DigestError, WishError) as error:
        raise InputError(f"sender {text!r} is not one ({error}): say it as 'Name <address>'") from None
    return Sender(values.get("sender_name", ""), values["sender_address"])


def tried(smtp_url: str) -> tuple[Finding, ...]:
    """What the doctor finds at the servers of a URL, told to whoever waits; nothing for a folder."""
    target = parse_servers(smtp_url)
    if isinstance(target, FileOutbox):
        note(f"mails will be written into the folder {target.folder}, and none leaves")
        return ()
    servers = [one for one in target if isinstance(one, Server)]
    if not servers:
        note("mails will go by the transport of a plugin, which nobody calls on")
        return ()
    note("calling on the mail server, without sending anything ...")
    findings = run(try_servers(servers, parse_now(None)))
    tell_findings(findings, note)
    return findings


async def _sender_now(settings: Settings) -> Sender | None:
    """The sender of the first newsletter; None where there is no store to look into."""
    try:
        async with store_at(settings) as store, store.read() as connection:
            found = await newsletter_named(connection, FIRST_NEWSLETTER.slug)
    except StoreError:
        return None
    return Sender(found.sender_name, found.sender_address)


def _same(sender: Sender, before: Sender) -> bool:
    return sender.address == before.address and sender.name in {"", before.name}


def _checked(name: str, value: str) -> str:
    """The value as it is written; raises InputError."""
    flag = _FLAGS[name]
    if is_set_by_environment(name):
        raise InputError(
            f"DIGEST_{name.upper()} is set and goes before the file: unset it, or leave {flag} out"
        )
    if reason := wrong_with(name, value):
        raise InputError(f"{flag} {reason}")
    if name == "smtp_url":
        try:
            parse_servers(value)
        except SettingsError as error:
            raise InputError(str(error).replace(SETTING, flag)) from None
        return value.strip()
    return value.strip().rstrip("/")


# --- Questions ----------------------------------------------------------------------------------------------


def _questions(settings: Settings, file: Path, before: Sender | None) -> Asked:
    """Ask for what nobody has said yet."""
    there = values_in(file)
    sender = smtp = base_url = None
    if before is None or before.address == FIRST_NEWSLETTER.sender_address:
        stands = before or Sender(FIRST_NEWSLETTER.sender_name, FIRST_NEWSLETTER.sender_address)
        sender = _ask("Whom are the mails from? Name <address>", str(stands), parse_sender)
    if "smtp_url" not in there and not is_set_by_environment("smtp_url"):
        smtp = _ask(
            "Which mail server takes them? smtp://HOST, smtp+starttls://USER:PASSWORD@HOST:PORT, or smtps://",
            settings.smtp_url.get_secret_value(),
            _checked_server,
        )
    if "base_url" not in there and not is_set_by_environment("base_url"):
        base_url = _ask(
            "Where do readers reach the pages?", settings.base_url, lambda text: _checked("base_url", text)
        )
    return Asked(sender, smtp, base_url)


def _checked_server(text: str) -> None:
    """Refuse what is no server, and one that takes no mail unless it is wanted all the same."""
    value = _checked("smtp_url", text)
    if any(one.level is Level.ERROR for one in tried(value)) and not confirmed("Take it all the same?"):
        raise InputError("say it once more")


def _ask(question: str, stands: str, check: Callable[[str], object]) -> str | None:
    """An answer that can be; None for an empty one, which leaves what stands."""
    while True:
        text = typer.prompt(f"{question}\n[{stands}]", default="", show_default=False, err=True).strip()
        if not text:
            return None
        try:
            check(text)
        except InputError as error:
            note(f"  {error}".replace("--smtp ", "it ").replace("--base-url ", "it "))
        else:
            return str(text)


# --- What is written ----------------------------------------------------------------------------------------


def _show(file: Path, changes: dict[str, str], sender: Sender | None, overwritten: list[str]) -> None:
    if changes:
        note(f"{file} will say:")
        for name, value in changes.items():
            note(f"  {name} = {without_password(value)}")
        if holds_password(changes.get("smtp_url", "")):
            note("  (it holds a password then: nobody but its owner will be able to read it)")
    if sender is not None:
        note(f"newsletter {FIRST_NEWSLETTER.slug} will be from: {sender}")
    for one in overwritten:
        note(f"so far {one}")


def _overwritten(
    file: Path, changes: dict[str, str], sender: Sender | None, before: Sender | None
) -> list[str]:
    """What somebody said before, and is to be said otherwise."""
    there = values_in(file)
    found = [
        f"{file} says {name} = {without_password(str(there[name]))}" for name in changes if name in there
    ]
    if sender is not None and before is not None and before.address != FIRST_NEWSLETTER.sender_address:
        found.append(f"newsletter {FIRST_NEWSLETTER.slug} is from {before}")
    return found


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode() if file.exists() else ""
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be read: {error.strerror}") from None


def told(done: FirstRun) -> None:
    """What was written, after it was."""
    if done.changes:
        say(f"{done.file} says {' and '.join(done.changes)}")
    if done.sender is not None:
        say(f"newsletter {FIRST_NEWSLETTER.slug} is from {done.sender}")
