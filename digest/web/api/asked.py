"""What the API is asked: the bodies of calls, each with an example; a field that is not known is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictInt, StringConstraints

from digest.core.access import Power, Role
from digest.core.corrections import Telling
from digest.core.lines import MOST_TITLE
from digest.core.model import Archive, ItemText, Pictures
from digest.web.api.times import Day, Instant
from subscribers.model import Format, Section
from subscribers.suppressions import Hashing

#: Signs that a store can hold; the rest is looked at where the value is used.
_NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(max_length=1000, pattern=_NO_CONTROL)]
Headline = Annotated[str, StringConstraints(max_length=MOST_TITLE, pattern=_NO_CONTROL)]
Text = Annotated[str, StringConstraints(max_length=500_000, pattern=_NO_CONTROL)]
Word = Annotated[str, StringConstraints(max_length=320, pattern=_NO_CONTROL)]
Grounds = Annotated[str, StringConstraints(max_length=2000, pattern=_NO_CONTROL)]
NewSlug = Annotated[str, StringConstraints(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Asked(BaseModel):
    """The body of a call."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """The fields that the call names, null among them."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [fields]})


class NewBriefing(Asked):
    """One item of news."""

    title: Headline
    paragraphs: Annotated[list[Text], Field(min_length=1, max_length=1000)]
    section: Section = Section.BRIEFING
    topics: Annotated[list[Word], Field(max_length=50, description="Empty leaves them to the rules.")] = []
    source: Line | None = None
    source_date: Day | None = None
    url: Line | None = None
    picture: Annotated[Line | None, Field(description="Where its picture lies: https.")] = None
    picture_alt: Annotated[Line | None, Field(description="The picture in words.")] = None
    language: Word = "en"


class NewBriefings(Asked):
    """One or many items; they are known again, so that nothing comes in twice."""

    model_config = _example(
        items=[
            {
                "title": "Ports agree on a common queue",
                "paragraphs": ["Eight ports will share one list of waiting ships from January on."],
                "source": "Harbour Post",
                "source_date": "2026-11-23",
                "url": "https://harbour.example/queue",
            }
        ],
        publish=True,
    )

    items: Annotated[list[NewBriefing], Field(min_length=1, max_length=1000)]
    publish: Annotated[StrictBool, Field(description="False keeps new items as drafts.")] = True


class BriefingEdit(Asked):
    """What shall be changed; a field that is not named stays."""

    model_config = _example(title="Eight ports agree on a common queue", lead=True)

    title: Headline | None = None
    paragraphs: Annotated[list[Text], Field(min_length=1, max_length=1000)] | None = None
    topics: Annotated[list[Word], Field(max_length=50)] | None = None
    section: Section | None = None
    url: Annotated[Line | None, Field(description="Empty takes the link away.")] = None
    picture: Annotated[Line | None, Field(description="Of https; empty takes it away.")] = None
    picture_alt: Annotated[Line | None, Field(description="The picture in words.")] = None
    lead: StrictBool | None = None
    weight: Annotated[StrictInt, Field(ge=-999, le=999)] | None = None
    source: Annotated[Line | None, Field(description="Empty takes it away.")] = None
    source_date: Annotated[Day | None, Field(description="Null takes it away.")] = None
    language: Word | None = None
    must_not_miss: Annotated[StrictBool | None, Field(description="No cap puts it off.")] = None
    publish_at: Annotated[Instant | None, Field(description="When a draft comes out; null: never.")] = None
    tell: Annotated[Telling, Field(description="Whether those who have had the text are told.")] = (
        Telling.WHEN_IT_MATTERS
    )
    note: Annotated[Line | None, Field(max_length=600, description="What they are told of it.")] = None
    on_revision: Annotated[
        StrictInt | None, Field(ge=1, le=2**31 - 1, description="Refused when it is another one by now.")
    ] = None


Rules = Annotated[dict[Line, Annotated[StrictInt, Field(ge=0, le=9)]], Field(max_length=1000)]
Names = Annotated[list[Line], Field(max_length=100)]
Place = Annotated[StrictInt, Field(ge=0, le=9999)]


class TopicIn(Asked):
    """What readers of a language see of a topic."""

    title: Line
    description: Line = ""


