"""What goes between a room for reading feeds and its processes: a feed in, plain values or a refusal out."""

from __future__ import annotations

import json
import struct
import sys
from typing import BinaryIO, Final

from msgspec import Struct, to_builtins
from msgspec.json import decode, encode

from digest.errors import InputError
from digest.ingest.apart import limit_memory
from digest.ingest.feeds import FeedRead, read_feed

#: What one process may take of memory, its program included.
MEMORY_BYTES: Final = 256 * 1024 * 1024
#: How long a head and a body are; they follow.
LENGTH: Final = struct.Struct("!II")


class _Question(Struct, frozen=True):
    """What is known of a feed beside its bytes."""

    content_type: str
    url: str
    source: str


class _Answer(Struct, frozen=True, omit_defaults=True):
    """What came of it: one of the two."""

    read: FeedRead | None = None
    refused: str = ""


def asked(data: bytes, content_type: str, url: str, source: str) -> bytes:
    """A feed for a process to read, as bytes."""
    head = _encoded(_Question(content_type, url, source))
    return LENGTH.pack(len(head), len(data)) + head + data


def told(said: bytes) -> FeedRead:
    """The answer as values; a process that read something hostile is not believed more than its feed."""
    try:
        answer = decode(said, type=_Answer)
    except ValueError:
        answer = _Answer()
    if answer.read is None:
        raise InputError(answer.refused or "the reader of feeds gave no sensible answer")
    return answer.read


def serve() -> None:
    """Read feeds from standard input and answer on standard output, until the input ends."""
    limit_memory(MEMORY_BYTES)
    # what a library prints may not stand in the answers
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while (given := _next(sys.stdin.buffer)) is not None:
        head, data = given
        body = _answer(decode(head, type=_Question), data)
        answers.write(LENGTH.pack(0, len(body)) + body)
        answers.flush()


def _answer(question: _Question, data: bytes) -> bytes:
    source = question.source
    try:
        read = read_feed(data, content_type=question.content_type, url=question.url, source=source)
        return _encoded(_Answer(read))
    except InputError as error:
        refused = str(error)
    except (MemoryError, RecursionError):
        refused = f"{source} takes more memory than a feed may"
    except Exception as error:  # a parser's own fault is the feed's refusal, not ours
        refused = f"{source} cannot be read ({type(error).__name__})"
    return _encoded(_Answer(refused=refused))


def _encoded(said: _Question | _Answer) -> bytes:
    try:
        return encode(said)
    except UnicodeEncodeError:
        # a feed in JSON may spell half a letter, and a file's name hold one: a question mark stands for it
        return json.dumps(to_builtins(said), ensure_ascii=False).encode(errors="replace")


def _next(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    lengths = stream.read(LENGTH.size)
    if len(lengths) < LENGTH.size:
        return None
    head, body = LENGTH.unpack(lengths)
    return stream.read(head), stream.read(body)
