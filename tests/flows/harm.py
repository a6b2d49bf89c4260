"""Harm that is done to a store by hand, past all that guards it, and what the look at every row calls it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.damage import Damage
from digest.store.database import Database
from digest.store.tables import newsletters
from tests.flows.newsroom import item, plan_all, publish_news
from tests.flows.old_issues import LATER, a_week, shrunk

_OTHERS: Final = ", ".join(column.name for column in newsletters.columns if column.name not in {"id", "slug"})
_A_NOTICE: Final = (
    "(kind, newsletter_id, subscription_id, address, address_key, data, domain, due_at, expires_at, reason, "
    "detail, attempts, claims, doubts, occasion, status) VALUES ('welcome', 1, 1, 'ann@example.org', "
    "'ann@example.org', '{{}}', 'example.org', '2026-11-24 06:00', '2026-11-25 06:00', '', '', 1, 1, 0, "
    "'{occasion}',"
)
#: Of each harm: what it is called, what else is seen of it, and the statements. In the store that `lived_in`
#: makes, issues 1 to 3 are bound, 4 was sent, 5 is planned; the readers are subscriptions 1 to 3.
HARMS: Final[dict[str, tuple[Damage, set[Damage], tuple[str, ...]]]] = {
    "two copies have it": (
        Damage.TWICE,
        {Damage.COHORT_UNPINNED},
        ("""UPDATE cohorts SET groups = '[["energy", [6, 7, 8, 9]]]' WHERE id = {whole5}""",),
    ),
    "a bookmark goes back": (
        Damage.OWED_AGAIN,
        {Damage.PREFERENCE_KEY},
        ("UPDATE bookmarks SET cut = 3 WHERE id = {mark}",),
    ),
    "a bookmark goes on": (
        Damage.BOOKMARK_AHEAD,
        {Damage.PREFERENCE_KEY},
        ("UPDATE bookmarks SET cut = 99 WHERE id = {mark}",),
    ),
    "what waited is forgotten": (
        Damage.LOST,
        {Damage.PREFERENCE_KEY},
        ("UPDATE bookmarks SET deferred = '[]', waiting = 0 WHERE id = {waiting}",),
    ),
    "a copy is deleted": (
        Damage.LOST,
        {Damage.COHORT_SIZE},
        ("DELETE FROM deliveries WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "a volume loses a leaf": (
        Damage.LOST,
        {Damage.COHORT_SIZE, Damage.ISSUE_COUNTS},
        ("DELETE FROM leaves",),
    ),
    "a copy comes out of its volume once more": (
        Damage.COPY_TWICE,
        {Damage.TWICE, Damage.COPY_UNSEEN},
        (
            "INSERT INTO deliveries (id, issue_id, cohort_id, subscription_id, status, reason, detail, "
            "attempts, claims, doubts, sent_at) SELECT 900, issue_id, id, 3, 'sent', '', '', 1, 1, 0, "
            "'2026-11-24 07:00' FROM cohorts WHERE id = {whole1}",
        ),
    ),
    "a number is taken away": (
        Damage.NUMBER_MISSING,
        set(),
        (
            "DELETE FROM listings WHERE number = 2",
            "UPDATE briefings SET number = NULL, status = 'draft' WHERE number = 2",
        ),
    ),
    "the counter goes back": (
        Damage.COUNTER_DIFFERS,
        {Damage.BOOKMARK_AHEAD, Damage.COHORT_NUMBERS},
        ("UPDATE counters SET value = 6 WHERE name = 'briefings'",),
    ),
    "a correction has the number of a briefing": (
        Damage.NUMBER_TWICE,
        set(),
        (
            "INSERT INTO corrections (number, briefing_id, kind, former_revision, revision, note, at, "
            "readers) VALUES (2, 1, 'corrected', 1, 1, '', '2026-11-24 08:00', 1)",
        ),
    ),
    "what is public has no time": (
        Damage.BRIEFING_WITHOUT_NUMBER,
        set(),
        ("UPDATE briefings SET published_at = NULL WHERE id = 1",),
    ),
    "a draft has a number": (
        Damage.DRAFT_WITH_NUMBER,
        set(),
        ("UPDATE briefings SET status = 'draft' WHERE id = 1",),
    ),
    "a text is gone": (Damage.TEXT_MISSING, set(), ("DELETE FROM revisions WHERE briefing_id = 1",)),
    "a wish is changed under its key": (
        Damage.PREFERENCE_KEY,
        set(),
        ("UPDATE profiles SET max_items = 9 WHERE max_items IS NULL",),
    ),
    "a bookmark cannot be": (
        Damage.PREFERENCE_UNREADABLE,
        {Damage.OWED_AGAIN},
        ("UPDATE bookmarks SET deferred = '[4, 4]' WHERE id = {mark}",),
    ),
    "a bookmark is miscounted": (
        Damage.BOOKMARK_MISCOUNTED,
        set(),
        ("UPDATE bookmarks SET waiting = waiting + 1 WHERE id = {mark}",),
    ),
    "who left stands among the active": (
        Damage.WRONG_GROUP,
        {Damage.STANDING_DIFFERS},
        ("UPDATE subscriptions SET standing = 'left' WHERE id = 1",),
    ),
    "a reader begins in the future": (
        Damage.BEGAN_LATER,
        set(),
        ("UPDATE subscriptions SET began_after = 99 WHERE id = 1",),
    ),
    "a history ends otherwise": (
        Damage.STANDING_DIFFERS,
        set(),
        ("UPDATE standing_changes SET after = 'paused' WHERE subscription_id = 1",),
    ),
    "an erasure is half": (
        Damage.HALF_ERASED,
        set(),
        ("UPDATE subscribers SET erased_at = '2026-11-24 08:00', address_key = NULL WHERE id = 1",),
    ),
    "a gap reaches into the future": (
        Damage.GAP_DIFFERS,
        set(),
        (
            "INSERT INTO gaps (subscription_id, after, upto, numbers, reason, at) "
            "VALUES (1, 4, 99, '[]', 'paused', '2026-11-24 08:00')",
        ),
    ),
    "sent at no time": (
        Damage.COPY_WITHOUT_TIME,
        set(),
        ("UPDATE deliveries SET sent_at = NULL WHERE issue_id = 4 AND subscription_id = 3",),
    ),
    "sent by nobody": (
        Damage.COPY_FOR_NOBODY,
        set(),
        ("UPDATE deliveries SET status = 'sending' WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "held by a ghost": (
        Damage.COPY_HELD,
        set(),
        ("UPDATE deliveries SET owner = 'ghost' WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "put off for ever": (
        Damage.COPY_WITHOUT_END,
        set(),
        ("UPDATE deliveries SET status = 'deferred' WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "tried less than never": (
        Damage.COPY_MISCOUNTED,
        set(),
        ("UPDATE deliveries SET attempts = -1 WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "refused for no reason": (
        Damage.COPY_WITHOUT_REASON,
        set(),
        ("UPDATE deliveries SET status = 'refused' WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "a copy of two issues": (
        Damage.COPY_OF_TWO_ISSUES,
        {Damage.COHORT_SIZE, Damage.TWICE, Damage.COPY_TWICE, Damage.LOST},
        ("UPDATE deliveries SET cohort_id = {whole4} WHERE issue_id = 5 AND subscription_id = 3",),
    ),
    "a copy for a stranger": (
        Damage.COPY_OF_ANOTHER,
        {Damage.WRONG_GROUP},
        (
            f"INSERT INTO newsletters (id, slug, {_OTHERS}) SELECT 77, 'other', {_OTHERS} "
            "FROM newsletters WHERE id = 1",
            "UPDATE subscriptions SET newsletter_id = 77 WHERE id = 3",
        ),
    ),
    "a span is too short": (
        Damage.COPY_UNSEEN,
        {Damage.COHORT_SIZE},
        ("UPDATE issues SET last_copy = first_copy WHERE id = 5",),
    ),
    "nothing is to be sent": (
        Damage.COPY_OF_NOTHING,
        set(),
        ("UPDATE cohorts SET skip = 'nothing-new' WHERE id = {whole5}",),
    ),
    "a closed issue is open": (
        Damage.COPY_LEFT_OPEN,
        set(),
        ("UPDATE issues SET status = 'done' WHERE id = 5",),
    ),
    "a notice at no time": (
        Damage.NOTICE_WITHOUT_TIME,
        {Damage.NOTICE_FOR_NOBODY},
        (f"INSERT INTO notices {_A_NOTICE} 'sent')", f"INSERT INTO notices {_A_NOTICE} 'sending')"),
    ),
    "a cohort is miscounted": (
        Damage.COHORT_SIZE,
        set(),
        ("UPDATE cohorts SET size = 17 WHERE id = {whole5}",),
    ),
    "a cohort is no cohort": (
        Damage.COHORT_UNREADABLE,
        {Damage.LOST},
        ("""UPDATE cohorts SET groups = '{{"energy": 7}}' WHERE id = {whole5}""",),
    ),
    "a cohort names it twice": (
        Damage.COHORT_NUMBERS,
        set(),
        ("""UPDATE cohorts SET groups = '[["energy", [7, 7, 8, 9]]]' WHERE id = {whole5}""",),
    ),
    "a cohort of no round": (
        Damage.COHORT_ROUND,
        {Damage.COHORT_UNPINNED},
        ("UPDATE cohorts SET round = 9 WHERE id = {whole5}",),
    ),
    "a revision is not pinned": (
        Damage.COHORT_UNPINNED,
        set(),
        ("DELETE FROM issue_briefings WHERE issue_id = 5",),
    ),
    "outcomes are invented": (
        Damage.ISSUE_COUNTS,
        set(),
        ("""UPDATE issues SET outcomes = '{{"sent": {{"": 99}}}}' WHERE id = 4""",),
    ),
    "outcomes are lost for good": (
        Damage.ISSUE_COUNTS_GONE,
        set(),
        ("UPDATE issues SET outcomes = NULL WHERE id = 2",),
    ),
    "a leaf is miscounted": (Damage.LEAF_DIFFERS, set(), ("UPDATE leaves SET copies = copies + 1",)),
    "a leaf is blank": (
        Damage.LEAF_UNREADABLE,
        {Damage.LOST, Damage.COHORT_SIZE, Damage.ISSUE_COUNTS},
        ("UPDATE leaves SET content = {blank}",),
    ),
    "an issue leaves its volume": (
        Damage.VOLUME_STRANGE,
        {Damage.COHORT_SIZE, Damage.ISSUE_COUNTS},
        ("UPDATE issues SET volume_id = NULL WHERE id = 2",),
    ),
    "a volume is missing": (
        Damage.VOLUME_MISSING,
        {Damage.ORPHAN},
        ("DELETE FROM volumes",),
    ),
    "a bound issue is sending": (
        Damage.VOLUME_UNFINISHED,
        set(),
        ("UPDATE issues SET status = 'sending' WHERE id = 2",),
    ),
    "a reader of nobody": (Damage.ORPHAN, set(), ("DELETE FROM subscribers WHERE id = 1",)),
    "an index is dropped": (Damage.TABLE_DIFFERS, set(), ("DROP INDEX ix_deliveries_open",)),
}


async def lived_in(store: Database) -> None:
    """A store with a past in a volume, copies that were sent, and some to come; one item waits."""
    await a_week(store)
    await shrunk(store)
    await publish_news(store, LATER + timedelta(hours=20), item("Wind", "energy"), item("Ships", "economy"))
    await publish_news(store, LATER + timedelta(hours=20), item("Roads", "economy"))
    await plan_all(store, LATER + timedelta(hours=22))


async def do_harm(connection: AsyncConnection, statements: tuple[str, ...]) -> None:
    """Run statements with nothing in their way, `{…}` filled with the rows that they are about.

    The transaction is one in which SQLite looks no references up.
    """
    names = await _names(connection)
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
    for number, statement in enumerate(statements):
        await connection.exec_driver_sql(statement.format(**names, occasion=f"harm {number}"))


async def _names(connection: AsyncConnection) -> dict[str, object]:
    """Cohorts of who wants everything, by issue; bookmarks where nothing waits, and where something does."""
    whole = (
        "SELECT c.issue_id, c.id FROM cohorts c JOIN profiles p ON p.id = c.profile_id "
        "WHERE p.topics IS NULL AND c.size > 0"
    )
    stands = (
        "SELECT g.bookmark_id FROM groups g JOIN subscriptions s ON s.group_id = g.id "
        "JOIN bookmarks b ON b.id = g.bookmark_id WHERE b.waiting {} 0 ORDER BY s.id DESC"
    )
    names: dict[str, object] = {f"whole{a}": b for a, b in await connection.execute(text(whole))}
    names["mark"] = (await connection.execute(text(stands.format("=")))).scalars().first()
    names["waiting"] = (await connection.execute(text(stands.format(">")))).scalars().first()
    return names | {"blank": "x'00'" if connection.dialect.name == "sqlite" else "'\\x00'"}
