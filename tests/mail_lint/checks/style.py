"""Nothing of a theme's style sheet gets lost on the way through premailer.

Asked of all mails of a theme at once: a class that one mail has no use for, another one has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from digest.render.environment import mail_environment, style_of
from digest.render.words import words_for
from tests.mail_lint.cascade import declarations_of, kept_block, rules_in
from tests.mail_lint.mail import Mail

#: Characters of a style element that Gmail still reads.
_LONGEST_BLOCK: Final = 8192
_NESTED: Final = re.compile(r"@[^{}]*\{[^{}]*(\{[^{}]*\}[^{}]*)*@")
_CLASS: Final = re.compile(r"\.(-?[_a-z][_a-z0-9-]*)", re.IGNORECASE)


def look_at(mails: Sequence[Mail]) -> Iterator[tuple[str, str]]:
    """Findings with the name of the mail, or of the theme where they are about all of its mails."""
    by_theme: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        if mail.html is not None:
            by_theme[mail.theme].append(mail)
    for theme, its_mails in by_theme.items():
        worn = _styles_by_class(its_mails)
        for language in dict.fromkeys(mail.language for mail in its_mails):
            environment = mail_environment(theme, language)
            speech = words_for(language).language
            inline, kept = style_of(environment, speech, pictures=True)
            yield from ((f"theme {theme} in {language}", wrong) for wrong in _lost(inline, kept, worn))
            for mail in its_mails:
                if mail.language == language:
                    pictured = bool(mail.pictures or mail.brought)
                    _, its_own = style_of(environment, speech, mail.brand, pictures=pictured)
                    yield from ((mail.name, wrong) for wrong in _wrong_with_block(mail, its_own))


def _wrong_with_block(mail: Mail, kept: str) -> Iterator[str]:
    block = kept_block(mail.page)
    if len(block) > _LONGEST_BLOCK:
        yield f"the block has {len(block)} characters, and Gmail ignores one of more than {_LONGEST_BLOCK}"
    if _NESTED.search(block):
        yield "an at-rule stands within an at-rule, and Gmail ignores the whole block"
    if block.strip() != kept.strip():
        yield "the block of kept rules is not the one of the style sheet"
    for rule in rules_in(block):
        for name, value in rule.declarations.items():
            if rule.selector and not value.endswith("!important"):
                yield f"{rule.selector}: {name} in the block is not !important, so the element's own wins"


def _lost(inline: str, kept: str, worn: Mapping[str, list[Mapping[str, str]]]) -> Iterator[str]:
    """Classes without a trace, declarations that did not arrive, classes of templates without a rule."""
    ruled = _declared_by_class(inline)
    in_block = {name for rule in rules_in(kept) for name in _CLASS.findall(rule.selector)}
    for name, declared in sorted(ruled.items()):
        if name not in worn:
            if name not in in_block:
                yield f"class {name} of the style sheet reaches no mail"
            continue
        for property_ in declared:
            if not any(property_ in style for style in worn[name]):
                yield f"class {name}: {property_} reaches no element"
    for name in sorted(worn.keys() - ruled.keys() - in_block):
        yield f"class {name} of the templates has no rule"
    for name in sorted(in_block - worn.keys()):
        yield f"class {name} of the kept block is on no element"


def _declared_by_class(css: str) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for rule in rules_in(css):
        for name in _CLASS.findall(rule.selector):
            found[name] |= rule.declarations.keys()
    return found


def _styles_by_class(mails: Sequence[Mail]) -> Mapping[str, list[Mapping[str, str]]]:
    """The style of each element by its classes; one of each kind is enough."""
    found: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for mail in mails:
        nodes: list[Any] = mail.page.xpath("//*[@class]")
        for node in nodes:
            style = node.get("style") or ""
            for name in node.get("class").split():
                if style not in found[name]:
                    found[name][style] = declarations_of(style)
    return {name: list(styles.values()) for name, styles in found.items()}
