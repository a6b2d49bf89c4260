"""What goes between a room for reading feeds and its processes: a feed in, plain values or a refusal out."""

from __future__ import annotations

import json
import struct
import sys
from datetime import date, datetime
from typing import Any, BinaryIO, Final

from msgspec import Struct
from msgspec.structs import asdict

from digest.errors import InputError
from digest.ingest.apart import limit_memory
from digest.ingest.feed_entry import FeedItem
from digest.ingest.feeds import FeedRead, RefusedEntry, read_feed

#: What one process may take of memory, its program included.
MEMORY_BYTES: Final = 256 * 1024 * 1024
#: How long a head and a body are; they follow.
LENGTH: Final = struct.Struct("!II")


def asked(data: bytes, content_type: str, url: str, source: str) -> bytes:
    """A feed for a process to read, as bytes."""
    head = json.dumps({"content_type": content_type, "url": url, "source": source}).encode()
    return LENGTH.pack(len(head), len(data)) + head + data


def told(said: bytes) -> FeedRead:
    """The answer as values; a process that read something hostile is not believed more than its feed."""
    try:
        document = json.loads(said)
        if "refused" in document:
            raise InputError(str(document["refused"]))
        read = document["read"]
        return FeedRead(
            kind=read["kind"],
            title=read["title"],
            link=read["link"],
            items=tuple(_item(one) for one in read["items"]),
            refused=tuple(RefusedEntry(**one) for one in read["refused"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("the reader of feeds gave no sensible answer") from None


def _item(one: dict[str, Any]) -> FeedItem:
    return FeedItem(
        **{
            **one,
            "paragraphs": tuple(one["paragraphs"]),
            "categories": tuple(one["categories"]),
            "day": date.fromisoformat(one["day"]) if one["day"] else None,
            "published": datetime.fromisoformat(one["published"]) if one["published"] else None,
        }
    )


def serve() -> None:
    """Read feeds from standard input and answer on standard output, until the input ends."""
    limit_memory(MEMORY_BYTES)
    # what a library prints may not stand in the answers
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while (given := _next(sys.stdin.buffer)) is not None:
        head, data = given
        try:
            said: dict[str, Any] = {"read": read_feed(data, **json.loads(head))}
        except InputError as error:
            said = {"refused": str(error)}
        except (MemoryError, RecursionError):
            said = {"refused": f"{json.loads(head)['source']} takes more memory than a feed may"}
        except Exception as error:  # a parser's own fault is the feed's refusal, not ours
            said = {"refused": f"{json.loads(head)['source']} cannot be read ({type(error).__name__})"}
        body = json.dumps(said, default=_spelled).encode()
        answers.write(LENGTH.pack(0, len(body)) + body)
        answers.flush()


def _next(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    lengths = stream.read(LENGTH.size)
    if len(lengths) < LENGTH.size:
        return None
    head, body = LENGTH.unpack(lengths)
    return stream.read(head), stream.read(body)


def _spelled(value: object) -> str | dict[str, Any]:
    if isinstance(value, Struct):
        return asdict(value)
    assert isinstance(value, date)
    return value.isoformat()
