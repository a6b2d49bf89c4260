"""The post: the first server that can be used gets the letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from digest.core.model import Stage
from digest.errors import TransportError
from digest.mail.lane import Letter
from digest.mail.limits import DataTimeouts, Timeouts
from digest.mail.outbox import FileLane
from digest.mail.post import Post
from digest.mail.servers import FileOutbox, Server
from tests.mail.smtpd import HANG_UP, REFUSES_LOGIN, Smtpd, login, smtpd

pytestmark = pytest.mark.anyio

IMPATIENT = Timeouts(connect=5, greeting=0.3, command=0.3, data=DataTimeouts(0.3, 0.3))


def post_to(*servers: Server, rest: float = 300.0) -> Post:
    return Post(servers, helo="news.example", timeouts=IMPATIENT, rest=rest)


async def test_the_first_server_is_preferred(letter: Letter) -> None:
    async with smtpd() as first, smtpd() as second:
        lane = post_to(first.server(), second.server()).lane()
        await lane.open()
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert (len(first.taken), second.connections) == (1, 0)


@pytest.mark.parametrize(
    "trouble",
    [{"GREETING": "554 No"}, {"GREETING": HANG_UP}, {"EHLO": "421 Busy"}],
    ids=["554", "gone", "421"],
)
async def test_the_next_server_is_tried_when_one_cannot_be_used(
    trouble: dict[str, str], letter: Letter
) -> None:
    async with smtpd(trouble) as first, smtpd() as second:
        lane = post_to(first.server(), second.server()).lane()
        await lane.open()
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert (len(first.taken), len(second.taken)) == (0, 1)


async def test_a_refused_letter_is_not_offered_to_the_next_server(letter: Letter) -> None:
    async with smtpd({"RCPT": ["550 5.1.1 Unknown"]}) as first, smtpd() as second:
        lane = post_to(first.server(), second.server()).lane()
        assert (await lane.post(letter)).code == 550
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert (len(first.taken), second.connections) == (1, 0)


async def test_a_server_that_dies_between_letters_is_replaced_and_preferred_again_when_it_lives(
    letter: Letter,
) -> None:
    dying = {"MAIL": [None, HANG_UP], "GREETING": [None, *["421 Restarting"] * 3]}
    async with smtpd(dying) as first, smtpd({"DOT": [None, "421 Enough"]}) as second:
        lane = post_to(first.server(), second.server(), rest=0.0).lane()
        codes = [(await lane.post(letter._replace(recipient=f"r{n}@reader.example"))).code for n in range(4)]
        await lane.close()
    assert codes == [250, 250, 421, 250]
    assert [taken.recipient[:2] for taken in first.taken] == ["r0", "r3"]
    assert [taken.recipient[:2] for taken in second.taken] == ["r1"]


async def test_when_no_server_can_be_used_each_is_named_without_its_password(letter: Letter) -> None:
    async with smtpd(REFUSES_LOGIN, authenticator=login, auth_require_tls=False) as first:
        async with smtpd() as gone:
            pass
        lane = post_to(first.server(username="news", password="s3cret"), gone.server()).lane()
        with pytest.raises(TransportError) as caught:
            await lane.open()
        message = str(caught.value)
        assert f"smtp://localhost:{first.port} failed at auth: 535 5.7.8 Wrong password" in message
        assert f"smtp://localhost:{gone.port} failed at connect" in message
        assert "s3cret" not in message
        assert (await lane.post(letter)).stage is Stage.AUTH
        await lane.close()


async def test_a_folder_gives_lanes_that_write_files(tmp_path: Path) -> None:
    lane = Post(FileOutbox(tmp_path)).lane()
    assert isinstance(lane, FileLane)
    assert lane.folder == tmp_path


# --- Back to the first --------------------------------------------------------------------------------------


@asynccontextmanager
async def listening_again(server: Smtpd) -> AsyncIterator[Smtpd]:
    """A server that comes back at its old place."""
    async with smtpd(port=server.port) as again:
        yield again


async def test_a_lane_stays_with_the_second_server_and_returns_when_the_first_is_back(letter: Letter) -> None:
    async with smtpd() as gone:
        pass
    async with smtpd() as second:
        lane = post_to(gone.server(), second.server(), rest=0.2).lane()
        await lane.open()
        for _ in range(3):
            assert (await lane.post(letter)).accepted
        assert (len(second.taken), second.connections) == (3, 1)
        async with listening_again(gone) as first:
            # the first was found to be down a moment ago: it is left in peace for a while
            assert (await lane.post(letter)).accepted
            assert first.connections == 0
            await asyncio.sleep(0.25)
            assert (await lane.post(letter)).accepted
            assert (await lane.post(letter)).accepted
            await lane.close()
    assert (len(first.taken), first.connections, len(second.taken)) == (2, 1, 4)


async def test_a_first_server_that_stays_down_costs_no_letter_and_one_lane_a_try(letter: Letter) -> None:
    async with smtpd({"GREETING": "421 Closed"}) as first, smtpd() as second:
        post = post_to(first.server(), second.server(), rest=0.2)
        lanes = [post.lane() for _ in range(4)]
        for lane in lanes:
            await lane.open()
        # the later lanes heard from the first one
        assert first.connections == 1
        await asyncio.sleep(0.25)
        for lane in lanes:
            assert (await lane.post(letter)).accepted
        assert (first.connections, second.connections, len(second.taken)) == (2, 4, 4)
        for lane in lanes:
            await lane.close()


async def test_a_server_that_is_left_in_peace_is_tried_all_the_same_when_there_is_no_other(
    letter: Letter,
) -> None:
    async with smtpd({"GREETING": ["421 Not yet"]}) as first, smtpd({"GREETING": [None, "421 No"]}) as second:
        lane = post_to(first.server(), second.server()).lane()
        assert (await lane.post(letter)).accepted
        await lane.close()
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert (len(first.taken), len(second.taken)) == (1, 1)


async def test_a_lane_returns_with_an_envelope_begun_ahead_and_loses_no_letter(letter: Letter) -> None:
    following = letter._replace(recipient="bob@example.org")
    async with smtpd() as gone:
        pass
    async with smtpd(pipelining=True) as second:
        lane = post_to(gone.server(), second.server(), rest=0.1).lane()
        assert (await lane.post(letter, following)).accepted
        async with listening_again(gone) as first:
            await asyncio.sleep(0.15)
            assert (await lane.post(following)).accepted
            await lane.close()
    assert [taken.recipient for taken in second.taken] == [letter.recipient]
    assert [taken.recipient for taken in first.taken] == [following.recipient]
