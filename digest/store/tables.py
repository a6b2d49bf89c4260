"""The tables of what is published, planned and sent; those of readers stand in `subscribers.tables`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    false,
    text,
)

from digest.core.model import Archive, BriefingStatus, DeliveryStatus, IssueStatus, ItemText, Pictures
from digest.core.notices import NoticeKind
from subscribers.tables import Instant
from subscribers.tables import metadata as metadata

#: Deliveries in these states keep their issue open.
OPEN: Final = (
    DeliveryStatus.PLANNED,
    DeliveryStatus.SENDING,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.UNCERTAIN,
)
#: Issues in these states are not at their end.
UNFINISHED: Final = (IssueStatus.WAITING, IssueStatus.SENDING, IssueStatus.HELD, IssueStatus.CANCELLING)
#: 64 bits on PostgreSQL; on SQLite only INTEGER aliases the row id, which has 64 bits anyway.
BigId = BigInteger().with_variant(Integer, "sqlite")


def one_of(name: str, values: Iterable[str]) -> str:
    """The condition that a column has one of these values.

    Spelled out: for every row that it writes, SQLite makes a table of the values behind an IN.
    """
    return " OR ".join(f"{name} = '{value}'" for value in values)


def is_one_of(name: str, values: type[StrEnum]) -> CheckConstraint:
    """The constraint that a column has one of the values of an enumeration."""
    return CheckConstraint(one_of(name, values), name=name)


# Gapless counters: the row lock of an update orders publications by commit.
counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)

# Facts about this store as a whole, such as the random name that keeps its Message-IDs apart from others'.
facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

newsletters = Table(
    "newsletters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(60), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("sender_name", String(200), nullable=False),
    Column("sender_address", String(320), nullable=False),
    Column("theme", String(60), nullable=False),
    Column("sections", JSON, nullable=False),
    Column("max_items", Integer),
    Column("postal_address", Text, nullable=False),
    Column("reach_back_days", Integer, nullable=False),
    Column("give_up_minutes", Integer, nullable=False),
    Column("latest_start_minutes", Integer),
    Column("item_text", String(12), nullable=False),
    Column("logo_url", Text),
    Column("logo_alt", Text, nullable=False),
    # #rrggbb
    Column("accent", String(7)),
    Column("ground", String(7)),
    # a list of objects with a name and a url
    Column("links", JSON, nullable=False),
    # who confirms gets a welcome; who leaves gets a goodbye
    Column("welcome", Boolean, nullable=False),
    Column("goodbye", Boolean, nullable=False),
    # what anybody may do on the web: subscribe, read what was published, say what was of use
    Column("sign_up", Boolean, nullable=False),
    Column("archive", String(8), nullable=False),
    Column("feedback", Boolean, nullable=False),
    # a person approves each scheduled issue before it is sent
    Column("approval", Boolean, nullable=False, default=False),
    # how often the links of items are followed is counted
    Column("clicks", Boolean, nullable=False, default=False),
    Column("approval_lead_minutes", Integer, nullable=False, default=0),
    # a list of objects with a day and a name
    Column("quiet_days", JSON, nullable=False),
    # what new readers begin with: words by option
    Column("first_wishes", JSON, nullable=False),
    # what its mails show of the pictures of items
    Column("pictures", String(8), nullable=False),
    is_one_of("item_text", ItemText),
    is_one_of("archive", Archive),
    is_one_of("pictures", Pictures),
)

topics = Table(
    "topics",
    metadata,
    Column("slug", String(60), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("description", Text, nullable=False),
    # title and description in other languages, by language tag
    Column("translations", JSON, nullable=False),
)

# Briefings that tell of the same event; more of it in `digest.store.story_tables`.
stories = Table(
    "stories",
    metadata,
    Column("id", Integer, primary_key=True),
    # the briefing that an editor wants to see in front; no key of its own, for briefings name their story
    Column("lead_id", Integer),
    Column("made_at", Instant, nullable=False),
)

briefings = Table(
    "briefings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, unique=True),
    # items published together: they keep their page order among themselves
    Column("batch", Integer),
    Column("status", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("section", String(20), nullable=False),
    Column("lead", Boolean, nullable=False),
    Column("weight", Integer, nullable=False),
    # no cap puts it off
    Column("must_not_miss", Boolean, nullable=False, default=False),
    # when a draft is to be published
    Column("publish_at", Instant),
    # those that tell of the same event have one; most have none
    Column("story_id", ForeignKey("stories.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
    # how the same item is known again, and how a changed one is told from an unchanged one
    Column("title_key", String(64), nullable=False, index=True),
    Column("body_key", String(64), nullable=False, index=True),
    Column("content_key", String(64), nullable=False),
    is_one_of("status", BriefingStatus),
    Index("ix_briefings_published_at", "published_at"),
    # the archive walks along numbers, past what a newsletter does not carry
    Index("ix_briefings_shown", "number", "status", "section"),
    # the desk walks along ids, the newest first
    Index("ix_briefings_listed", "status", "id"),
    Index("ix_briefings_publish_at", "publish_at"),
)

# Each text that a briefing had; the newest one is what the briefing says now.
revisions = Table(
    "revisions",
    metadata,
    Column("briefing_id", ForeignKey("briefings.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("paragraphs", JSON, nullable=False),
    Column("source", Text),
    Column("source_date", Date),
    Column("url", Text),
    Column("language", String(20), nullable=False),
    # where its picture lies, and the picture in words; most have none
    Column("picture", Text),
    Column("picture_alt", Text),
    Column("at", Instant, nullable=False),
    # who wrote it, as the log of changes has it
    Column("actor", String(140), nullable=False, default=""),
)

# What a briefing is about, and why: the rule that found it, or who said so.
briefing_topics = Table(
    "briefing_topics",
    metadata,
    Column("briefing_id", ForeignKey("briefings.id"), primary_key=True),
    Column("slug", ForeignKey("topics.slug", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_briefing_topics_slug", "slug", "briefing_id"),
)

# Under which topic and source each published briefing is found: a page of the archive is one walk along the
# key. The index of search, `archive_words`, differs from store to store: see `digest.store.searching`.
listings = Table(
    "listings",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("number", ForeignKey("briefings.number"), primary_key=True, index=True),
)

# The stemmers of the texts that search knows: a question is stemmed by each.
stemmers = Table("stemmers", metadata, Column("name", String(20), primary_key=True))

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter_id", ForeignKey("newsletters.id"), nullable=False),
    # empty for a one-off by hand
    Column("cadence_id", ForeignKey("cadences.id")),
    Column("slot", String(80), nullable=False),
    Column("day", Date, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("planned_at", Instant, nullable=False),
    # each planning of the slot is a round: readers who became due later get a round of their own
    Column("rounds", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("subject", Text),
    Column("intro", Text),
    # a one-off that asked no bookmark and moved none: what it did not deliver is not owed again
    Column("ignores_bookmarks", Boolean, nullable=False, default=False),
    # its deliveries lie between these two ids, among others perhaps
    Column("first_copy", BigId),
    Column("last_copy", BigId),
    # {status: {reason: copies}}, when it is settled
    Column("outcomes", JSON(none_as_null=True)),
    # {provider family: {status: copies}}, counted after that; empty when outcomes are
    Column("families", JSON(none_as_null=True)),
    # of the outcomes what stands in the totals; and whether it was settled since (`digest.store.totals`)
    Column("in_totals", JSON(none_as_null=True)),
    Column("untotalled", Boolean, nullable=False, default=False, server_default=false()),
    # the domain of Message-IDs, kept so that a copy sent again carries the same one
    Column("domain", String(255), nullable=False),
    # of which volume its copies are, bound or about to be (`digest.store.volume_tables`); no key of its own,
    # for every process knows of issues, and few of volumes
    Column("volume_id", Integer),
    # the unique slot: any number of schedulers may try, one opens the issue
    UniqueConstraint("newsletter_id", "cadence_id", "slot"),
    is_one_of("status", IssueStatus),
    # on PostgreSQL too: see the remark at `subscriptions`
    Index("ix_issues_sending", "due_at", sqlite_where=column("status") == "sending"),
    Index("ix_issues_unfinished", "status", sqlite_where=text(one_of("status", UNFINISHED))),
    # of those that are in none, the oldest
    Index("ix_issues_volume_id_due_at", "volume_id", "due_at"),
    Index("ix_issues_untotalled", "id", sqlite_where=text("untotalled = 1")),
)

# The revision in which an issue carries a briefing: what is sent again later is sent unchanged.
issue_briefings = Table(
    "issue_briefings",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    # by number too: who has had a text that was wrong?
    Column("number", Integer, primary_key=True, index=True),
    Column("revision", Integer, nullable=False),
    # the digest of the picture that its mails bring along
    Column("picture", String(64)),
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("profile_id", ForeignKey("profiles.id"), nullable=False),
    Column("bookmark_id", ForeignKey("bookmarks.id"), nullable=False),
    Column("next_bookmark_id", ForeignKey("bookmarks.id"), nullable=False),
    Column("size", Integer, nullable=False),
    # [[topic, [numbers]], ...] in reading order; [numbers]; {reason: [numbers]}
    Column("groups", JSON, nullable=False),
    Column("deferred", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("skip", String(20)),
    Column("covers_from", Date, nullable=False),
    UniqueConstraint("issue_id", "round", "profile_id", "bookmark_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True),
    # PostgreSQL asks for these three once a statement, by triggers: asking for each copy takes five times as
    # long as writing it
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("cohort_id", ForeignKey("cohorts.id"), nullable=False),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Column("status", String(12), nullable=False),
    # a word that can be counted, and the server's own words
    Column("reason", String(40), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    # how often it was claimed: a row that kills the process is found by this
    Column("claims", Integer, nullable=False, default=0),
    # how many tries ended so that it may have arrived; not 0: its briefings are never owed again
    Column("doubts", Integer, nullable=False, default=0),
    Column("retry_at", Instant),
    Column("owner", String(40)),
    Column("lease_until", Instant),
    # set, and committed, before the first byte of the message may leave: without it a copy is provably unsent
    Column("started_at", Instant),
    Column("sent_at", Instant),
    UniqueConstraint("subscription_id", "issue_id"),
    is_one_of("status", DeliveryStatus),
    # on PostgreSQL too: see the remark at `subscriptions`
    Index("ix_deliveries_open", "issue_id", "status", "id", sqlite_where=text(one_of("status", OPEN))),
)

# Mails to one person that are no issue: written down by what brings them about, in the same transaction.
notices = Table(
    "notices",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("occasion", String(80), nullable=False),
    Column("newsletter_id", ForeignKey("newsletters.id"), nullable=False),
    # empty for an alert
    Column("subscription_id", ForeignKey("subscriptions.id"), index=True),
    # both are emptied when a reader is erased
    Column("address", String(320)),
    Column("address_key", String(400), index=True),
    # what was asked for, of a notice that speaks of it
    Column("cadence_id", ForeignKey("cadences.id")),
    Column("profile_id", ForeignKey("profiles.id")),
    Column("data", JSON, nullable=False),
    Column("domain", String(255), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("status", String(12), nullable=False),
    # the others mean what they mean in a delivery
    Column("reason", String(40), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claims", Integer, nullable=False, default=0),
    Column("doubts", Integer, nullable=False, default=0),
    Column("retry_at", Instant),
    Column("owner", String(40)),
    Column("lease_until", Instant),
    Column("started_at", Instant),
    Column("sent_at", Instant),
    # when the question was answered with yes
    Column("answered_at", Instant),
    # planning the same twice does no harm
    UniqueConstraint("occasion", "address_key"),
    is_one_of("kind", NoticeKind),
    is_one_of("status", DeliveryStatus),
    # on PostgreSQL too: see the remark at `subscriptions`
    Index("ix_notices_open", "status", "due_at", sqlite_where=text(one_of("status", OPEN))),
    Index("ix_notices_answers", "due_at", sqlite_where=text(one_of("kind", [NoticeKind.ANSWER]))),
)

# What readers said of items: the last word of each counts.
opinions = Table(
    "opinions",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_opinions_number", "number"),
)

# How often something was asked for from somewhere within a span of time: a keyed hash says what and where.
attempts = Table(
    "attempts",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),
    # the end of the span, after which the row is of no use
    Column("until", Instant, nullable=False, index=True),
    Column("count", Integer, nullable=False),
)
