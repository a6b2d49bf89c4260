"""By what an item is known again, and by what it is known to have changed.

Equal title, source and date: the same briefing, maybe with a changed body. Equal body and source: the same
briefing under a corrected headline. Equal content: nothing changed. The keys are kept in the store, so making
them in another way takes a migration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date

from digest.core.model import DraftBriefing
from digest.ingest.folding import fold
from digest.ingest.sources import source_key
from subscribers.composed import composed


def title_key(title: str, source: str | None, source_date: date | None) -> str:
    """32 hexadecimal digits, equal for what people would call the same title, source and date."""
    return _key("title", fold(title), _source(source), _date(source_date))


def body_key(paragraphs: Sequence[str], source: str | None) -> str:
    """32 hexadecimal digits, equal for what people would call the same text from the same source."""
    return _key("body", fold("\n".join(paragraphs)), _source(source))


def content_key(draft: DraftBriefing) -> str:
    """32 hexadecimal digits, different as soon as one character of what readers see differs.

    How a letter is put together is nothing that they see: canonical equivalents are equal (Unicode, 3.7).
    """
    # what has no picture has the key that it had before there were any
    picture = [] if draft.picture is None else ["picture", draft.picture, draft.picture_alt]
    return _key(
        "content",
        _composed(draft.title),
        [_composed(one) for one in draft.paragraphs],
        draft.section.value,
        list(draft.topics),
        None if draft.source is None else _composed(draft.source),
        _date(draft.source_date),
        draft.url,
        draft.language,
        *picture,
    )


def _composed(text: str) -> str:
    return composed("NFC", text)


def _source(name: str | None) -> str | None:
    return None if name is None else source_key(name)


def _date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _key(*parts: str | list[str] | None) -> str:
    form = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(form.encode(), digest_size=16).hexdigest()
