"""No stranger sends us to a place inside: whatever it is written as, however often its name is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from digest.reach.answers import ReachError, Trouble
from digest.reach.places import is_open_to, number_of, place_of
from tests.reach.httpd import Reply, httpd, reaching

pytestmark = pytest.mark.anyio

#: The loopback, and what else is inside, in every dress we know.
DISGUISES = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0X7F.1",
    "127.0.0.1.",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST.",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
]
INSIDE = [
    *("10.0.0.1", "172.16.9.9", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
    *("169.254.169.254", "169.254.0.1", "192.0.0.192", "168.63.129.16", "0.1.2.3"),
    *("192.0.2.7", "198.51.100.7", "203.0.113.7", "198.18.0.1", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "3fff::1", "100::1", "2002:a00:1::"),
]
OPEN = ["9.9.9.9", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1", "2620:fe::9", "2a00:1450::1"]


@pytest.mark.parametrize("host", DISGUISES)
async def test_disguised_address_opens_no_connection(host: str) -> None:
    async with httpd() as server, reaching(own=()) as reach:
        with pytest.raises(ReachError) as refused:
            await reach.get(f"http://{host}:{server.port}/")
        assert refused.value.trouble in {Trouble.REFUSED, Trouble.UNKNOWN_NAME}
        assert server.connections == 0


@pytest.mark.parametrize("number", INSIDE)
async def test_name_that_stands_for_a_place_inside_is_refused(number: str) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return [number]

    async with reaching(own=(), resolve=resolve) as reach:
        with pytest.raises(ReachError, match=r"not on the open internet") as refused:
            await reach.get("http://feeds.example/")
        assert refused.value.trouble is Trouble.REFUSED


@pytest.mark.parametrize("number", OPEN)
def test_place_on_the_open_internet_is_open(number: str) -> None:
    address = number_of(number)
    assert address is not None
    assert is_open_to(address, ())


async def test_name_with_one_number_inside_is_refused_whole() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["9.9.9.9", "127.0.0.1"]

    async with reaching(own=(), resolve=resolve) as reach:
        with pytest.raises(ReachError, match=r"127\.0\.0\.1, which is not on the open internet"):
            await reach.get("http://feeds.example/")


async def test_number_with_a_zone_is_refused() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["fe80::1%nowhere"]

    async with reaching(resolve=resolve) as reach:
        with pytest.raises(ReachError) as refused:
            await reach.get("http://feeds.example/")
        assert refused.value.trouble in {Trouble.REFUSED, Trouble.BROKEN}


async def test_name_is_asked_for_once_so_its_second_answer_never_counts() -> None:
    """Rebinding: first an open number, then one inside. Here 127.0.0.2 is open and 127.0.0.1 is not."""
    from ipaddress import ip_network

    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    asked = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    own = (ip_network("127.0.0.2/32"),)
    async with httpd("127.0.0.2") as open_, reaching(own=own, resolve=resolve) as reach:
        open_.pages["/"] = Reply(b"news")
        answer = await reach.get(f"http://feeds.example:{open_.port}/")
        assert answer.body == b"news"
        assert asked == ["feeds.example"]
        assert open_.asked[0].headers["host"] == f"feeds.example:{open_.port}"
        # the next request asks anew, and is refused
        with pytest.raises(ReachError, match=r"127\.0\.0\.1"):
            await reach.get(f"http://feeds.example:{open_.port}/")
        assert open_.connections == 1


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://2130706433:{port}/", "http://[::1]:{port}/"],
)
async def test_redirect_to_a_place_inside_is_refused(location: str) -> None:
    from ipaddress import ip_network

    async with httpd("127.0.0.2") as open_, httpd() as inside:
        open_.pages["/"] = Reply(status=302, headers={"Location": location.format(port=inside.port)})
        async with reaching(own=(ip_network("127.0.0.2/32"),)) as reach:
            with pytest.raises(ReachError) as refused:
                await reach.get(f"http://127.0.0.2:{open_.port}/")
        assert refused.value.trouble is Trouble.REFUSED
        assert inside.connections == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://news.example/", "gopher://127.0.0.1:70/", "javascript:1", "data:,x"],
)
async def test_redirect_to_another_scheme_is_refused(location: str) -> None:
    async with httpd() as server, reaching() as reach:
        server.pages["/"] = Reply(status=302, headers={"Location": location})
        with pytest.raises(ReachError, match=r"not an absolute http or https address") as refused:
            await reach.get(server.url)
        assert refused.value.trouble is Trouble.REFUSED


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://news.example/", "not an absolute http or https address"),
        ("news.example/feed", "not an absolute http or https address"),
        ("http:///feed", "not an absolute http or https address"),
        ("http://editor:secret@news.example/", "user name or password"),
        ("http://news.example\\@127.0.0.1/", "backslash"),
        ("http://news.example/\r\nX-Sent: 1", "control character"),
        ("http://news.example:0/", "port 0"),
        ("http://news.example:99999/", "not well made"),
        ("http://[::1/", "not well made"),
        ("http://exa mple/", "blank"),
        ("http://news.example/" + "a" * 2_000, "more than 2000 characters"),
    ],
)
def test_address_that_is_not_well_made_is_refused(url: str, why: str) -> None:
    with pytest.raises(ReachError, match=why) as refused:
        place_of(url)
    assert refused.value.trouble is Trouble.REFUSED
    assert "secret" not in str(refused.value)


def test_address_is_written_as_a_request_can_hold_it() -> None:
    place = place_of("HTTPS://Bücher.Example:443/neu?q=ü&a=%20b#part")
    assert place.url == "https://xn--bcher-kva.example/neu?q=%C3%BC&a=%20b"
