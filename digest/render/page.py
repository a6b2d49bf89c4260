"""What the templates of an issue may say: plain printable values, made of briefings, topics and wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from digest.core.budget import Form
from digest.core.model import GENERAL, BrandLink, Briefing, Issue, ItemText, Newsletter, Pictures, Topic
from digest.core.quiet import QuietDay
from digest.render.beside import NOTHING, NamedBeside, named_beside
from digest.render.characters import host_of, one_line, paragraphs, shortened, web_link
from digest.render.corrected import as_told, kicker_of, remark_of
from digest.render.embedded import PicturePart
from digest.render.excerpts import excerpt
from digest.render.marks import Marking
from digest.render.palette import Brand
from digest.render.quoted import shortened_to_octets
from digest.render.reading import reading_seconds, whole_minutes
from digest.render.words import Words

#: Most of a line of quoted-printable: what tells two titles apart, and leaves room for five hundred.
STUB_OCTETS: Final = 56
_NAME_COLUMNS: Final = 60


class Item(Struct, frozen=True):
    """One briefing, in the contents, in full or as one of the deferred."""

    #: what it is known by in a sheet, one for each form: 17, 17-short
    key: str
    #: where links within the page lead
    anchor: str
    #: how much of it is printed: full, short, headline; line, title or stub among the items in a line each
    form: str
    title: str
    #: what kind of item it is; empty for a plain briefing
    kicker: str
    paragraphs: tuple[str, ...]
    source: str
    source_date: str
    #: the day on which it was published here; empty when that is its source's date, or there is none
    added: str
    #: 2 min read, all of it
    reading: str
    #: empty when there is nothing to read on
    url: str
    host: str
    tags: tuple[str, ...]
    #: BCP 47 tag of its text
    language: str
    lead: bool
    #: to read what is printed
    seconds: float
    #: what is said before its text, in the words of the mail; empty where it is told for the first time
    remark: str = ""
    #: what the editors say of its change, in its own language
    editors_note: str = ""
    #: who else reports the same, and what it follows up
    beside: NamedBeside = NOTHING
    #: where its picture lies; empty where none is shown
    picture: str = ""
    #: the picture in words; may be empty
    picture_alt: str = ""
    #: pixels that it takes; 0 of one that lies elsewhere, since nobody has looked at it
    picture_width: int = 0

    @property
    def shortened(self) -> bool:
        """True when there is more of it than the mail had room for."""
        return self.form != _name_of(Form.FULL)


class Group(Struct, frozen=True):
    """The items of a mail that stand under one topic."""

    #: slug of the topic
    key: str
    title: str
    items: Sequence[Item]

    @property
    def entries(self) -> Sequence[Item]:
        """The items, as the list of contents names them."""
        return self.items


class Masthead(Struct, frozen=True):
    """What is the same in every copy of an issue, for one language."""

    title: str
    #: the newsletter's own words about itself
    description: str
    #: the day in full, empty when there is none
    date: str
    #: the day within a subject
    short_date: str
    date_language: str
    language: str
    direction: str
    intro: tuple[str, ...]
    address: tuple[str, ...]
    #: where the logo lies; empty shows the title in its place
    logo_url: str
    #: what the logo says; the title when nobody said
    logo_alt: str
    links: tuple[BrandLink, ...]
    #: colours, for the style sheet
    brand: Brand
    #: the way from a reader's preferences to where each item can be judged; empty where nobody is asked
    feedback: str
    #: its links are counted, and it says so
    counts_clicks: bool = False
    #: some of its items show a picture
    shows_pictures: bool = False
    #: on which it does not come
    quiet_days: tuple[QuietDay, ...] = ()


class CohortWords(Struct, frozen=True):
    """What is the same in every copy of a cohort; an empty value leaves out what stands around it."""

    subject: str
    #: what an inbox shows after the subject
    preheader: str
    #: 8 items, 14 min read
    summary: str
    #: Covers Nov 21 – 24; empty when the issue covers its own day only
    covers: str
    #: not empty when there are enough items for a list of contents
    contents: str
    #: 3 more in your next issue; empty when nothing waits
    later: str
    #: not empty when the titles of what waits are listed
    waiting: str
    #: 120 more in brief; empty when no item stands among those in a line each
    lines: str
    #: why the reader gets this mail
    why: str
    #: the same copy as a page in a browser; empty when there is none
    view_url: str

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {name: getattr(self, name) for name in names_of(CohortWords)}


class Personal(Struct, frozen=True):
    """What only one reader's copy of an issue holds."""

    #: empty when the reader gave none
    name: str
    #: empty on a page, where nobody knows who looks; what speaks to one reader is left out with it
    preferences_url: str
    unsubscribe_url: str
    #: what is said on a page in place of what was left out; empty in a mail
    note: str = ""

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {
            "name": greeted(self.name),
            "preferences_url": one_line(self.preferences_url),
            "unsubscribe_url": one_line(self.unsubscribe_url),
            "note": one_line(self.note),
        }


