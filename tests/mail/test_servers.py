"""The setting that says where mail goes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.mail.servers import FileOutbox, Security, Server, parse_servers


def the_server(url: str) -> Server:
    servers = parse_servers(url)
    assert isinstance(servers, tuple)
    (server,) = servers
    assert isinstance(server, Server)
    return server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25)),
        ("smtp+starttls://mail.example", Server("mail.example", 587, Security.STARTTLS)),
        ("smtps://mail.example", Server("mail.example", 465, Security.TLS)),
        ("SMTP://Mail.Example:2525/", Server("mail.example", 2525)),
        ("smtp://[::1]:2525", Server("::1", 2525)),
        ("smtp://127.0.0.1:1", Server("127.0.0.1", 1)),
        (
            "smtps://news%40daily:p%40ss%3Aw%2Frd%2C%25@mail.example",
            Server("mail.example", 465, Security.TLS, "news@daily", "p@ss:w/rd,%"),
        ),
        ("smtp://u:p@ss@mail.example", Server("mail.example", 25, username="u", password="p@ss")),
    ],
)
def test_a_server_is_read_from_its_url(url: str, server: Server) -> None:
    assert parse_servers(f" {url} ") == (server,)


def test_several_servers_keep_their_order() -> None:
    assert parse_servers("smtps://u:p@a.example, smtp://b.example:26") == (
        Server("a.example", 465, Security.TLS, "u", "p"),
        Server("b.example", 26),
    )


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:var/outbox", Path("var/outbox")),
        ("file:/tmp/out, box", Path("/tmp/out, box")),
        ("file:///tmp/outbox", Path("/tmp/outbox")),
        ("file:~/outbox", Path.home() / "outbox"),
    ],
)
def test_a_folder_may_stand_for_a_server(url: str, folder: Path) -> None:
    assert parse_servers(url) == FileOutbox(folder)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "empty"),
        ("mail.example", "not a URL"),
        ("mail.example:25", "not a URL"),
        ("http://u:s3cret@mail.example", "begins with http://"),
        ("smtp://", "names no host"),
        ("smtp://u:s3cret@", "names no host"),
        ("smtp://mail.example:smtp", "port"),
        ("smtp://mail.example:0", "port"),
        ("smtp://mail.example:65536", "port"),
        ("smtp://u@mail.example", "both a user name and a password"),
        ("smtp://:s3cret@mail.example", "both a user name and a password"),
        ("smtp://u:s3cret#1@mail.example", "goes on after the port"),
        ("smtp://u:s3cret?1@mail.example", "goes on after the port"),
        ("smtp://u:s3/cret@mail.example", "goes on after the port"),
        ("smtp://u:s3%ffcret@mail.example", "not UTF-8"),
        ("smtp://u:s3 cret@mail.example", "space"),
        ("smtp://u:s3cret@mail.example\nRSET", "space"),
        ("smtp://[::1:25", "host that cannot be read"),
        ("smtp://mail_example!/", "names no host"),
        ("smtp://a.example,", "server 2 is not a URL"),
        ("smtp://a.example,file:var/outbox", "server 2 is not a URL"),
        ("smtp://a.example,smtps://u:s3cret@b.example:x", "server 2 has a port"),
        ("file:", "folder after file:"),
        ("file://tmp/outbox", "without the name of a machine"),
    ],
)
def test_a_wrong_url_is_refused_in_one_line_without_the_password(url: str, word: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_servers(url)
    message = str(caught.value)
    assert message.startswith("DIGEST_SMTP_URL")
    assert word in message
    assert "s3" not in message
    assert "\n" not in message


def test_the_password_is_shown_nowhere() -> None:
    server = the_server("smtp+starttls://news:s3cret@mail.example")
    assert "s3cret" not in f"{server!r} {server}"
    assert str(server) == "smtp+starttls://mail.example:587"
    assert str(Server("::1", 25)) == "smtp://[::1]:25"


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_user_and_password_can_be_written(username: str, password: str) -> None:
    server = the_server(f"smtp://{quote(username, safe='')}:{quote(password, safe='')}@mail.example")
    assert (server.username, server.password) == (username, password)


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    # any other error would be a traceback for the user
    with suppress(SettingsError):
        assert parse_servers(f"smtp://{text}")
