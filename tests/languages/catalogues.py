"""Gathers the words of mails and pages, and brings the catalogues in step: what `make catalogues` runs.

It writes nothing that differs from one run or machine to the next: no times, no versions, no line numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from digest.render.words import DOMAIN, LOCALES

ROOT: Final = Path(__file__).parents[2]
#: Where words stand: a folder, the names in it, and how to read them.
_SOURCES: Final = (
    ("digest", "**.py", "python"),
    ("templates", "**.html", "jinja2"),
    ("templates", "**.txt", "jinja2"),
)
#: As in `digest.render.environment`: the tags of our own are known, and blanks in a sentence are one space.
_JINJA2: Final = {
    "extensions": "digest.render.marks.CuttingTags",
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
#: Functions whose arguments are words, by which of them: one form, or one and many.
_KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "counted": (1, 2),
}
_COLUMNS: Final = 100


class Book(Catalog):
    """A catalogue whose head says only what readers of it need."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The fields of the head."""
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def words_in_use() -> Catalog:
    """All words that code and templates say to readers, without translations."""
    found = Catalog()
    for folder, name, line, message, comments in _words_of_today():
        found.add(message, locations=[(f"{folder}/{name}", line)], auto_comments=comments)
    return found


def languages() -> list[str]:
    """The languages that have a catalogue, such as ar and zh_Hans."""
    return sorted(path.parts[-3] for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def path_of(language: str, suffix: str) -> Path:
    """Where the catalogue of a language lies; the suffix is po or mo."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.{suffix}"


def written(language: str) -> Catalog:
    """The catalogue as its file has it; an empty one for a language that has no file yet."""
    path = path_of(language, "po")
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)


def in_step(language: str) -> Book:
    """The catalogue with the words now in use: what is new has no translation, what is gone is left out."""
    old = written(language)
    book = Book(locale=language, domain=DOMAIN, fuzzy=False, header_comment=_head(language))
    for message in words_in_use():
        if message.id:
            book.add(
                message.id,
                _translation(old, message),
                message.locations,
                message.flags,
                message.auto_comments,
            )
    return book


def as_po(book: Catalog) -> bytes:
    """The catalogue as translators edit it."""
    file = BytesIO()
    write_po(file, book, width=_COLUMNS, sort_by_file=True, include_lineno=False)
    return file.getvalue().rstrip(b"\n") + b"\n"


def as_mo(book: Catalog) -> bytes:
    """The catalogue as the program reads it."""
    file = BytesIO()
    write_mo(file, book)
    return file.getvalue()


@cache
def _words_of_today() -> tuple[tuple[str, str, int, str | tuple[str, ...], list[str]], ...]:
    """All of them: reading the whole program takes seconds, and one run sees one program."""
    return tuple(_extracted())


def _extracted() -> Iterator[tuple[str, str, int, str | tuple[str, ...], list[str]]]:
    for folder, pattern, method in _SOURCES:
        for name, line, message, comments, _ in extract_from_dir(
            ROOT / folder,
            method_map=[(pattern, method)],
            options_map={pattern: _JINJA2 if method == "jinja2" else {}},
            keywords=_KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        ):
            yield folder, Path(name).as_posix(), line, message, comments


def _translation(old: Catalog, message: Message) -> str | tuple[str, ...]:
    """What the old catalogue has for these words; one form is no translation where there are several."""
    known = old.get(message.id)
    if known is None or known.fuzzy or isinstance(known.id, str) is not isinstance(message.id, str):
        return ("",) * old.num_plurals if message.pluralizable else ""
    return known.string if isinstance(known.string, str) else tuple(known.string or ())


def _head(language: str) -> str:
    return f"# The words of mails and reader pages: {Catalog(locale=language).locale.english_name}.\n#"


def main(wanted: Sequence[str]) -> None:
    """Write the catalogues of these languages, and of all that there are."""
    for language in sorted({*languages(), *wanted}):
        book = in_step(language)
        path_of(language, "po").parent.mkdir(parents=True, exist_ok=True)
        path_of(language, "po").write_bytes(as_po(book))
        path_of(language, "mo").write_bytes(as_mo(book))
        lacking = sum(not message.string or not all(message.string) for message in book if message.id)
        print(f"{language}: {len(book)} messages, {lacking} without a translation")


if __name__ == "__main__":
    main(sys.argv[1:])
