"""Text as it is compared: differences that no reader would call one are folded away."""

from __future__ import annotations

import re
from typing import Final

from subscribers.composed import composed

_QUOTES_AND_DASHES: Final = {
    **dict.fromkeys(map(ord, "‘’‚‛′`´ʼ"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»「」『』"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-"),
}
#: Soft hyphens, zero-width marks and direction marks: nobody sees them.
_UNSEEN: Final = dict.fromkeys(
    [0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
_WHITE: Final = re.compile(r"\s+")


def fold(text: str) -> str:
    """The text in one form of compatible characters, case, quotes, dashes and white space (Unicode NFKC)."""
    if text.isascii():
        # no other form of these, but for the quote that leans
        return " ".join(text.casefold().replace("`", "'").split())
    plain = text.translate(_QUOTES_AND_DASHES).translate(_UNSEEN)
    # folding case can undo the normal form, and the normal form can bring back capitals: hence twice
    for _turn in range(2):
        plain = composed("NFKC", plain).casefold()
    plain = composed("NFKC", plain).translate(_QUOTES_AND_DASHES)
    return _WHITE.sub(" ", plain).strip()