Translations = Annotated[
    dict[Word, TopicIn | None],
    Field(
        max_length=100,
        description="By language tag; what is not named stays, null takes a language away.",
        json_schema_extra={"example": {"fr": {"title": "Économie", "description": ""}}},
    ),
]


class TopicEdit(Asked):
    """What shall be changed; a field that is not named stays."""

    model_config = _example(rules={"tariff": 4, "exports": 4, "customs": 2})

    title: Line | None = None
    rules: Rules | None = None
    position: Place | None = None
    aliases: Names | None = None
    description: Line | None = None
    translations: Translations = Field(default_factory=dict)


class NewTopic(TopicEdit):
    """A topic; without a position it stands behind all others."""

    model_config = _example(slug="harbours", title="Harbours", rules={"port": 3, "quay": 4})

    slug: NewSlug
    title: Line


class TopicMerge(Asked):
    """Of which topic another one shall be a part."""

    model_config = _example(into="economy")

    into: Line


class Link(Asked):
    """A link in the footer."""

    name: Word
    url: Line


FirstWish = Literal[
    "topics", "days", "at", "timezone", "at_once", "sections", "format", "max_items", "language"
]


class QuietDay(Asked):
    """A day on which the newsletter does not come."""

    day: Day
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_NO_CONTROL)]


Minutes = Annotated[StrictInt, Field(ge=1, le=366 * 24 * 60)]


class NewsletterEdit(Asked):
    """What shall be changed; a field that is not named stays."""

    model_config = _example(title="The Evening Digest", max_items=12, accent="#1a5276")

    title: Line | None = None
    description: Line | None = None
    sender_name: Line | None = None
    sender_address: Word | None = None
    theme: Word | None = None
    sections: Annotated[list[Section], Field(min_length=1)] | None = None
    max_items: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    postal_address: Annotated[str, StringConstraints(max_length=2000, pattern=_NO_CONTROL)] | None = None
    reach_back_days: Annotated[StrictInt, Field(ge=0, le=3660)] | None = None
    give_up_minutes: Minutes | None = None
    latest_start_minutes: Minutes | None = None
    item_text: ItemText | None = None
    pictures: Annotated[Pictures | None, Field(description="What mails show of items' pictures.")] = None
    logo_url: Line | None = None
    logo_alt: Line | None = None
    accent: Word | None = None
    ground: Word | None = None
    links: Annotated[list[Link], Field(max_length=12)] | None = None
    welcome: StrictBool | None = None
    goodbye: StrictBool | None = None
    sign_up: StrictBool | None = None
    archive: Archive | None = None
    feedback: StrictBool | None = None
    clicks: StrictBool | None = None
    approval: StrictBool | None = None
    approval_lead_minutes: Annotated[StrictInt, Field(ge=0, le=12 * 60)] | None = None
    quiet_days: Annotated[list[QuietDay], Field(max_length=400)] | None = None
    first_wishes: (
        Annotated[dict[FirstWish, Word], Field(description="What new readers begin with, by option.")] | None
    ) = None


class NewNewsletter(NewsletterEdit):
    """A newsletter; what is not said is as in the first one."""

    model_config = _example(slug="evening", title="The Evening Digest")

    slug: NewSlug


class Wished(Asked):
    """What a reader wants; a field that is not named stays, or is as for everybody."""

    name: Word | None = None
    topics: Literal["all"] | Annotated[list[Word], Field(min_length=1, max_length=200)] | None = None
    sections: Literal["all"] | Annotated[list[Section], Field(min_length=1)] | None = None
    days: Annotated[Word, Field(description="daily, weekdays, monthly, or mon,thu.")] | None = None
    at: Annotated[Word, Field(description="Local time of day: HH:MM.")] | None = None
    timezone: Annotated[Word, Field(description="IANA name, such as Europe/Paris.")] | None = None
    at_once: StrictBool | None = None
    format: Format | None = None
    max_items: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    language: Word | None = None

    def words(self) -> dict[str, str]:
        """The wishes by option name, as the command line has them."""
        found: dict[str, str] = {}
        for name in self.model_fields_set & Wished.model_fields.keys():
            value = getattr(self, name)
            if isinstance(value, bool):
                found[name] = "yes" if value else "no"
            elif isinstance(value, list):
                found[name] = ",".join(value)
            elif value is not None:
                found[name] = str(value)
            elif name == "max_items":
                found[name] = "none"
        return found


