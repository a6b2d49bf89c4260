"""Items as writers keep them: Markdown, one item or many in a text.

An item begins with its front matter, YAML between two lines of three hyphens, with the keys that an item has
in JSON, or with a heading of the first level; its text follows::

    ---
    title: Ports agree on a common queue
    topics: [shipping, economy]
    source: Harbour Post
    source_date: 2026-11-23
    ---
    Eight ports will share **one** list.

The front matter of the next item ends a text. Where the front matter gives no title, the first heading is it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml
from msgspec import Struct

from digest.core.model import DraftBriefing, Rejected
from digest.ingest.gathered import Gathered
from digest.ingest.jsonitem import KEYS, ItemError, draft_from
from digest.ingest.markdown import flattened
from subscribers.model import Section

#: What stands before an item takes a few lines; YAML is read slowly.
_MOST_FRONT: Final = 10_000
_RULE: Final = re.compile(r"---[ \t]*")
_KEY: Final = re.compile(rf"({'|'.join(sorted(KEYS))})[ \t]*:(\s|$)")
_HEADING: Final = re.compile(r"#[ \t]+(?P<title>\S.*?)[ \t#]*")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")


class _Item(Struct, frozen=True):
    """The lines of one item: the number of its first, its front matter, its text."""

    line: int
    front: str
    text: str


def looks_like_front_matter(text: str) -> bool:
    """True when the text begins with front matter."""
    return _front_end(text.lstrip("\n").split("\n", 200), 0) is not None


def read_markdown(
    text: str, *, source: str, section: Section = Section.BRIEFING, topics: tuple[str, ...] = ()
) -> Gathered:
    """Read every item; a wrong one is refused by line and reason, and the rest is taken."""
    drafts: list[DraftBriefing] = []
    rejected: list[Rejected] = []
    for item in _items(text.split("\n")):
        try:
            drafts.append(draft_from(_fields(item), line=item.line, section=section, topics=topics))
        except ItemError as error:
            rejected.append(Rejected(source, item.line, str(error)))
    return Gathered(tuple(drafts), tuple(rejected), source)


def _items(lines: list[str]) -> Iterator[_Item]:
    """Cut where front matter or a heading of the first level begins; what is fenced is never cut."""
    start, text_from, fence = 0, 0, ""
    fronted = False

    def cut(end: int) -> Iterator[_Item]:
        front = "\n".join(lines[start + 1 : text_from - 1]) if fronted else ""
        text = "\n".join(lines[text_from:end])
        if fronted or text.strip():
            yield _Item(start + 1 + (0 if fronted else _blank(lines, start)), front, text)

    place = 0
    while place < len(lines):
        line = lines[place]
        if mark := _FENCE.match(line):
            sign = mark[1]
            if not fence:
                fence = sign
            elif sign[0] == fence[0] and len(sign) >= len(fence) and line.strip() == sign:
                fence = ""
        elif not fence and (end := _front_end(lines, place)) is not None:
            yield from cut(place)
            start, text_from, fronted = place, end + 1, True
            place = end
        elif not fence and not fronted and _HEADING.fullmatch(line):
            yield from cut(place)
            start = text_from = place
        place += 1
    yield from cut(len(lines))


def _blank(lines: list[str], start: int) -> int:
    """How many blank lines stand first."""
    found = 0
    while start + found < len(lines) and not lines[start + found].strip():
        found += 1
    return found


def _front_end(lines: list[str], place: int) -> int | None:
    """The line that ends the front matter which begins here, if any does; its first line holds a key."""
    if not _RULE.fullmatch(lines[place]) or place + 1 >= len(lines) or not _KEY.match(lines[place + 1]):
        return None
    # bounded, so that a text of rules alone is not gone through once for each of them
    last = min(len(lines), place + 200)
    return next((end for end in range(place + 1, last) if _RULE.fullmatch(lines[end])), None)


def _fields(item: _Item) -> dict[str, object]:
    fields = _front(item.front)
    text = item.text
    if fields.get("title") is None:
        first, _, rest = text.lstrip("\n").partition("\n")
        if heading := _HEADING.fullmatch(first):
            fields["title"], text = heading["title"], rest
    if text.strip():
        if fields.keys() & {"body", "paragraphs"}:
            raise ItemError("the item has a text below its front matter and another within it")
        read = flattened(text)
        fields["paragraphs"] = list(read.paragraphs)
        if read.picture is not None and not fields.keys() & {"picture", "picture_alt"}:
            fields |= {"picture": read.picture.link, "picture_alt": read.picture.alt}
    return fields


def _front(text: str) -> dict[str, object]:
    """The keys and what they hold: texts, and lists of texts; nothing of YAML's other types is made."""
    if len(text) > _MOST_FRONT:
        raise ItemError(f"the front matter has more than {_MOST_FRONT:,} signs")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (its line {mark.line + 1})" if mark else ""
        raise ItemError(
            f"the front matter is not YAML: {getattr(error, 'problem', None) or 'unreadable'}{where}"
        ) from None
    except (RecursionError, ValueError):
        raise ItemError("the front matter is not YAML: it cannot be read") from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise ItemError("the front matter is no list of keys; write each as key: value")
    found: dict[str, object] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name in found:
            raise ItemError(f"the key {name!r} is given twice")
        found[name] = _value(name, value)
    return found


def _value(name: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        said = None if node.tag.endswith(":null") else str(node.value)
        if name == "topics" and said is not None:
            return re.split(r"[,;\s]+", said.strip())
        return said
    if isinstance(node, yaml.SequenceNode) and all(isinstance(one, yaml.ScalarNode) for one in node.value):
        return [str(one.value) for one in node.value]
    raise ItemError(f"{name} is neither text nor a list of texts")
