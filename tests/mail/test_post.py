"""The post: the first server that can be used gets the letters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.core.model import Stage
from digest.errors import TransportError
from digest.mail.lane import Letter
from digest.mail.limits import DataTimeouts, Timeouts
from digest.mail.outbox import FileLane
from digest.mail.post import Post
from digest.mail.servers import FileOutbox, Server
from tests.mail.smtpd import HANG_UP, REFUSES_LOGIN, login, smtpd

pytestmark = pytest.mark.anyio

IMPATIENT = Timeouts(connect=5, greeting=0.3, command=0.3, data=DataTimeouts(0.3, 0.3))


def post_to(*servers: Server) -> Post:
    return Post(servers, helo="news.example", timeouts=IMPATIENT)


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
    dying = {"MAIL": [None, HANG_UP], "GREETING": [None, "421 Restarting", "421 Restarting"]}
    async with smtpd(dying) as first, smtpd({"DOT": [None, "421 Enough"]}) as second:
        lane = post_to(first.server(), second.server()).lane()
        codes = [(await lane.post(replace(letter, recipient=f"r{n}@reader.example"))).code for n in range(4)]
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
