"""Letters arrive as they were written: Chinese, curly quotes, signs beyond the first plane, in both parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.mail_lint.mail import Mail, cut_of, shown_on, squeezed

#: UTF-8 read as Latin-1 or Windows-1252: two bytes, or three, as a letter each; no language writes so.
_MANGLED: Final = re.compile("[ÃÂ][\u0080-\u00bf]|[\u00e2-\u00e9][\u0080-\u00bf]{2}|â€")
_ESCAPED_TWICE: Final = re.compile(r"&amp;(?:amp|lt|gt|quot|nbsp|#\d+);")


def look(mail: Mail) -> Iterator[str]:
    """Letters that are others than those of the news, or none."""
    parts = {"text": mail.text}
    if mail.html is not None:
        parts["HTML"] = shown_on(mail.page)
    for part, shown in parts.items():
        letters = frozenset(shown)
        for one in mail.news:
            title = squeezed(one.title)
            lost = sorted(set(title) - letters)
            if lost and not cut_of(title, squeezed(shown)):
                yield f"{part}: item {one.number} lost {''.join(lost)!r}"
        if mail.hostile:
            # it says on purpose what looks like damage
            continue
        if "\ufffd" in letters:
            yield f"{part}: a letter became U+FFFD"
        if found := _MANGLED.search(shown):
            yield f"{part}: UTF-8 was read as something else: {found[0]!r}"
    if mail.html is not None and not mail.hostile and (found := _ESCAPED_TWICE.search(mail.html)):
        yield f"HTML: escaped twice: {found[0]}"
