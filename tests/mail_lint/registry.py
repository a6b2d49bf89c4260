"""All checks by name: what each looks at, and the tool that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.mail_lint import tools
from tests.mail_lint.checks import (
    axe,
    clients,
    contrast,
    frame,
    letters,
    links,
    parity,
    size,
    spam,
    structure,
    style,
    validity,
)
from tests.mail_lint.mail import Finding, Mail

#: Takes all mails; gives what is wrong, each time with the name of the mail.
LookAtAll = Callable[[Sequence[Mail]], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Check:
    """A question asked of mails."""

    name: str
    #: a few words for the table
    asks: str
    look_at: LookAtAll
    #: says what is missing on this machine; None when nothing is
    lacks: Callable[[], str | None] = lambda: None
    #: asked of huge mails too; False for tools that would take minutes over what smaller mails show as well
    of_huge: bool = True

    def findings(self, mails: Sequence[Mail]) -> Iterator[Finding]:
        """What is wrong with the mails."""
        yield from (Finding(self.name, mail, what) for mail, what in self.look_at(mails))


def _each(look: Callable[[Mail], Iterator[str]]) -> LookAtAll:
    """A question about one mail, asked of each."""
    return lambda mails: ((mail.name, what) for mail in mails for what in look(mail))


#: Those that need nothing but Python.
PLAIN: Final = (
    Check("parity", "text and HTML say the same, in the same order", _each(parity.look)),
    Check("letters", "Chinese, curly quotes and all others arrive", _each(letters.look)),
    Check("links", "absolute, whole, the way out above and below", _each(links.look)),
    Check("size", "HTML 90 kB, message 100 kB", _each(size.look)),
    Check("frame", "doctype, tags, languages, directions", _each(frame.look)),
    Check("structure", "headings, tables, links, foreign words", _each(structure.look)),
    Check("contrast", "4.5 to 1, light and dark", _each(contrast.look)),
    Check("style", "no class and no kept rule gets lost", style.look_at),
    Check("clients", "caniemail: nothing that a program lacks", _each(clients.look)),
)
#: Those that run somebody else's program.
TOOLED: Final = (
    Check("validity", "the Nu HTML checker", validity.look_at, tools.lacks_validator),
    Check("axe", "accessibility, in a browser", axe.look_at, tools.lacks_axe, of_huge=False),
    Check("spam", "SpamAssassin below 2.0, local rules", spam.look_at, tools.lacks_spamassassin),
)
CHECKS: Final = (*PLAIN, *TOOLED)
