"""Scenes become mails the way the product makes them: printer, press, header, transfer encoding."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from digest.core.model import Briefing, Claimed, Copy, Newsletter, Pictures
from digest.core.notices import NoticeKind
from digest.flows.editions import Edition
from digest.flows.press import Press
from digest.flows.seed import seed
from digest.mail.headers import Mailbox
from digest.mail.heading import CohortHeading, CopyHeaders, ReaderHeading
from digest.mail.identifiers import boundary, message_id
from digest.render.alarms import alarm
from digest.render.answers import printed_answer, sender_name
from digest.render.characters import one_line, web_link
from digest.render.confirmation import Invitation, confirmation
from digest.render.environment import CLASSIC, templates_folder
from digest.render.greetings import of_a_move, welcoming
from digest.render.notices import Wording, printed_notice
from digest.render.palette import Brand
from digest.render.printer import Printer
from digest.render.rendition import Reader, Rendition
from digest.render.words import words_for
from subscribers.model import Profile
from tests.jobs.office import KEY, press_for
from tests.mail_lint.answers import ANSWERS
from tests.mail_lint.mail import Mail, News
from tests.mail_lint.scenes import Scene
from tests.render.samples import DAILY, NEWSLETTER, TOPICS, issue
from tests.stores import TOPICS as STORED_TOPICS
from tests.stores import opened

#: What mails are written in: the languages whose catalogue is complete.
LANGUAGES: Final = ("en", "zh-Hans", "ar")
ISSUE: Final = "issue"
CONFIRM: Final = "confirm"
ANSWER: Final = "answer"
_DOMAIN: Final = "news.example"
_READER: Final = "ada@readers.example"


def themes() -> tuple[str, ...]:
    """All themes that come with the project."""
    folders = (templates_folder() / "themes").glob("*")
    return (CLASSIC, *sorted(folder.name for folder in folders if folder.is_dir() and folder.name != CLASSIC))


def kinds() -> frozenset[str]:
    """All mails that there are templates for."""
    return frozenset(body.parent.name for body in (templates_folder() / "email").glob("[!_]*/body.html"))


@asynccontextmanager
async def a_press() -> AsyncIterator[Press]:
    """A press on a store of its own, which holds what Message-IDs are made with."""
    with tempfile.TemporaryDirectory(prefix="digest-lint-") as folder:
        async with opened(f"sqlite+aiosqlite:///{Path(folder) / 'digest.sqlite3'}") as store:
            await seed(store, STORED_TOPICS)
            yield press_for(store)


async def mails_of(
    press: Press, scenes: Iterable[Scene], looks: Iterable[str], languages: Iterable[str]
) -> list[Mail]:
    """The mail of each scene, and those that are no issues, in each look and language."""
    taken, spoken = tuple(scenes), tuple(languages)
    return [
        mail
        for theme in looks
        for language in spoken
        for mail in (
            *[await issue_mail(press, scene, theme, language) for scene in taken],
            *(mail for print_ in OTHER_MAILS.values() for mail in print_(theme, language)),
        )
    ]


async def issue_mail(press: Press, scene: Scene, theme: str, language: str) -> Mail:
    """The issue as a reader gets it."""
    copy = replace(
        scene.copy,
        issue=replace(scene.copy.issue, domain=_DOMAIN),
        profile=replace(scene.copy.profile, language=language),
    )
    newsletter = replace(scene.newsletter, theme=theme)
    topics = {topic.slug: topic for topic in scene.topics}
    printer = Printer(copy.issue, newsletter, scene.briefings, topics, pictures=scene.brought)
    edition = Edition(newsletter, printer)
    printed = await press.printed(copy, edition)
    claimed = Claimed(1, copy.cohort_id, copy.issue.id, 1, _READER, scene.reader, 0)
    return Mail.of(
        press.addressed(printed, claimed).content,
        kind=ISSUE,
        theme=theme,
        language=language,
        scene=scene.name,
        news=tuple(_news(scene.briefings[number], language) for number in _numbers(copy)),
        waiting=tuple(one_line(scene.briefings[number].title) for number in copy.deferred),
        hostile=scene.hostile,
        brand=Brand(newsletter.accent, newsletter.ground),
        pictures=_pictures(scene, newsletter, _numbers(copy)),
    )


def _pictures(scene: Scene, newsletter: Newsletter, numbers: Iterable[int]) -> frozenset[str]:
    """Where the pictures lie that the issue may load, by the rule of its newsletter."""
    if newsletter.pictures is not Pictures.LINKED:
        return frozenset()
    lying = (scene.briefings[number].picture or "" for number in numbers)
    return frozenset(link for link in lying if link.startswith("https://"))


def confirmations(theme: str, language: str) -> Iterator[Mail]:
    """The question to somebody whose address was entered: with a name, without, with a hostile one."""
    newsletter = replace(NEWSLETTER, theme=theme)
    for scene, name in (("named", "Ada Lindqvist"), ("nameless", ""), ("hostile", "<b>Ada</b> & {{ x }}")):
        profile = Profile(topics=frozenset({"economy", "society"}) if name else None, language=language)
        made = confirmation(newsletter, TOPICS.values(), profile, DAILY, boundary(1, 1))
        reader = Invitation(name, f"https://{_DOMAIN}/confirm/QWRhLXNheXMteWVzLW9ubHktb25jZS4u")
        message = _enveloped(made, reader, name)
        yield Mail.of(
            message,
            kind=CONFIRM,
            theme=theme,
            language=language,
            scene=scene,
            hostile=scene == "hostile",
        )


def notices(kind: NoticeKind, theme: str, language: str) -> Iterator[Mail]:
    """Another mail to one person, with a name, without, and with a hostile one; admins read English."""
    if kind is NoticeKind.ALERT and language != "en":
        return
    newsletter, words = replace(NEWSLETTER, theme=theme), words_for(language)
    profile = Profile(topics=frozenset({"economy", "society"}), language=language)
    for scene, name in (("named", "Ada Lindqvist"), ("nameless", ""), ("hostile", "<b>Ada</b> & {{ x }}")):
        outlook = {"tried": [4, 6, 9], "first": "2026-11-30T07:00:00+00:00", "waiting": 3}
        link = f"https://{_DOMAIN}/%s/QWRhLXNheXMteWVzLW9ubHktb25jZS4u"
        said: Mapping[str, str] = {}
        slots = {"name": name, "unsubscribe_url": link % "unsubscribe"}
        if kind in {NoticeKind.WELCOME, NoticeKind.LINKS, NoticeKind.PROBE}:
            slots["preferences_url"] = link % "preferences"
        if kind is NoticeKind.WELCOME:
            said = welcoming(profile, DAILY, TOPICS.values(), outlook, words)
        elif kind is NoticeKind.ALERT:
            said, slots = alarm({"alert": "stopped", "words": f"no server: {name}"}, NEWSLETTER.title), {}
        elif kind in {NoticeKind.MOVE, NoticeKind.MOVING}:
            said = of_a_move(kind, "ada@old.example", "ada@new.example", words)
            slots = {"name": name, "address_url": link % "address"}
        made = printed_notice(
            *(kind, newsletter, said, slots),
            language=language,
            format_=profile.format,
            boundary=boundary(1, 1),
        )
        message = _enveloped(made, Wording(slots), name)
        hostile = scene == "hostile"
        yield Mail.of(message, kind=kind, theme=theme, language=language, scene=scene, hostile=hostile)


def answers(theme: str, language: str) -> Iterator[Mail]:
    """What readers wrote, on its way to the newsroom, in English whatever their language."""
    if language != "en":
        return
    newsletter = replace(NEWSLETTER, theme=theme)
    for answer in ANSWERS:
        made = printed_answer(
            *(answer.data, newsletter, boundary(1, 1)), number=answer.number, can_reply=answer.can_reply
        )
        name = sender_name(answer.data, newsletter)
        message = _enveloped(made, Wording({}), "", sender=name)
        yield Mail.of(
            message, kind=ANSWER, theme=theme, language=language, scene=answer.name, hostile=answer.hostile
        )


#: How mails that are no issues are printed in a look and language, by the folder of their templates.
OTHER_MAILS: Final[Mapping[str, Callable[[str, str], Iterator[Mail]]]] = {
    CONFIRM: confirmations,
    ANSWER: answers,
    # a test is an issue's mail, and printed from its templates
    **{
        str(kind): partial(notices, kind)
        for kind in NoticeKind
        if kind not in {NoticeKind.CONFIRM, NoticeKind.ANSWER, NoticeKind.TEST}
    },
}
#: The mails that are printed here; for a folder of templates that is none of them there is a finding.
PRINTED: Final = frozenset({ISSUE, *OTHER_MAILS})


def _enveloped(
    made: Rendition[Reader], reader: Reader, name: str, sender: str = NEWSLETTER.sender_name
) -> bytes:
    """A mail of no issue with its header, as it is sent."""
    heading = CohortHeading(
        sender=Mailbox(NEWSLETTER.sender_address, sender),
        subject=made.subject,
        date=issue().due_at,
        boundary=made.boundary,
    )
    to = ReaderHeading(Mailbox(_READER, name), message_id(1, 1, key=KEY, domain=_DOMAIN))
    return b"".join((*CopyHeaders(heading).pieces(to), b"\r\n", made.body(reader)))


def _numbers(copy: Copy) -> list[int]:
    return [number for group in copy.groups for number in group.numbers]


def _news(briefing: Briefing, language: str) -> News:
    assert briefing.number is not None
    day = briefing.source_date
    return News(
        number=briefing.number,
        title=one_line(briefing.title),
        source=one_line(briefing.source or ""),
        date=words_for(language).plain_day(day) if day else "",
        url=web_link(briefing.url),
    )
