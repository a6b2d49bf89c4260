"""The first tables: readers and their interned preferences, what is published, planned and sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Instant

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DELIVERY_STATUS = (
    "status IN ('planned', 'sending', 'sent', 'deferred', 'refused', 'expired', 'uncertain', 'skipped')"
)


def upgrade() -> None:
    """Make every table of version 0001, and the counters that number publications."""
    op.create_table(
        "bookmarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.Column("deferred", sa.JSON(), nullable=False),
        sa.Column("ahead", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmarks")),
        sa.UniqueConstraint("key", name=op.f("uq_bookmarks_key")),
    )
    op.create_index(op.f("ix_bookmarks_cut"), "bookmarks", ["cut"], unique=False)
    op.create_table(
        "briefings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("title_key", sa.String(length=64), nullable=False),
        sa.Column("body_key", sa.String(length=64), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published', 'retracted')", name=op.f("ck_briefings_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefings")),
        sa.UniqueConstraint("number", name=op.f("uq_briefings_number")),
    )
    op.create_index(op.f("ix_briefings_body_key"), "briefings", ["body_key"], unique=False)
    op.create_index("ix_briefings_published_at", "briefings", ["published_at"], unique=False)
    op.create_index(op.f("ix_briefings_title_key"), "briefings", ["title_key"], unique=False)
    op.create_table(
        "cadences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("days", sa.String(length=40), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadences")),
        sa.UniqueConstraint("key", name=op.f("uq_cadences_key")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "newsletters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.String(length=200), nullable=False),
        sa.Column("sender_address", sa.String(length=320), nullable=False),
        sa.Column("theme", sa.String(length=60), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("max_items", sa.Integer(), nullable=True),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("reach_back_days", sa.Integer(), nullable=False),
        sa.Column("give_up_minutes", sa.Integer(), nullable=False),
        sa.Column("latest_start_minutes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletters")),
        sa.UniqueConstraint("slug", name=op.f("uq_newsletters_slug")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sections", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("max_items", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("key", name=op.f("uq_profiles_key")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("address_key", sa.String(length=400), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_suppressions_address_hash")),
    )
    op.create_table(
        "topics",
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_topics")),
    )
    op.create_table(
        "briefing_topics",
        sa.Column("briefing_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["briefing_id"], ["briefings.id"], name=op.f("fk_briefing_topics_briefing_id")
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["topics.slug"], name=op.f("fk_briefing_topics_slug"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("briefing_id", "slug", name=op.f("pk_briefing_topics")),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("cadence_id", sa.Integer(), nullable=True),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("intro", sa.Text(), nullable=True),
        sa.Column("ignores_bookmarks", sa.Boolean(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.CheckConstraint("status IN ('sending', 'done')", name=op.f("ck_issues_status")),
        sa.ForeignKeyConstraint(["cadence_id"], ["cadences.id"], name=op.f("fk_issues_cadence_id")),
        sa.ForeignKeyConstraint(["newsletter_id"], ["newsletters.id"], name=op.f("fk_issues_newsletter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint(
            "newsletter_id", "cadence_id", "slot", name=op.f("uq_issues_newsletter_id_cadence_id_slot")
        ),
    )
    op.create_index(
        "ix_issues_sending",
        "issues",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'sending'"),
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_table(
        "revisions",
        sa.Column("briefing_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("paragraphs", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_revisions_briefing_id")),
        sa.PrimaryKeyConstraint("briefing_id", "revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("cadence_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("bookmark_id", sa.Integer(), nullable=False),
        sa.Column("served_day", sa.Date(), nullable=False),
        sa.Column("began_after", sa.Integer(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("away_after", sa.Integer(), nullable=True),
        sa.Column("paused_until", Instant(), nullable=True),
        sa.CheckConstraint(
            "standing IN ('pending', 'active', 'paused', 'bouncing', 'complained', 'left', 'suppressed')",
            name=op.f("ck_subscriptions_standing"),
        ),
        sa.ForeignKeyConstraint(["bookmark_id"], ["bookmarks.id"], name=op.f("fk_subscriptions_bookmark_id")),
        sa.ForeignKeyConstraint(["cadence_id"], ["cadences.id"], name=op.f("fk_subscriptions_cadence_id")),
        sa.ForeignKeyConstraint(
            ["newsletter_id"], ["newsletters.id"], name=op.f("fk_subscriptions_newsletter_id")
        ),
        sa.ForeignKeyConstraint(["profile_id"], ["profiles.id"], name=op.f("fk_subscriptions_profile_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_subscriptions_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "subscriber_id", "newsletter_id", name=op.f("uq_subscriptions_subscriber_id_newsletter_id")
        ),
    )
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["newsletter_id", "cadence_id", "standing", "served_day"],
        unique=False,
    )
    op.create_index(
        "ix_subscriptions_paused_until",
        "subscriptions",
        ["paused_until"],
        unique=False,
        sqlite_where=sa.text("paused_until IS NOT NULL"),
        postgresql_where=sa.text("paused_until IS NOT NULL"),
    )
    op.create_table(
        "cohorts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("bookmark_id", sa.Integer(), nullable=False),
        sa.Column("next_bookmark_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("deferred", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("skip", sa.String(length=20), nullable=True),
        sa.Column("covers_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["bookmark_id"], ["bookmarks.id"], name=op.f("fk_cohorts_bookmark_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_cohorts_issue_id")),
        sa.ForeignKeyConstraint(
            ["next_bookmark_id"], ["bookmarks.id"], name=op.f("fk_cohorts_next_bookmark_id")
        ),
        sa.ForeignKeyConstraint(["profile_id"], ["profiles.id"], name=op.f("fk_cohorts_profile_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohorts")),
        sa.UniqueConstraint(
            "issue_id",
            "round",
            "profile_id",
            "bookmark_id",
            name=op.f("uq_cohorts_issue_id_round_profile_id_bookmark_id"),
        ),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_gaps_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_subscription_id"), "gaps", ["subscription_id"], unique=False)
    op.create_table(
        "issue_briefings",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_issue_briefings_issue_id")),
        sa.PrimaryKeyConstraint("issue_id", "round", "number", name=op.f("pk_issue_briefings")),
    )
    op.create_table(
        "standing_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=True),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_standing_changes_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_changes")),
    )
    op.create_index(
        op.f("ix_standing_changes_subscription_id"), "standing_changes", ["subscription_id"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", BIG_ID, nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.CheckConstraint(_DELIVERY_STATUS, name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name=op.f("fk_deliveries_cohort_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_deliveries_issue_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_deliveries_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "subscription_id", "issue_id", name=op.f("uq_deliveries_subscription_id_issue_id")
        ),
    )
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["issue_id", "status"],
        unique=False,
        sqlite_where=sa.text("status IN ('planned', 'sending', 'deferred', 'uncertain')"),
        postgresql_where=sa.text("status IN ('planned', 'sending', 'deferred', 'uncertain')"),
    )
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.Integer))
    op.bulk_insert(counters, [{"name": "briefings", "value": 0}, {"name": "batches", "value": 0}])