class NewReader(Wished):
    """A reader; active at once, unless a confirmation is asked for."""

    model_config = _example(
        email="grace@example.org", newsletter="daily", topics=["economy"], days="weekdays", at="07:30"
    )

    email: Word
    newsletter: Word = "daily"
    confirmed: Annotated[StrictBool, Field(description="False asks the reader to confirm first.")] = True
    grounds: Annotated[Grounds, Field(description="Why they may be written to; kept as evidence.")] = ""


class ReaderEdit(Wished):
    """What shall be changed, of one newsletter or of all that the address reads."""

    model_config = _example(days="mon,thu", at="18:00")

    newsletter: Word | None = None
    email: Annotated[Word | None, Field(description="The reader's new address.")] = None


class Pause(Asked):
    """Until when nothing is sent; null means until the reader is resumed."""

    model_config = _example(until="2027-01-07", catch_up=True)

    newsletter: Word | None = None
    until: Day | None = None
    catch_up: Annotated[StrictBool, Field(description="Send afterwards what came meanwhile.")] = True


class Resume(Asked):
    """Of which newsletter a pause ends; null means of all."""

    model_config = _example(newsletter="daily")

    newsletter: Word | None = None


class Question(Asked):
    """Of which newsletter a reader is asked; null means of all."""

    model_config = _example(newsletter="daily")

    newsletter: Word | None = None


class Leave(Asked):
    """Of which newsletter a subscription ends, and why; null means of all."""

    model_config = _example(reason="asked by telephone")

    newsletter: Word | None = None
    reason: Annotated[Line, Field(description="It is kept.")] = "asked an admin"


class Resolution(Asked):
    """What is to be taken as true of a copy in doubt."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, json_schema_extra={"examples": [{"as": "sent"}]}
    )

    as_: Annotated[Literal["sent", "again"], Field(alias="as")]


class ByHand(Asked):
    """A one-off issue: whom to write to is said in exactly one way."""

    model_config = _example(
        newsletter="daily",
        to=["ada@example.org"],
        briefings=[1],
        subject="One more thing",
        intro="Read this.",
    )

    newsletter: Word
    everybody: Annotated[StrictBool, Field(description="To all active readers.")] = False
    to: Annotated[list[Word], Field(max_length=1000)] = []
    topics: Annotated[list[Word], Field(max_length=200, description="To who follows one of these.")] = []
    audience: Annotated[Line, Field(description="To whom this filter means, such as `topic = economy`.")] = ""
    briefings: Annotated[
        list[Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]],
        Field(max_length=500, description="None means what each reader's wishes choose."),
    ] = []
    since: Annotated[Instant | None, Field(description="Only what was published since.")] = None
    subject: Line | None = None
    intro: Annotated[str, StringConstraints(max_length=20_000, pattern=_NO_CONTROL)] | None = None
    ignore_bookmarks: Annotated[StrictBool, Field(description="Also send what readers have had.")] = False


class NewPerson(Asked):
    """Somebody who may enter the desk: with a password, or with a link by which they choose one."""

    model_config = _example(name="Grace", role="viewer", link=True)

    name: Word
    role: Role = Role.VIEWER
    password: Annotated[SecretStr | None, Field(description="Left out with `link`.")] = None
    link: Annotated[
        StrictBool, Field(description="Answer with a link, good once and for three days, to choose it by.")
    ] = False


class PersonEdit(Asked):
    """What shall be changed."""

    model_config = _example(role="editor")

    role: Role | None = None
    shut_out: StrictBool | None = None


class NewKey(Asked):
    """A key for a program: it can do no more than its holder, and no more than the key that makes it."""

    model_config = _example(label="import", scopes=["see", "keep-readers"])

    label: Word
    scopes: Annotated[list[Power], Field(min_length=1, max_length=20)]


class NewSuppressions(Asked):
    """Addresses that must not be written to."""

    model_config = _example(addresses=["lin@example.org"], note="asked by letter")

    addresses: Annotated[list[Word], Field(min_length=1, max_length=10_000)]
    hashes: Annotated[
        Hashing | None,
        Field(
            description="They are no addresses but hashes of them, in hexadecimal: `sha256` or `md5` of the "
            "address in small letters, or `own`, as this list is written out."
        ),
    ] = None
    note: Annotated[str, StringConstraints(max_length=200, pattern=_NO_CONTROL)] = ""
