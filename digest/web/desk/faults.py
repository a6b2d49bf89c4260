"""What is wrong with a form of the desk: all of it at once, in the labels of its page, by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field

from digest.errors import DigestError, words_for_all
from subscribers.wishes import WishError


class Label(Struct, frozen=True):
    """What a field is called: on its page, and by whoever reads what was typed, as at the shell."""

    words: str
    option: str = ""

    def said(self, words: str) -> str:
        """A refusal in the words of the page."""
        begins = bool(self.option) and words.startswith(f"{self.option} ")
        rest = words[len(self.option) + 1 :] if begins else words
        # in a form, no limit is an empty field
        rest = rest.replace(", or none", ", or leave it empty")
        is_about_it = begins or rest.startswith(("is ", "'"))
        return f"“{self.words}” {rest}" if is_about_it else f"“{self.words}”: {rest}"


#: By the names of fields.
Labels = Mapping[str, Label]


class Faults(Struct, frozen=True):
    """What is wrong with a form that comes back."""

    #: by field, in the order of the page
    beside: Mapping[str, str] = field(default_factory=dict)
    #: what is about no field
    other: str = ""

    def __bool__(self) -> bool:
        """True when anything is wrong."""
        return bool(self.beside or self.other)

    @property
    def first(self) -> str:
        """The field that has the focus when the page is shown; empty for none."""
        return next(iter(self.beside), "")

    @property
    def in_words(self) -> str:
        """All of them in one line."""
        return "; ".join(filter(None, [self.other, *self.beside.values()]))


class FormError(Exception):
    """A form that cannot be taken, with all that is wrong with it."""

    def __init__(self, faults: Faults) -> None:
        """Say what is wrong."""
        super().__init__(faults.in_words)
        self.faults: Final = faults


class Reading:
    """Reads a form field by field, and goes on where one is wrong."""

    def __init__(self, labels: Labels) -> None:
        """Begin with the fields of a page, in its order."""
        self._labels: Final = labels
        self._found: Final[dict[str, str]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Read one field in this block; what is wrong with it is noted."""
        try:
            yield
        except (DigestError, WishError) as error:
            self._found.setdefault(name, self._labels[name].said(words_for_all(error)))

    @property
    def faults(self) -> Faults:
        """What was wrong, in the order of the page."""
        return Faults({name: self._found[name] for name in self._labels if name in self._found})

    def done(self) -> None:
        """Raise FormError when anything was wrong."""
        if self._found:
            raise FormError(self.faults)


def faults_of(error: Exception) -> Faults:
    """What went wrong, whether or not it is known which field it is about."""
    return error.faults if isinstance(error, FormError) else Faults(other=words_for_all(error))
