"""A reader's mail written the slow, straightforward way: nothing is cut, kept, joined or filled in.

Whole templates are rendered for one reader, premailer inlines the style into that reader's page, and each
header field is spelled out from what the RFC and docs say must stand in it. The words themselves (dates,
counts, why a reader gets the mail) come from the same catalogue; how they get into the mail does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote

from digest.core.model import GENERAL, Briefing, Claimed, Copy, Newsletter, Topic
from digest.render.characters import one_line, shortened
from digest.render.environment import mail_environment
from digest.render.marks import Unmarked
from digest.render.page import (
    CohortWords,
    Group,
    Item,
    Personal,
    issue_page,
    item_for,
    masthead_for,
    topic_titles,
)
from digest.render.phrases import cohort_words, lead_of
from digest.render.printing import printed_html, printed_text
from digest.render.words import words_for
from digest.render.wrapping import wrapped
from subscribers.model import Format
from subscribers.tokens import Purpose, Tokens
from tests.wire.words import Mailbox


@dataclass(frozen=True, slots=True)
class House:
    """What is known of the newsletter and its store."""

    newsletter: Newsletter
    topics: Sequence[Topic]
    #: by number, in the revisions that the issue carries
    briefings: Mapping[int, Briefing]
    base_url: str
    #: signs links and return paths; and what gives the Message-IDs their tail
    key: bytes
    store_name: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """The mail as it should be read: fields by name, in order, and the words of its parts."""

    fields: Mapping[str, str]
    sender: Mailbox
    reader: Mailbox
    subject: str
    #: what may stand before <slug.domain>; empty when it would have to be encoded
    list_title: str
    text: str
    html: str | None


def written(house: House, copy: Copy, claimed: Claimed) -> Written:
    """One reader's mail."""
    words = words_for(copy.profile.language)
    titles = topic_titles(house.topics, words)
    items = {
        number: item_for(each, number, titles, words, zone=copy.issue.zone)
        for number, each in house.briefings.items()
    }
    masthead = masthead_for(house.newsletter, copy.issue, words)
    groups = [
        Group(
            group.topic,
            titles.get(group.topic, titles[GENERAL]),
            [items[number] for number in group.numbers],
        )
        for group in copy.groups
    ]
    shown: list[Item] = [item for group in groups for item in group.items]
    deferred = [items[number] for number in copy.deferred]
    environment = mail_environment(house.newsletter.theme, copy.profile.language)
    subject = one_line(copy.issue.subject or "") or _spaced(
        environment.get_template("issue/subject.txt").render(
            masthead=masthead, lead=lead_of(shown), count=len(shown)
        )
    )
    tokens = Tokens([house.key])
    said = cohort_words(
        copy,
        shown,
        subject=subject,
        masthead=masthead,
        titles=titles,
        words=words,
        view_url=f"{house.base_url}/issues/{tokens.make(Purpose.VIEW, copy.cohort_id)}",
    )
    in_lines = CohortWords(**{name: wrapped(value) for name, value in said.values().items()})
    reader = Personal(
        shortened(one_line(claimed.name), 60),
        f"{house.base_url}/preferences/{tokens.make(Purpose.PREFERENCES, claimed.subscription_id)}",
        f"{house.base_url}/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, claimed.subscription_id)}",
    )
    text = printed_text(
        environment, "issue", issue_page(masthead, groups, deferred, in_lines, reader, Unmarked())
    )
    html = None
    if copy.profile.format is Format.HTML:
        html = printed_html(
            environment, "issue", issue_page(masthead, groups, deferred, said, reader, Unmarked())
        )
    title = cleaned(house.newsletter.title)
    return Written(
        fields=_fields(house, copy, claimed, reader.unsubscribe_url),
        sender=Mailbox(_spaced(cleaned(house.newsletter.sender_name)), house.newsletter.sender_address),
        reader=Mailbox(_spaced(cleaned(claimed.name)), claimed.address),
        subject=cleaned(subject),
        list_title=_spaced(title) if title.isascii() and "=?" not in title else "",
        text=text,
        html=html,
    )


def cleaned(text: str) -> str:
    """Words as a header may carry them: breaks and controls are spaces, overrides of direction are gone."""
    text = re.sub("\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    text = re.sub("[\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", "", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text).strip(" ")


def _fields(house: House, copy: Copy, claimed: Claimed, unsubscribe_url: str) -> dict[str, str]:
    """The fields that are for machines, in the order in which they stand."""
    issue, domain = copy.issue, copy.issue.domain
    back = f"bounces+{claimed.delivery_id}.{_mac(house.key, f'return-path {claimed.delivery_id}')}@{domain}"
    tail = _mac(house.store_name, f"message-id {issue.id} {claimed.delivery_id}")
    owner = "mailto:" + quote(house.newsletter.sender_address, safe="@!$'*+")
    kind = "digest" if issue.cadence_id is not None else "by-hand"
    sender_id = re.sub("[^a-z0-9]", "", domain.lower())[:15].ljust(5, "0")
    parting = f"=_digest_{issue.id}_{copy.cohort_id}_="
    fields = {
        "Date": issue.due_at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "Message-ID": f"<{issue.id}.{claimed.delivery_id}.{tail}@{domain}>",
        "List-Unsubscribe": f"<{unsubscribe_url}>, <mailto:{back}?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": f"<{owner}?subject=help>",
        "List-Subscribe": f"<{house.base_url}/subscribe>",
        "List-Owner": f"<{owner}>",
        "List-Archive": f"<{house.base_url}/archive>",
        "List-Post": "NO",
        "Feedback-ID": f"{issue.id}:{house.newsletter.slug}:{kind}:{sender_id}",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{parting}"',
    }
    if copy.profile.format is Format.TEXT:
        fields["Content-Type"] = "text/plain; charset=utf-8"
        fields["Content-Transfer-Encoding"] = "quoted-printable"
    return fields


def _mac(key: bytes, purpose: str) -> str:
    signed = hashlib.blake2b(purpose.encode(), key=hashlib.sha512(key).digest(), digest_size=10)
    return signed.hexdigest()


def _spaced(text: str) -> str:
    return " ".join(text.split())
