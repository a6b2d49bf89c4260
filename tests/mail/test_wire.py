"""The reader of answers: whatever the pieces in which they come, they are told apart, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.wire import Reply, Wire

pytestmark = pytest.mark.anyio


class Far:
    """The other end of a wire, as a transport that is spoken through by the test."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.aborted = False
        self.protocol: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, said: bytes) -> None:
        self.written.append(said)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def wire_to(far: Far) -> Wire:
    return Wire(cast("asyncio.Transport", far))


def read(wire: Wire, *pieces: bytes) -> None:
    for piece in pieces:
        wire.get_buffer(-1)[: len(piece)] = piece
        wire.buffer_updated(len(piece))


_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), max_size=12)
_replies = st.lists(st.tuples(st.integers(200, 599), st.lists(_words, min_size=1, max_size=4)), max_size=6)


def as_said(code: int, lines: Sequence[str]) -> bytes:
    marks = "-" * (len(lines) - 1) + " "
    return "".join(f"{code}{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True)).encode()


@given(_replies, st.lists(st.integers(1, 30), min_size=1))
def test_answers_come_out_as_they_were_said_in_whatever_pieces(
    replies: list[tuple[int, list[str]]], sizes: list[int]
) -> None:
    async def heard() -> list[Reply]:
        far = Far()
        wire = wire_to(far)
        wire.say([b"anything"], len(replies))
        stream = b"".join(as_said(*reply) for reply in replies)
        turn = 0
        while stream:
            size = sizes[turn % len(sizes)]
            read(wire, stream[:size])
            stream, turn = stream[size:], turn + 1
        assert not wire.trouble
        return [await wire.hear(1) for _ in replies]

    assert asyncio.run(heard()) == [(code, "\n".join(lines)) for code, lines in replies]


@pytest.mark.parametrize(
    "nonsense",
    [b"hello\r\n", b"25\r\n", b"2500 x\r\n", b"\r\n", b" 250 x\r\n", b"250_x\r\n", b"\xff\xfe\xfd \r\n"],
)
async def test_what_is_no_reply_ends_the_conversation(nonsense: bytes) -> None:
    wire = wire_to(Far())
    wire.say([], 2)
    read(wire, b"250 ok\r\n" + nonsense + b"250 later\r\n")
    assert await wire.hear(1) == (250, "ok")
    with pytest.raises(ConnectionError, match="not a reply"):
        await wire.hear(1)


@pytest.mark.parametrize("stream", [b"x" * 1000, b"250-more\r\n" * 100, b"250-\r\n" * 200])
async def test_a_server_that_never_ends_does_not_fill_the_memory(stream: bytes) -> None:
    wire = wire_to(Far())
    wire.say([], 1)
    read_so_far = 0
    while not wire.trouble:
        read(wire, stream)
        read_so_far += len(stream)
        assert read_so_far < 50_000
    with pytest.raises(ConnectionError, match="does not end"):
        await wire.hear(1)


async def test_an_answer_to_nothing_ends_the_conversation_but_not_the_answers_before_it() -> None:
    wire = wire_to(Far())
    wire.say([], 1)
    read(wire, b"250 ok\r\n421 4.4.2 too idle\r\n")
    assert await wire.hear(1) == (250, "ok")
    assert "421 4.4.2 too idle" in wire.trouble
    with pytest.raises(ConnectionError):
        wire.say([b"MAIL"], 1)


async def test_answers_that_came_before_the_end_are_still_heard() -> None:
    wire = wire_to(Far())
    wire.say([], 3)
    read(wire, b"250 one\r\n250 two\r\n25")
    wire.eof_received()
    wire.connection_lost(None)
    assert [(await wire.hear(1)).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ConnectionError, match="closed"):
        await wire.hear(1)


async def test_who_waits_is_told_when_the_connection_is_lost() -> None:
    wire = wire_to(Far())
    wire.say([], 1)
    asyncio.get_running_loop().call_soon(wire.connection_lost, OSError("reset by peer"))
    with pytest.raises(ConnectionError, match="reset by peer"):
        await wire.hear(5)


@pytest.mark.parametrize("limits", [(0.05,), (60, 0.05), (0.02, 60, 0.05)])
async def test_each_answer_has_its_own_time_limit(limits: tuple[float, ...]) -> None:
    wire = wire_to(Far())
    loop = asyncio.get_running_loop()
    for _ in limits[:-1]:
        wire.say([], 1)
        loop.call_later(0.01, read, wire, b"250 ok\r\n")
    for limit in limits[:-1]:
        await wire.hear(limit)
    await asyncio.sleep(0.03)
    wire.say([], 1)
    begun = loop.time()
    with pytest.raises(ConnectionError, match="in time"):
        await wire.hear(limits[-1])
    assert 0.04 < loop.time() - begun < 2


async def test_a_limit_that_was_kept_does_not_cut_the_next_wait_short() -> None:
    wire = wire_to(Far())
    loop = asyncio.get_running_loop()
    for limit, delay in ((0.04, 0), (5, 0.1)):
        wire.say([], 1)
        loop.call_later(delay, read, wire, b"250 ok\r\n")
        assert await wire.hear(limit) == (250, "ok")


async def test_what_was_given_up_is_not_spoken_to_again() -> None:
    far = Far()
    wire = wire_to(far)
    wire.abort()
    assert far.aborted
    with pytest.raises(ConnectionError):
        wire.say([b"MAIL"], 1)
    assert far.written == []
