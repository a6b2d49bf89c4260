"""What reaching out gives, and that no place can have more of our time and memory than it is granted."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Sequence

import pytest

from digest.reach.answers import Bounds, ReachError, Trouble
from tests.reach.httpd import Asked, Reply, httpd, reaching, written

pytestmark = pytest.mark.anyio


async def test_answer_has_what_matters_and_says_who_we_are() -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/feed"] = Reply(
            b"<rss/>", headers={"ETag": '"1"', "Content-Type": "Text/XML; charset=utf-8", "X-Other": "no"}
        )
        answer = await reach.get(f"{server.url}/feed?a=1", headers={"If-None-Match": '"0"'})
    assert (answer.status, answer.body, answer.content_type) == (200, b"<rss/>", "text/xml")
    assert answer.headers["etag"] == '"1"'
    assert "x-other" not in answer.headers
    (asked,) = server.asked
    assert asked.path == "/feed?a=1"
    assert asked.headers["if-none-match"] == '"0"'
    assert asked.headers["user-agent"] == "tests/1 (+https://news.example)"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("status", [304, 404, 410, 429, 500])
async def test_any_status_is_an_answer(status: int) -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/"] = Reply(b"", status, {"Retry-After": "120"})
        answer = await reach.get(server.url)
    assert (answer.status, answer.headers["retry-after"]) == (status, "120")


async def test_redirects_are_followed_and_only_those_for_good_change_the_address() -> None:
    async with httpd() as server, reaching() as reach:
        server.pages |= {
            "/a": Reply(status=301, headers={"Location": "/b"}),
            "/b": Reply(status=308, headers={"Location": f"{server.url}/c"}),
            "/c": Reply(status=302, headers={"Location": "d"}),
            "/d": Reply(status=301, headers={"Location": "/e"}),
            "/e": Reply(b"here"),
        }
        answer = await reach.get(f"{server.url}/a")
    assert (answer.body, answer.url, answer.moved_to) == (b"here", f"{server.url}/e", f"{server.url}/c")


async def test_redirects_in_a_ring_end() -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/"] = Reply(status=302, headers={"Location": "/"})
        with pytest.raises(ReachError) as ended:
            await reach.get(server.url)
        assert ended.value.trouble is Trouble.TOO_MANY_REDIRECTS
        assert server.connections == 6


async def test_what_is_handed_over_arrives_and_a_redirect_is_not_followed() -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/hook"] = Reply(status=307, headers={"Location": "/other"})
        answer = await reach.post(
            f"{server.url}/hook", b'{"a": 1}', headers={"Content-Type": "application/json"}
        )
    assert answer.status == 307
    (asked,) = server.asked
    assert (asked.method, asked.body, asked.headers["content-type"]) == (
        "POST",
        b'{"a": 1}',
        "application/json",
    )


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"news", mtime=0)),
        # several members are one body, and padding behind them is none of it
        ("gzip", gzip.compress(b"ne", mtime=0) + gzip.compress(b"w", mtime=0) + gzip.compress(b"s", mtime=0)),
        ("gzip", gzip.compress(b"news", mtime=0) + b"\0" * 9),
        ("deflate", zlib.compress(b"news")),
        ("deflate", zlib.compress(b"news")[2:-4]),
        ("identity", b"news"),
    ],
)
async def test_packed_body_is_unpacked(encoding: str, packed: bytes) -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/"] = Reply(packed, headers={"Content-Encoding": encoding})
        assert (await reach.get(server.url)).body == b"news"


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("br", b"x"),
        ("gzip, gzip", b"x"),
        ("gzip", b"no gzip at all"),
        ("gzip", gzip.compress(b"news" * 99, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"news", mtime=0) + gzip.compress(b"news" * 99, mtime=0)[:-9]),
    ],
)
async def test_body_that_is_not_what_it_says_is_refused(encoding: str, packed: bytes) -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/"] = Reply(packed, headers={"Content-Encoding": encoding})
        with pytest.raises(ReachError) as refused:
            await reach.get(server.url)
    assert refused.value.trouble is Trouble.BROKEN


async def test_ten_packed_gigabytes_end_at_the_bound() -> None:
    """10 GB of zeros are about 10 MB of gzip; they are never all read."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    head = packer.flush(zlib.Z_FULL_FLUSH)
    # after a full flush a block stands for itself, and may follow itself
    megabyte = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    sent = 0

    async def bomb(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + head)
        for _ in range(200):
            writer.write(megabyte * 50)
            await writer.drain()
            sent += 50

    async with httpd() as server, reaching() as reach:
        server.pages["/"] = bomb
        tracemalloc.start()
        begun = time.perf_counter()
        with pytest.raises(ReachError) as refused:
            await reach.get(server.url)
        taken, (_now, peak) = time.perf_counter() - begun, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refused.value.trouble is Trouble.TOO_LARGE
    assert taken < 2
    assert peak < 100_000_000
    assert sent < 10_000


async def test_body_without_end_stops_at_the_bound() -> None:
    async def endless(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(100_000))
            await writer.drain()

    async with httpd() as server, reaching() as reach:
        server.pages["/"] = endless
        with pytest.raises(ReachError) as refused:
            await reach.get(server.url, bounds=Bounds(wire_bytes=1_000_000))
    assert refused.value.trouble is Trouble.TOO_LARGE


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
async def test_slow_drip_ends_in_time(head: bytes) -> None:
    async def drip(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x" if head.endswith(b"\r\n\r\n") else b"X-Slow: 1\r\n" if head else b"")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with httpd() as server, reaching() as reach:
        server.pages["/"] = drip
        begun = time.perf_counter()
        with pytest.raises(ReachError) as ended:
            await reach.get(server.url, bounds=Bounds(seconds=0.3))
    assert ended.value.trouble in {Trouble.TOO_SLOW, Trouble.BROKEN}
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-other\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
async def test_what_is_no_answer_is_a_trouble_with_a_name(said: bytes) -> None:
    async def hang_up(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    async with httpd() as server, reaching() as reach:
        server.pages["/"] = hang_up
        with pytest.raises(ReachError) as broken:
            await reach.get(server.url)
    assert broken.value.trouble is Trouble.BROKEN
    assert "\n" not in str(broken.value)


async def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    async with httpd() as server:
        port = server.port
    async with reaching() as reach:
        with pytest.raises(ReachError) as nobody:
            await reach.get(f"http://127.0.0.1:{port}/")
        with pytest.raises(ReachError) as nowhere:
            await reach.get("http://no-such-name.invalid/")
    assert (nobody.value.trouble, nowhere.value.trouble) == (Trouble.BROKEN, Trouble.UNKNOWN_NAME)


async def test_next_number_of_a_name_is_tried_when_nobody_is_at_the_first() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.9", "127.0.0.1"]

    async with httpd() as server, reaching(resolve=resolve) as reach:
        server.pages["/"] = Reply(b"news")
        assert (await reach.get(f"http://feeds.example:{server.port}/")).body == b"news"


async def test_connections_are_bounded_in_all_and_for_a_host() -> None:
    async def slow(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(written(Reply(b"news")))

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with httpd() as server, reaching(connections=3, per_host=1, resolve=resolve) as reach:
        server.pages["/"] = slow
        one_host = [reach.get(f"http://one.example:{server.port}/") for _ in range(4)]
        await asyncio.gather(*one_host)
        assert server.most_open == 1
        hosts = [reach.get(f"http://n{number}.example:{server.port}/") for number in range(9)]
        await asyncio.gather(*hosts)
        assert server.most_open == 3
