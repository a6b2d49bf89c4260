"""Readers who share cadence, profile, bookmark and served day share one row, and are moved as one.

What states a row may have is spelled out, since SQLite makes a table of what stands behind an IN for each
row that it writes: half of what planning took.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_STATES = {
    "briefings": ("draft", "published", "retracted"),
    "issues": ("sending", "done"),
    "deliveries": (
        *("planned", "sending", "sent", "deferred"),
        *("refused", "expired", "uncertain", "skipped"),
    ),
}
_OPEN = ("planned", "sending", "deferred", "uncertain")
_SHARED = ("newsletter_id", "cadence_id", "profile_id", "bookmark_id", "served_day")


def upgrade() -> None:
    """Make the groups that the readers form, and let each subscription name its own."""
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("cadence_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("bookmark_id", sa.Integer(), nullable=False),
        sa.Column("served_day", sa.Date(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bookmark_id"], ["bookmarks.id"], name=op.f("fk_groups_bookmark_id")),
        sa.ForeignKeyConstraint(["cadence_id"], ["cadences.id"], name=op.f("fk_groups_cadence_id")),
        sa.ForeignKeyConstraint(["newsletter_id"], ["newsletters.id"], name=op.f("fk_groups_newsletter_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["profiles.id"], name=op.f("fk_groups_profile_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index(
        "ix_groups_due",
        "groups",
        ["newsletter_id", "cadence_id", "is_active", "served_day", "profile_id", "bookmark_id"],
        unique=False,
    )
    op.add_column("subscriptions", sa.Column("group_id", sa.Integer(), nullable=True))
    _form_groups()
    op.drop_index("ix_subscriptions_due", table_name="subscriptions")
    with op.batch_alter_table("subscriptions") as table:
        for name in ("cadence_id", "profile_id", "bookmark_id"):
            table.drop_constraint(f"fk_subscriptions_{name}", type_="foreignkey")
        for name in _SHARED[1:]:
            table.drop_column(name)
        table.alter_column("group_id", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key(op.f("fk_subscriptions_group_id"), "groups", ["group_id"], ["id"])
    op.create_index(op.f("ix_subscriptions_group_id"), "subscriptions", ["group_id"], unique=False)
    _spell_out_states()


def _spell_out_states() -> None:
    op.drop_index("ix_deliveries_open", table_name="deliveries")
    for name, states in _STATES.items():
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"ck_{name}_status"), type_="check")
            table.create_check_constraint(op.f(f"ck_{name}_status"), _one_of(states))
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["issue_id", "status"],
        unique=False,
        sqlite_where=sa.text(_one_of(_OPEN)),
        postgresql_where=sa.text(_one_of(_OPEN)),
    )


def _one_of(states: tuple[str, ...]) -> str:
    return " OR ".join(f"status = '{state}'" for state in states)


def _form_groups() -> None:
    groups = sa.table("groups", *(sa.column(name) for name in ("id", *_SHARED, "is_active")))
    readers = sa.table("subscriptions", *(sa.column(name) for name in (*_SHARED, "standing", "group_id")))
    is_active = readers.c.standing == "active"
    shared = [readers.c[name] for name in _SHARED]
    op.execute(
        sa.insert(groups).from_select(
            [*_SHARED, "is_active"], sa.select(*shared, is_active.label("is_active")).distinct()
        )
    )
    same = sa.and_(*(groups.c[name] == readers.c[name] for name in _SHARED), groups.c.is_active == is_active)
    op.execute(sa.update(readers).values(group_id=sa.select(groups.c.id).where(same).scalar_subquery()))