def items_for(
    briefings: Mapping[int, Briefing],
    newsletter: Newsletter,
    titles: Mapping[str, str],
    words: Words,
    *,
    zone: str,
    brought: Mapping[int, PicturePart] | None = None,
) -> dict[int, Item]:
    """The briefings by number as the mails of a newsletter show them, which bring these pictures along."""
    excerpts = newsletter.item_text is ItemText.EXCERPT
    pictures = newsletter.pictures is Pictures.LINKED
    items = {
        number: item_for(one, number, titles, words, zone=zone, excerpts=excerpts, pictures=pictures)
        for number, one in briefings.items()
    }
    if newsletter.pictures is Pictures.EMBEDDED:
        for number, part in (brought or {}).items():
            items[number] = _with_picture(items[number], as_told(briefings[number]), part)
    return items


def item_for(
    briefing: Briefing,
    number: int,
    titles: Mapping[str, str],
    words: Words,
    *,
    zone: str,
    excerpts: bool = False,
    pictures: bool = False,
) -> Item:
    """The briefing as its mails show it; topics are named by these titles, unknown ones left unnamed.

    `zone` is that of the issue, in which days are told. With `excerpts` the item stops after its first
    sentences, when there is a link to read on; with `pictures` it shows its own. What its readers have had
    before says so.
    """
    told, its = as_told(briefing), briefing.correction
    url = web_link(told.url)
    texts = tuple(filter(None, map(one_line, told.paragraphs)))
    title, language = one_line(told.title), one_line(told.language)
    shown = excerpt(texts, language) if excerpts and url else texts
    return Item(
        key=str(number),
        anchor=f"b{number}",
        form=_name_of(Form.FULL),
        title=title,
        kicker=kicker_of(its, words) if its else words.section(told.section),
        paragraphs=shown,
        source=one_line(told.source or ""),
        source_date=words.plain_day(told.source_date) if told.source_date else "",
        added=_added(told, zone, words),
        reading=words.minutes(whole_minutes(reading_seconds((title, *texts)))),
        url=url,
        host=host_of(url),
        tags=tuple(titles[mark.slug] for mark in told.topics if mark.slug in titles),
        language=language,
        lead=told.lead,
        seconds=reading_seconds((title, *shown)),
        remark=remark_of(its, title, zone=zone, words=words) if its else "",
        editors_note=one_line(its.note) if its else "",
        beside=named_beside(told.beside, one_line(told.source or ""), zone=zone, words=words),
        picture=_picture(told) if pictures else "",
        picture_alt=one_line(told.picture_alt) if pictures else "",
    )


def in_form(item: Item, form: Form) -> Item:
    """The item with less of it printed; with all of it when its first sentences are all there is."""
    if form is Form.FULL:
        return item
    if item.picture:
        # nothing that is read is shortened yet: such an item is full in all but its key
        bare = replace(item, picture="", picture_alt="", picture_width=0)
        item = replace(bare, key=f"{item.key}-{_name_of(Form.PLAIN)}")
    if form is Form.PLAIN:
        return item
    if form is Form.SHORT:
        return _with_text(item, form, excerpt(item.paragraphs, item.language))
    bare = replace(_with_text(item, form, ()), kicker="", reading="", tags=())
    bare = replace(bare, remark="", editors_note="", beside=NOTHING)
    if form is Form.HEADLINE:
        return replace(bare, kicker=item.kicker)
    if item.remark:
        # a line has no other place for it, and must not tell as news what was withdrawn
        bare = replace(bare, title=f"{item.kicker} · {item.title}")
    if form is Form.LINE:
        return bare
    title = shortened_to_octets(bare.title, STUB_OCTETS) if form is Form.STUB else bare.title
    return replace(bare, title=title, source="", source_date="", added="", url="", host="")


