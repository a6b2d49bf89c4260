"""Every rule of the wire that can be seen in octets, asked of one message or of all of a newsroom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from tests.wire.bodies import violations_of_body
from tests.wire.commands import violations_of_commands, violations_of_lines
from tests.wire.heads import violations_of_head
from tests.wire.lists import violations_of_list
from tests.wire.signatures import violations_of_signatures
from tests.wire.transmission import Transmission, fields_of, head_of, parts_of, value_of

#: What Gmail shows without cutting, and what a mail may have in all.
HTML_BUDGET: Final = 90_000
MESSAGE_BUDGET: Final = 100_000


class Sizes(NamedTuple):
    """Octets of a message and of its HTML part, both as transferred."""

    message: int
    html: int

    @property
    def within_budget(self) -> bool:
        """True when Gmail would show all of it."""
        return self.message <= MESSAGE_BUDGET and self.html <= HTML_BUDGET


def violations_of(sent: Transmission, records: Mapping[str, str] | None = None) -> list[str]:
    """All that is wrong with one message; with `records` of keys it must be signed by them."""
    found = [
        *violations_of_commands(sent),
        *violations_of_lines(sent),
        *violations_of_head(sent),
        *violations_of_body(sent),
        *violations_of_list(sent),
        *(() if records is None else violations_of_signatures(sent, records)),
    ]
    return list(dict.fromkeys(found))


def violations_across(all_sent: Iterable[Transmission]) -> Iterator[str]:
    """What is wrong between the messages of one newsletter, each of which is another delivery."""
    sent = list(all_sent)
    heads = [fields_of(head_of(one.content)) for one in sent]
    for name, values in (
        ("Message-ID", [value_of(fields, "Message-ID") for fields in heads]),
        ("return path", [one.sender for one in sent]),
        ("List-Unsubscribe", [value_of(fields, "List-Unsubscribe") for fields in heads]),
    ):
        twice = [value for value, times in Counter(values).items() if times > 1]
        if twice:
            yield f"RFC 5322: two deliveries share the {name} {twice[0]}"
    if len({value_of(fields, "List-Id") for fields in heads}) > 1:
        yield "RFC 2919: List-Id is not the same in all mails of a newsletter"


def sizes_of(sent: Transmission) -> Sizes:
    """How large a message is."""
    content = sent.content
    html = sum(len(part.encoded) for part in parts_of(content)[1] if part.type == "text/html")
    return Sizes(len(content), html)
