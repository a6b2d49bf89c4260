"""What a reader sees of a message: letters and digits, without markup, spaces, signs and line breaks."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.wire.transmission import texts_of


def shown_by(content: bytes) -> dict[str, str]:
    """The letters of each part, by its type."""
    texts = texts_of(content)
    return {
        kind: letters_of(_words_of(text) if kind == "text/html" else text) for kind, text in texts.items()
    }


def letters_of(text: str) -> str:
    """What of a text cannot get lost by wrapping, escaping or cleaning, in one case."""
    return "".join(filter(str.isalnum, text)).casefold()


def _words_of(page: str) -> str:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return " ".join(reader.words)


class _Reader(HTMLParser):
    """Keeps what stands between tags, style sheets left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words.append(data)
