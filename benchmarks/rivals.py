"""What else sends mail: Postfix's load generator, aiosmtplib as it is, the script that all write first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import formatdate, make_msgid
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from benchmarks.elsewhere.digest_file import write
from benchmarks.processes import ended
from benchmarks.sinks import postfix_program

_HOST = "127.0.0.1"
_SENDER = "digest@newsroom.example"
#: What smtp-source writes above the payload whose size it is told.
_ITS_HEADER = 105
_STYLE = Path(__file__).parents[1] / "templates" / "email" / "_base" / "style.css"

Message = TypeVar("Message")


async def smtp_source(port: int, messages: int, size: int) -> dict[str, float]:
    """Push finished bytes over 50 kept connections; `size` is that of a whole message."""
    program = postfix_program("smtp-source")
    assert program is not None
    payload = str(size - _ITS_HEADER)
    command = [program, "-d", "-s", "50", "-m", str(messages), "-l", payload, f"{_HOST}:{port}"]
    run = ended(command)
    return {"sent": messages, "wall": run.wall, "processor": run.processor}


async def sendmail(port: int, folder: str, messages: int, connections: int = 20) -> dict[str, float]:
    """aiosmtplib's `sendmail` with the bytes of finished letters."""
    import aiosmtplib

    letters = _letters(folder)

    async def send(client: aiosmtplib.SMTP, letter: tuple[str, bytes]) -> None:
        recipient, content = letter
        await client.sendmail(_SENDER, [recipient], content)

    return await _over_connections(port, list(islice(cycle(letters), messages)), send, connections)


async def send_message(port: int, folder: str, messages: int, connections: int = 20) -> dict[str, float]:
    """aiosmtplib's `send_message` with messages that were made before the clock started."""
    import aiosmtplib

    parser = BytesParser(policy=default)
    letters = [parser.parsebytes(content) for _, content in _letters(folder)]

    async def send(client: aiosmtplib.SMTP, letter: EmailMessage) -> None:
        await client.send_message(letter, sender=_SENDER)

    return await _over_connections(port, list(islice(cycle(letters), messages)), send, connections)


async def script(port: int, briefings: int, paragraphs: int, messages: int) -> dict[str, float]:
    """Render with Jinja2, inline with premailer, make an EmailMessage and send it, mail by mail."""
    import smtplib

    from jinja2 import Environment

    from benchmarks.newsroom import news

    items = [(one.title, one.paragraphs[:paragraphs]) for one in news(briefings)]
    template = Environment(autoescape=True).from_string(_PAGE)
    start = perf_counter()
    with smtplib.SMTP(_HOST, port) as client:
        for number in range(messages):
            client.send_message(_script_message(number, items, template.render))
    return {"sent": messages, "wall": perf_counter() - start}


def _script_message(
    number: int, items: Sequence[tuple[str, Sequence[str]]], render: Callable[..., str]
) -> EmailMessage:
    from premailer import Premailer

    link = f"https://news.example/unsubscribe/{number}"
    page = render(items=items, style=_STYLE.read_text(encoding="utf-8"), number=number, link=link)
    message = EmailMessage()
    message["From"] = _SENDER
    message["To"] = f"Reader Number {number} <reader{number}@mail.example>"
    message["Subject"] = items[0][0]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="newsroom.example")
    message["List-Unsubscribe"] = f"<{link}>"
    message.set_content("\n\n".join(part for title, text in items for part in (title, *text)))
    # 50 is CRITICAL: it has much to say about colours that it does not know
    inlined = Premailer(page, allow_network=False, cssutils_logging_level=50).transform()
    message.add_alternative(inlined, subtype="html")
    return message


_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>The Daily Digest</title><style>{{ style|safe }}</style></head>
<body class="page"><table class="page"><tr><td class="desk"><table class="sheet">
<tr><td class="masthead"><h1 class="title">The Daily Digest</h1><p class="dateline">Wednesday</p></td></tr>
<tr><td class="greeting">Dear Reader Number {{ number }},</td></tr>
{% for title, paragraphs in items %}
<tr><td class="item"><p class="kicker">Briefing</p><h3 class="headline">{{ title }}</h3>
<p class="byline">The Harbour Post &nbsp;· <span class="whole">1 minute</span></p>
{% for paragraph in paragraphs %}<p class="text">{{ paragraph }}</p>
{% endfor %}<p class="onward"><a class="link" href="https://news.example/{{ loop.index }}">Read on</a></p>
</td></tr>
{% endfor %}
</table><div class="footer"><p class="note"><a class="tool" href="{{ link }}">Unsubscribe</a></p></div>
</td></tr></table></body></html>
"""


def _letters(folder: str) -> list[tuple[str, bytes]]:
    """Recipient and bytes of each letter in an outbox; the address stands in the name of its file."""
    files = sorted(Path(folder).glob("*.eml"))
    return [(file.stem.split("-", 2)[2], file.read_bytes()) for file in files]


async def _over_connections(
    port: int, messages: Sequence[Message], send: Callable[..., Awaitable[None]], connections: int
) -> dict[str, float]:
    """Share the messages out among connections that are kept."""
    import aiosmtplib

    waiting = iter(messages)

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname=_HOST, port=port, use_tls=False, start_tls=False) as client:
            for message in waiting:
                await send(client, message)

    start = perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return {"sent": len(messages), "wall": perf_counter() - start}


async def write_digest(folder: str, file: str) -> dict[str, float]:
    """Take one of the finished letters apart, for those who put mails together themselves."""
    message = BytesParser(policy=default).parsebytes(_letters(folder)[0][1])
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    write(file, message["Subject"], text.get_content(), html.get_content())
    return {}
