"""All who chose a topic choose another one in its place: whole groups move, however large they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Text, case, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.groups import hold_all_alone, join_equal
from subscribers.interning import chunks, intern_profiles, profile_from
from subscribers.model import Profile
from subscribers.tables import groups, profiles, subscriptions

#: Profiles in one statement: no index tells which groups have one, so each statement walks along all of them.
_TOGETHER: Final = 400


class Rechosen(Struct, frozen=True):
    """Who chooses otherwise now: how many subscriptions, and the profiles in whose place which ones came."""

    subscriptions: int
    #: row ids, the new by the old
    profiles: Mapping[int, int]


def choosing_instead(profile: Profile, slug: str, instead: str) -> Profile:
    """The profile with another topic in the place of one; itself if it does not name that."""
    if profile.topics is None or slug not in profile.topics:
        return profile
    return replace(profile, topics=profile.topics - {slug} | {instead})


async def choose_instead(connection: AsyncConnection, slug: str, instead: str) -> Rechosen:
    """Have all who chose a topic choose another one, whatever their standing; nobody moves meanwhile."""
    await hold_all_alone(connection)
    named = cast(profiles.c.topics, Text).like(f'%"{slug}"%')
    before = {row.id: profile_from(row) for row in await connection.execute(select(profiles).where(named))}
    after = {id_: choosing_instead(one, slug, instead) for id_, one in before.items()}
    ids = await intern_profiles(connection, after.values())
    moved = {id_: ids[one] for id_, one in after.items()}
    count = 0
    places: set[tuple[int, int]] = set()
    for some in chunks(sorted(moved), _TOGETHER):
        mine = groups.c.profile_id.in_(some)
        readers = select(func.count()).select_from(subscriptions).join(groups).where(mine)
        count += (await connection.execute(readers)).scalar_one()
        where = select(groups.c.newsletter_id, groups.c.cadence_id).where(mine).distinct()
        places.update((row.newsletter_id, row.cadence_id) for row in await connection.execute(where))
        other = case({old: moved[old] for old in some}, value=groups.c.profile_id)
        await connection.execute(update(groups).where(mine).values(profile_id=other))
    for newsletter_id, cadence_id in sorted(places):
        await join_equal(connection, newsletter_id, cadence_id)
    return Rechosen(count, moved)
