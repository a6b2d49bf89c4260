"""The folder that stands in for a server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from digest.core.model import Stage
from digest.errors import TransportError
from digest.mail.lane import Letter
from digest.mail.outbox import FileLane, file_name

pytestmark = pytest.mark.anyio


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_letter_becomes_one_file_with_its_very_bytes(tmp_path: Path, letter: Letter) -> None:
    lane = FileLane(tmp_path / "new" / "outbox")
    await lane.open()
    outcome = await lane.post(letter)
    await lane.close()
    assert (outcome.accepted, outcome.text) == (True, "written to 1.2.abc@news.example.eml")
    assert contents(lane.folder) == {"1.2.abc@news.example.eml": letter.content}


async def test_many_lanes_into_one_folder_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    for _ in range(20):
        await asyncio.gather(*(FileLane(tmp_path).open() for _ in range(20)))
    assert contents(tmp_path) == {}


async def test_posting_again_replaces_the_file(tmp_path: Path, letter: Letter) -> None:
    lane = FileLane(tmp_path)
    await lane.open()
    await lane.post(letter)
    await lane.post(letter._replace(pieces=(letter.content + b"Again.\r\n",)))
    assert contents(tmp_path) == {"1.2.abc@news.example.eml": letter.content + b"Again.\r\n"}


async def test_what_a_crash_left_half_written_is_no_letter_and_is_taken_over(
    tmp_path: Path, letter: Letter
) -> None:
    (tmp_path / ".1.2.abc@news.example.eml.part").write_bytes(b"half")
    lane = FileLane(tmp_path)
    await lane.open()
    assert not any(name.endswith(".eml") for name in contents(tmp_path))
    await lane.post(letter)
    assert contents(tmp_path) == {"1.2.abc@news.example.eml": letter.content}


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("monday-ann", "monday-ann.eml"),
        ("monday-ann.eml", "monday-ann.eml"),
        ("../../etc/passwd", "-..-etc-passwd.eml"),
        ("/etc/passwd", "-etc-passwd.eml"),
        ("a\x00b\nc", "a-b-c.eml"),
        (".hidden", "hidden.eml"),
        ("...", "letter.eml"),
        ("x" * 400, "x" * 200 + ".eml"),
    ],
)
def test_no_name_leaves_the_folder(wanted: str, name: str, letter: Letter) -> None:
    assert file_name(letter._replace(file_name=wanted)) == name


def test_a_message_id_in_the_body_gives_no_name(letter: Letter) -> None:
    content = b"Subject: x\r\n\r\nMessage-ID: <body@x>\r\n"
    assert "body" not in file_name(letter._replace(pieces=(content,)))


async def test_a_folder_that_cannot_be_made_is_refused_when_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        TransportError, match=r"outbox '.*file/outbox' cannot be written to \(Not a directory\)"
    ):
        await FileLane(tmp_path / "file" / "outbox").open()


async def test_a_folder_that_vanishes_is_no_fault_of_the_reader(tmp_path: Path, letter: Letter) -> None:
    lane = FileLane(tmp_path / "outbox")
    await lane.open()
    lane.folder.rmdir()
    outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code) == (Stage.CONNECT, 0)
