"""Asking a real name server in the process: values, none, and nobody who answers."""

from __future__ import annotations

from typing import Final

import pytest

from digest.core.doctor_answers import Answer, Trouble
from digest.reach.records import Records, found_by_machine, parse_resolver
from tests.reach.nameserver import FAILS, SILENCE, NameServer, name_server

pytestmark = pytest.mark.anyio

LONG: Final = "v=DKIM1; p=" + "A" * 700
ZONE: Final = {
    "a.net": ["TXT v=spf1 -all", f"TXT {LONG}", "MX 20 second.a.net.", "MX 10 First.a.net.", "A 192.0.2.1"],
    "null.net": ["MX 0 ."],
    "six.net": ["AAAA 2001:db8::1"],
    "1.2.0.192.in-addr.arpa": ["PTR mail.a.net."],
    "fails.net": [FAILS],
    **{f"silent{number}.net": [SILENCE] for number in range(9)},
}


#: A busy machine may take its time; who waits for what never comes waits shortly.
LONG_ENOUGH, SHORTLY = 20.0, 0.4


def records_of(server: NameServer, seconds: float = LONG_ENOUGH) -> Records:
    return Records(parse_resolver(server.address), seconds=seconds)


async def test_values_are_as_receivers_read_them() -> None:
    with name_server(ZONE) as server:
        records = records_of(server)
        assert set((await records.texts("A.net")).values) == {"v=spf1 -all", LONG}
        assert await records.mail_servers("a.net") == Answer(("first.a.net", "second.a.net"))
        assert await records.mail_servers("null.net") == Answer((".",))
        assert await records.addresses("a.net") == Answer(("192.0.2.1",))
        assert await records.addresses("six.net") == Answer(("2001:db8::1",))
        assert await records.names_of("192.0.2.1") == Answer(("mail.a.net",))


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("nowhere.net", Trouble.ABSENT),
        ("six.net", Trouble.ABSENT),
        ("fails.net", Trouble.SILENT),
        ("silent0.net", Trouble.SILENT),
        ("a..net", Trouble.SILENT),
        (f"{'x' * 70}.net", Trouble.SILENT),
    ],
    ids=["no name", "no text", "fails", "silent", "empty label", "long label"],
)
async def test_what_gives_no_values_says_which_way(name: str, trouble: Trouble) -> None:
    with name_server(ZONE) as server:
        seconds = LONG_ENOUGH if trouble is Trouble.ABSENT else SHORTLY
        assert await records_of(server, seconds).texts(name) == Answer(trouble=trouble)


async def test_who_gets_no_answers_stops_asking() -> None:
    with name_server(ZONE) as server:
        records = records_of(server, SHORTLY)
        for number in range(9):
            assert not (await records.texts(f"silent{number}.net")).is_known
        assert {asked.split()[1] for asked in server.asked} == {f"silent{number}.net" for number in range(3)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
    ids=["four", "port", "six", "six with port"],
)
def test_a_resolver_is_an_address(text: str, found: tuple[str, int]) -> None:
    assert parse_resolver(text) == found


@pytest.mark.parametrize("text", ["", "ns.a.net", "192.0.2.53:", "1.2.3", "[::1", "::1]:53", "1.2.3.4:65536"])
def test_what_is_no_address_is_no_resolver(text: str) -> None:
    with pytest.raises(ValueError, match="is no address such as"):
        parse_resolver(text)


async def test_this_machine_finds_its_own_name_and_no_made_up_one() -> None:
    assert {"127.0.0.1"} & set(await found_by_machine("localhost", 5))
    assert await found_by_machine("nowhere.invalid", 5) == ()
    assert await found_by_machine("x" * 300, 5) == ()
