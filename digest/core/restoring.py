"""Whether a backup may be put back into a store, and how that begins: from what both say of themselves."""

from __future__ import annotations

from typing import Final

from digest.core.moving import Place, Start, Why

#: Stores that are closed for good reasons of their own, and whose rows nobody misses: they may be replaced.
_MAY_GO: Final = frozenset({Why.TRIAL, Why.RESTORED, Why.RESTORING})


def way_to_restore(
    place: Place, revision: str | None, backup: str, schema: str, *, replace: bool, is_read: bool
) -> Start | str:
    """How to put a backup of a version back into a store of another; a refusal in words when that may not be.

    `backup` is its name; `is_read` says that all rows of it were found in the store, and compared.
    """
    word = place.closed
    begun = word if word is not None and word.why is Why.RESTORING else None
    if begun is not None and begun.copy == backup and is_read:
        return Start.ON
    may_go = replace or begun is not None
    if place.is_other:
        return f"the store {place.where} {place.holds}: name one that is empty"
    if word is not None and (word.why not in _MAY_GO or not may_go):
        return word.words(place.where)
    if place.holds and not may_go:
        return (
            f"the store {place.where} {place.holds}: name one that is empty, or add --replace, and what is "
            "there is gone"
        )
    if revision not in {None, schema}:
        return (
            f"the store {place.where} has tables of version {revision}, and the backup those of {schema}: "
            "name one that is empty"
        )
    return Start.ANEW if place.holds or word is not None else Start.FRESH
