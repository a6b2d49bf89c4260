"""Log lines: one form for ours and for those of libraries, for people or for programs, without secrets.

Lines go to standard error: standard output belongs to answers. What they say is told in docs/logs.md.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.typing import Processor

from digest.remarks import REMARKS

#: Fields that come first in a line of JSON, in this order.
_FIRST: Final = ("timestamp", "level", "event", "logger")
#: Weights of syslog (RFC 5424), by which the journal knows how bad a line is.
_WEIGHTS: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
#: Frames of a trace that are told, and characters of one value: a line may not fill the disk.
_FRAMES: Final = 30
_LONGEST: Final = 4_000

#: Servers like to repeat addresses. Whom a line is about is said by number, which an erasure makes nobody's.
_ADDRESS: Final = re.compile(
    r"(?:\"[^\"@]{1,64}\"|[^\s<>()\[\],;:\"]+)(?:@|%40)[^\s<>()\[\],;:\"]+", re.IGNORECASE
)
#: What is in the hands of one person alone: tokens of links, sessions, keys and secrets.
_TOKEN: Final = re.compile(r"(?:whsec_|Bearer\s+)\S+|(?<![\w-])[\w-]{32,}(?![\w-])", re.ASCII)
_HIDDEN: Final = "…"
#: Shorter ones would be found in words of any line.
_SHORTEST_SECRET: Final = 6

_one_writes: Final = threading.Lock()


def set_up(*, level: str, written_as: str = "auto", secrets: Iterable[str] = ()) -> None:
    """Have all lines from this level on written in one form; what is one of the `secrets` is in none.

    They are `written_as` "console", for people, or "json"; "auto" takes the former where people read.
    """
    in_journal = _is_journal()
    if written_as == "auto":
        written_as = "console" if in_journal or sys.stderr.isatty() else "json"
    weight = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_last_steps(written_as == "json", in_journal, Hiding(secrets)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(weight),
        logger_factory=_Lines,
    )
    _take_in_others(weight)


def is_set_up() -> bool:
    """Whether somebody has said how lines are written."""
    return structlog.is_configured()


def writes_json() -> bool:
    """Whether lines are for programs: then what is told to people is a line as well."""
    return structlog.is_configured() and _as_json in structlog.get_config()["processors"]


def _last_steps(as_json: bool, in_journal: bool, hiding: Hiding) -> list[Processor]:
    """From fields to one line, or several of a trace that people read."""
    steps: list[Processor]
    if as_json:
        # without the values of variables: they may be anything
        traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=_FRAMES)
        steps = [structlog.processors.ExceptionRenderer(traces), hiding, _as_json]
    else:
        plain = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, sort_keys=False
        )
        steps = [structlog.processors.format_exc_info, hiding, _printable, plain]
    return [_without_time, *steps, _weighed] if in_journal else steps


class Hiding:
    """Takes out of a line what nobody but its owner may read."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know the secrets of this house, besides what looks like one."""
        known = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known: Final = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: Any, _name: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """The fields of a line as they may be read."""
        # of a trace that people read the end says most
        return {
            name: value
            if name == "request"
            else self.hidden(value, None if name == "exception" else _LONGEST)
            for name, value in fields.items()
        }

    def hidden(self, value: object, longest: int | None = _LONGEST) -> Any:
        """A value as it may be read: text, number, or a collection of such."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(key): self.hidden(item, longest or _LONGEST) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.hidden(item, longest or _LONGEST) for item in value]
        text = self._text(str(value))
        return text if longest is None or len(text) <= longest else text[:longest] + _HIDDEN

    def of_ours(self, text: str) -> str:
        """Text without the secrets of this house; what else may look like one stays."""
        return text if self._known is None else self._known.sub(_HIDDEN, text)

    def _text(self, text: str) -> str:
        text = self.of_ours(text)
        if "@" in text or "%40" in text:
            text = _ADDRESS.sub(_HIDDEN, text)
        return _TOKEN.sub(_hidden_token, text)


def _hidden_token(found: re.Match[str]) -> str:
    """Nothing of a token; what is no mixture of letters and digits is a name, or a number in base 16."""
    word = found[0]
    is_mixed = word != word.lower() and word != word.upper() and not word.isalpha()
    return _HIDDEN if is_mixed else word


# --- the forms ----------------------------------------------------------------------------------------------


def _as_json(_logger: Any, _name: str, fields: Mapping[str, Any]) -> str:
    ordered = {name: fields[name] for name in _FIRST if name in fields} | dict(fields)
    is_utf8 = (getattr(sys.stderr, "encoding", None) or "").lower().replace("-", "") == "utf8"
    return json.dumps(ordered, ensure_ascii=not is_utf8, default=str)


def _printable(_logger: Any, _name: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Signs that would move the cursor or begin a line are written out; a trace has lines of its own."""
    return {
        name: _one_line(value) if isinstance(value, str) and name != "exception" else value
        for name, value in fields.items()
    }


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _without_time(_logger: Any, _name: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The journal dates each line itself."""
    return {name: value for name, value in fields.items() if name != "timestamp"}


def _weighed(_logger: Any, name: str, line: Any) -> str:
    """Before each line how bad it is, as the journal wants it (sd-daemon(3))."""
    weight = f"<{_WEIGHTS.get(name, 5)}>"
    return "\n".join(weight + one for one in str(line).split("\n"))


def _is_journal() -> bool:
    """True when standard error is the journal's, as systemd says (systemd.exec(5))."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return told == f"{found.st_dev}:{found.st_ino}"


# --- where lines go, and where they come from ---------------------------------------------------------------


class _Lines:
    """Writes whole lines to standard error, whatever that is at the moment."""

    def __init__(self, name: str = "digest") -> None:
        """Lines of a module."""
        self.name: Final = name

    def msg(self, line: str) -> None:
        """Write a line; one that nobody takes - a closed pipe, a full disk - stops no work."""
        with _one_writes:
            # half a sign, as names of files may hold, is written out
            REMARKS.write(f"{line}\n".encode("utf-8", "backslashreplace").decode())
            REMARKS.flush()

    debug = info = warning = error = critical = exception = fatal = msg


class _FromOthers(logging.Handler):
    """Lines that libraries hand to Python's own log: they become lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a line on."""
        try:
            weight = max((step for step in _STEPS if step <= record.levelno), default=logging.DEBUG)
            ours = structlog.get_logger(record.name)
            if record.name.partition(".")[0] in _BRIEF:
                words = record.getMessage().strip().splitlines() or [""]
                ours.log(weight, words[0])
            else:
                ours.log(weight, record.getMessage().strip(), exc_info=record.exc_info or None)
        except Exception:
            self.handleError(record)


#: Who tells of a store that is away in many lines and with a trace each time, where one line says it all.
_BRIEF: Final = {"psycopg", "procrastinate", "opentelemetry"}
#: Weights that lines may have; libraries make up others in between.
_STEPS: Final = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)


def _take_in_others(weight: int) -> None:
    """Warnings and worse of libraries; what they tell besides is much, and may hold what is in rows."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _FromOthers)]:
        root.removeHandler(handler)
    root.addHandler(_FromOthers())
    root.setLevel(max(weight, logging.WARNING))
    logging.captureWarnings(True)
