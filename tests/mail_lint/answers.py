"""What readers wrote in answer to mails, as it is kept: usual words, foreign, hostile, and many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from digest.core.own_words import own_words
from tests.wire.strangeness import HOSTILE


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    name: str
    data: dict[str, Any]
    #: under which it is kept
    number: int | None = 17
    can_reply: bool = True
    hostile: bool = False


def data_of(words: str, **changes: Any) -> dict[str, Any]:
    """What is kept of an answer to an issue, of a reader whose name we know."""
    said = own_words(words)
    known = {
        "writer": "ada@readers.example",
        "writer_name": "Ada Lindqvist",
        "subscription": 3,
        "subject": "Re: Why small ports win when large ones fill up",
        "words": said.text,
        "cut": said.cut,
        "proof": "return-path",
        "issue": 12,
        "day": "2026-11-24",
        "notice": "",
        "went_to": "ada@readers.example",
    }
    return known | changes


_USUAL: Final = """\
Thank you for the piece on the small ports, I read it twice.

One thing is not right, I think: the line to Narvik was not built for
the harbour but for the ore, and it had been there for forty years when
the first container came. My grandfather worked on it.

Would you like to see his papers? I could send copies.

Kind regards
Ada Lindqvist

On Tue, Nov 24, 2026 at 7:00 AM The Harbour Letter <letter@harbour.example> wrote:
> Why small ports win when large ones fill up
> Three winters of figures.
"""
_ARABIC: Final = "شكرًا على هذا العدد.\n\nهل لديكم أرقام عن موانئ الجنوب (Port Said) أيضًا؟\nليلى"
_CHINESE: Final = "这一期写得很好。\n\n第二条里“三十一座港口”的出处能否附上链接？"

ANSWERS: Final = (
    Answer("usual", data_of(_USUAL)),
    Answer("arabic", data_of(_ARABIC, writer_name="ليلى", subject="رد: الموانئ الصغيرة")),
    Answer("chinese", data_of(_CHINESE, writer_name="林晓", subject="", went_to="lin@readers.example")),
    Answer(
        "stranger",
        data_of(
            *("Do you also sell advertisements?",),
            writer_name="",
            subscription=None,
            proof="",
            writer="zoë@readers.example",
        ),
        can_reply=False,
        number=None,
    ),
    Answer("nothing", data_of("", writer="", writer_name="", subject="", proof="link")),
    Answer("long", data_of("A sentence that many wrote before, and many will write again. " * 90)),
    Answer(
        "hostile",
        data_of(
            "\n\n".join(HOSTILE),
            writer_name='<b>Ada</b> & "Bob" {{ x }}',
            subject="</td></tr>\r\nBcc: eve@evil.example {{ 7*7 }}",
        ),
        hostile=True,
    ),
    Answer(
        "more hostile",
        data_of(
            "\n".join(reversed(HOSTILE)),
            writer_name="\u202eevil",
            subject="=?utf-8?b?IQ==?=",
            proof="address",
        ),
        hostile=True,
    ),
)
