"""PostgreSQL asks once a statement, not once a copy, whether issue, cohort and reader of copies are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

#: EXECUTE, so that it is planned each time: a kept plan is made for the first few rows, and many may come.
_NEW_COPIES = """
    CREATE FUNCTION digest_copies_have_keys() RETURNS trigger LANGUAGE plpgsql AS $digest$
    DECLARE loose bigint;
    BEGIN
        EXECUTE 'SELECT f.cohort_id FROM (SELECT DISTINCT cohort_id, issue_id FROM fresh) f
                 WHERE NOT EXISTS (SELECT FROM cohorts c WHERE c.id = f.cohort_id AND c.issue_id = f.issue_id)
                 LIMIT 1' INTO loose;
        IF loose IS NOT NULL THEN
            RAISE foreign_key_violation USING TABLE = 'deliveries', CONSTRAINT = 'fk_deliveries_cohort_id',
                MESSAGE = format('a copy names cohort %s, which is none of its issue', loose);
        END IF;
        EXECUTE 'SELECT f.subscription_id FROM fresh f
                 WHERE NOT EXISTS (SELECT FROM subscriptions s WHERE s.id = f.subscription_id)
                 LIMIT 1' INTO loose;
        IF loose IS NOT NULL THEN
            RAISE foreign_key_violation USING TABLE = 'deliveries',
                CONSTRAINT = 'fk_deliveries_subscription_id',
                MESSAGE = format('a copy names subscription %s, which does not exist', loose);
        END IF;
        RETURN NULL;
    END $digest$
"""
_CHANGED_COPY = """
    CREATE FUNCTION digest_copy_has_keys() RETURNS trigger LANGUAGE plpgsql AS $digest$
    BEGIN
        IF NOT EXISTS (SELECT FROM cohorts WHERE id = NEW.cohort_id AND issue_id = NEW.issue_id) THEN
            RAISE foreign_key_violation USING TABLE = 'deliveries', CONSTRAINT = 'fk_deliveries_cohort_id',
                MESSAGE = format('a copy names cohort %s, which is none of its issue', NEW.cohort_id);
        END IF;
        IF NOT EXISTS (SELECT FROM subscriptions WHERE id = NEW.subscription_id) THEN
            RAISE foreign_key_violation USING TABLE = 'deliveries',
                CONSTRAINT = 'fk_deliveries_subscription_id',
                MESSAGE = format('a copy names subscription %s, which does not exist', NEW.subscription_id);
        END IF;
        RETURN NULL;
    END $digest$
"""
_STILL_NAMED = """
    CREATE FUNCTION digest_named_by_copies() RETURNS trigger LANGUAGE plpgsql AS $digest$
    DECLARE named bigint;
    BEGIN
        EXECUTE format('SELECT g.id FROM gone g WHERE EXISTS (SELECT FROM deliveries d WHERE d.%I = g.id)
                        LIMIT 1', TG_ARGV[0]) INTO named;
        IF named IS NOT NULL THEN
            RAISE foreign_key_violation USING TABLE = 'deliveries',
                CONSTRAINT = 'fk_deliveries_' || TG_ARGV[0],
                MESSAGE = format('row %s of %s has copies', named, TG_TABLE_NAME);
        END IF;
        RETURN NULL;
    END $digest$
"""
_PARENTS = {"issue_id": "issues", "cohort_id": "cohorts", "subscription_id": "subscriptions"}


def upgrade() -> None:
    """SQLite keeps its keys: there they cost little, and going without needs the table made anew."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for column in _PARENTS:
        op.drop_constraint(op.f(f"fk_deliveries_{column}"), "deliveries", type_="foreignkey")
    for function in (_NEW_COPIES, _CHANGED_COPY, _STILL_NAMED):
        op.execute(sa.text(function))
    op.execute(
        "CREATE TRIGGER digest_copies_have_keys AFTER INSERT ON deliveries REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION digest_copies_have_keys()"
    )
    op.execute(
        # row by row, as corrections do it now and then: claims and results do not name these columns
        f"CREATE TRIGGER digest_copy_has_keys AFTER UPDATE OF {', '.join(_PARENTS)} ON deliveries "
        "FOR EACH ROW EXECUTE FUNCTION digest_copy_has_keys()"
    )
    for column, table in _PARENTS.items():
        op.execute(
            f"CREATE TRIGGER digest_named_by_copies AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
            f"FOR EACH STATEMENT EXECUTE FUNCTION digest_named_by_copies('{column}')"
        )
