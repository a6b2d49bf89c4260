"""Mails that say nothing are kept or counted, and it is known how it stands with a mailbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = (
    *("delivered", "delayed", "soft", "hard", "blocked", "mailbox-full", "complaint", "auto-reply"),
    *("reply", "challenge", "unsubscribe", "unknown"),
)


def upgrade() -> None:
    """No such mail was kept yet."""
    with op.batch_alter_table("returns") as returns:
        returns.drop_constraint(op.f("ck_returns_kind"), type_="check")
        returns.create_check_constraint(op.f("ck_returns_kind"), _one_of("kind", _KINDS))
    op.add_column("returned_mails", sa.Column("octets", sa.Integer(), nullable=True))
    mails = sa.table("returned_mails", sa.column("octets"), sa.column("raw"))
    # of a long one the first part is there, and nothing tells how long it was
    op.execute(sa.update(mails).values(octets=sa.func.length(mails.c.raw)))
    with op.batch_alter_table("returned_mails") as table:
        table.alter_column("octets", existing_type=sa.Integer(), nullable=False)
    op.create_table(
        "unkept_mails",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("octets", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_unkept_mails")),
    )
    op.create_table(
        "mailbox_states",
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("tried_at", _INSTANT, nullable=False),
        sa.Column("read_at", _INSTANT),
        sa.Column("mails", _BIG, nullable=False),
        sa.Column("aside", _BIG, nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailbox_states")),
    )
    answers = sa.text("kind = 'answer'")
    op.create_index(
        "ix_notices_answers", "notices", ["due_at"], sqlite_where=answers, postgresql_where=answers
    )


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)