def _with_text(item: Item, form: Form, texts: tuple[str, ...]) -> Item:
    if texts == item.paragraphs and form is Form.SHORT:
        return item
    return replace(
        item,
        key=f"{item.key}-{_name_of(form)}",
        form=_name_of(form),
        paragraphs=texts,
        seconds=reading_seconds((item.title, *texts)),
    )


def _name_of(form: Form) -> str:
    return form.name.lower()


def _picture(briefing: Briefing) -> str:
    """Where the picture lies that a mail may show: what is not encrypted tells all on the way."""
    link = web_link(briefing.picture)
    return link if link.startswith("https://") else ""


def _with_picture(item: Item, told: Briefing, part: PicturePart) -> Item:
    """The item with a picture that the mail brings along; what was taken back shows none."""
    if told.picture is None:
        return item
    return replace(
        item,
        picture=part.src,
        picture_alt=one_line(told.picture_alt),
        picture_width=part.picture.shown_width,
    )


def _added(briefing: Briefing, zone: str, words: Words) -> str:
    if briefing.source_date is None or briefing.published_at is None:
        return ""
    day = briefing.published_at.astimezone(ZoneInfo(zone)).date()
    return "" if day == briefing.source_date else words.short_day(day)


def topic_titles(topics: Iterable[Topic], words: Words) -> dict[str, str]:
    """Printable titles in the order of the topics; the one of last resort is always there."""
    in_order = sorted(topics, key=lambda topic: topic.position)
    titles = {topic.slug: one_line(topic.said_in(words.date_language).title) for topic in in_order}
    return titles if GENERAL in titles else {**titles, GENERAL: "General"}


def masthead_for(newsletter: Newsletter, issue: Issue | None, words: Words) -> Masthead:
    """The frame of an issue's mails, or of a mail that belongs to none."""
    return Masthead(
        title=one_line(newsletter.title),
        description=one_line(newsletter.description),
        date=words.long_day(issue.day) if issue else "",
        short_date=words.short_day(issue.day) if issue else "",
        date_language=words.date_language,
        language=words.language,
        direction=words.direction,
        intro=paragraphs(issue.intro or "") if issue else (),
        address=tuple(filter(None, map(one_line, newsletter.postal_address.splitlines()))),
        logo_url=web_link(newsletter.logo_url),
        logo_alt=one_line(newsletter.logo_alt) or one_line(newsletter.title),
        links=_links(newsletter),
        brand=Brand(newsletter.accent, newsletter.ground),
        feedback=f"/issues/{issue.id}" if issue and newsletter.feedback else "",
        quiet_days=newsletter.quiet_days,
    )


def greeted(name: str) -> str:
    """A reader's name as a greeting says it: one line of a reasonable length."""
    return shortened(one_line(name), _NAME_COLUMNS)


def _links(newsletter: Newsletter) -> tuple[BrandLink, ...]:
    links = (BrandLink(one_line(link.name), web_link(link.url)) for link in newsletter.links)
    return tuple(link for link in links if link.name and link.url)


@cache
def names_of(values: type[CohortWords] | type[Personal]) -> tuple[str, ...]:
    """The names of slots, in the order in which the type takes their values."""
    return values.__struct_fields__


def issue_page(
    masthead: Masthead,
    groups: Sequence[Group],
    deferred: Sequence[Item],
    copy: CohortWords,
    reader: Personal,
    marks: Marking,
    lines: Sequence[Item] = (),
) -> dict[str, Any]:
    """All that the templates in `issue/` may name; `lines` are the items in a line each."""
    return {
        "masthead": masthead,
        "groups": groups,
        "contents": groups,
        "lines": lines,
        "deferred": deferred,
        "copy": copy,
        "reader": reader,
        "marks": marks,
    }
