"""A message that brings a picture along and keeps every rule, and what is broken of it one rule at a time."""

from __future__ import annotations

import base64
from typing import Final

from tests.ingest.picture_samples import LOSSY, png
from tests.wire.sample import CONTENT, sample
from tests.wire.transmission import Transmission

_CRLF: Final = b"\r\n"
_ROOT: Final = b"Content-Type: text/html; charset=utf-8"


def _encoded(picture: bytes) -> bytes:
    return base64.encodebytes(picture).replace(b"\n", _CRLF)


def _part(name: str, content: bytes = LOSSY, kind: str = "image/webp") -> bytes:
    head = (
        f"--p=_tide_=\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-ID: <{name}@news.example>\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode() + _encoded(content)


def _pictured(*names: str) -> bytes:
    """The message whose HTML is related to pictures of these names, and shows each."""
    before, html = CONTENT.split(b"--=_tide_=\r\n" + _ROOT)
    html = html.removesuffix(b"--=_tide_=--\r\n")
    shown = "".join(f'<img src=3D"cid:{name}@news.example" alt=3D"">\r\n' for name in names)
    html = html.replace(b"<p>Z", shown.encode() + b"<p>Z")
    related = b'Content-Type: multipart/related; type="text/html";\r\n boundary="p=_tide_="\r\n\r\n'
    parts = b"".join(map(_part, names))
    head = (before, b"--=_tide_=\r\n", related, b"--p=_tide_=\r\n", _ROOT)
    return b"".join((*head, html, parts, b"--p=_tide_=--\r\n--=_tide_=--\r\n"))


PICTURED: Final = _pictured("boat")


def _broken(old: bytes, new: bytes, content: bytes = PICTURED) -> Transmission:
    assert old in content, old
    return sample(content.replace(old, new))


#: What is broken, and a part of what must be said about it.
IN_PICTURES: Final = {
    "a picture that did not come": (_broken(_part("boat"), b""), "other pictures than came along"),
    "no pictures at all": (
        sample(CONTENT.replace(b"<p>Z", b'<img src=3D"cid:boat@news.example">Z')),
        "none came along",
    ),
    "a picture that nothing shows": (
        _broken(b"--p=_tide_=--", _part("crane") + b"--p=_tide_=--"),
        "other pictures than came along",
    ),
    "a picture that came twice": (
        _broken(b"--p=_tide_=--", _part("boat") + b"--p=_tide_=--"),
        "or one that another has",
    ),
    "no name": (_broken(b"Content-ID: <boat@news.example>\r\n", b""), "has no Content-ID"),
    "a name without brackets": (_broken(b"<boat@news.example>", b"boat@news.example"), "no Content-ID"),
    "a gallery": (sample(_pictured("one", "two", "three", "four")), "4 pictures came along"),
    "another root": (_broken(b'type="text/html"', b'type="image/png"'), "not the root"),
    "a longer boundary": (_broken(b"p=_tide_=", b"=_tide_=p"), "begins like the one around it"),
    "a far too long boundary": (_broken(b"p=_tide_=", b"p=_" + b"x" * 70), "boundary of 73"),
    "the boundary in the HTML": (_broken(b"<p>Z", b"<p>--p=_tide_=Z"), "boundary stands within a part"),
    "a preamble": (_broken(b"\r\n\r\n--p=", b"\r\n\r\nhello\r\n--p="), "before the HTML"),
    "a drawing": (_broken(b"image/webp", b"image/svg+xml"), "no kind of picture"),
    "another kind": (_broken(b"image/webp", b"image/png"), "is something else"),
    "8bit": (_broken(b"Encoding: base64", b"Encoding: 8bit"), "a picture is sent as 8bit"),
    "short lines": (
        _broken(_encoded(LOSSY), base64.b64encode(LOSSY[:3]) + _CRLF + _encoded(LOSSY[3:])),
        "ends before its end",
    ),
    "an attachment": (_broken(b"inline;", b"attachment;"), "not shown where it belongs"),
    "a heavy picture": (
        _broken(_part("boat"), _part("boat", png(200, 200, seed=1), "image/png")),
        "octets of at most 30000",
    ),
}
