"""A message that keeps every rule, written by hand, to be broken in one place at a time."""

from __future__ import annotations

from typing import Final

from tests.wire.transmission import Transmission

_HEAD: Final = """\
From: The Tide Table <desk@news.example>
Subject: =?utf-8?q?Z=C3=B6lle_an_der_K=C3=BCste?=
Date: Tue, 24 Nov 2026 07:00:00 +0000
To: Ann Lee <ann@example.org>
Message-ID: <3.17.abcdefgh@news.example>
List-Unsubscribe: <https://news.example/unsubscribe/AAAA>,
 <mailto:bounces+17.abcdefgh@news.example?subject=unsubscribe>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Id: The Tide Table <tide.news.example>
List-Help: <mailto:desk@news.example?subject=help>
List-Subscribe: <https://news.example/subscribe>
List-Owner: <mailto:desk@news.example>
List-Archive: <https://news.example/archive>
List-Post: NO
Feedback-ID: 3:tide:digest:newsexample
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_tide_="
"""
_TEXT: Final = """\
Unsubscribe: https://news.example/unsubscribe/AAAA
----------------
Z=C3=B6lle an der K=C3=BCste
=2Ehidden
a line that does not end here=
, but here
Unsubscribe: https://news.example/unsubscribe/AAAA
"""
_HTML: Final = """\
<a href=3D"https://news.example/unsubscribe/AAAA">leave</a>
<h1>The Tide Table</h1>
<p>Z=C3=B6lle</p>
<a href=3D"https://news.example/unsubscribe/AAAA">leave</a>
"""


def _part(kind: str, content: str) -> str:
    return (
        f"--=_tide_=\nContent-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        f"{content}\n"
    )


BODY: Final = _part("text/plain", _TEXT) + _part("text/html", _HTML) + "--=_tide_=--\n"
CONTENT: Final = f"{_HEAD}\n{BODY}".replace("\n", "\r\n").encode()


def sample(content: bytes = CONTENT, *, recipient: str = "ann@example.org", says: str = "") -> Transmission:
    """The message on its way to a reader, its dots doubled; `says` is put behind the MAIL command."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    named = "RET=HDRS ENVID=bounces+2B17.abcdefgh@news.example"
    mail = f"MAIL FROM:<bounces+17.abcdefgh@news.example>{says} {named}\r\n"
    rcpt = f"RCPT TO:<{recipient}> NOTIFY=FAILURE,DELAY\r\n"
    return Transmission(mail.encode(), rcpt.encode(), stuffed + b".\r\n")


def changed(old: str, new: str) -> Transmission:
    """The message with one thing in it changed."""
    before, after = (text.replace("\n", "\r\n").encode("utf-8", "surrogateescape") for text in (old, new))
    assert CONTENT.count(before) >= 1, old
    return sample(CONTENT.replace(before, after, 1))
