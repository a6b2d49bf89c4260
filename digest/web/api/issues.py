"""Issues, copies and notices through the API: what was planned, what became of it, what is to."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from digest.core.access import Power
from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.errors import NotFoundError
from digest.flows import issue_acts, settling, settling_notices
from digest.flows.anew import plan_anew
from digest.flows.press import Press
from digest.flows.shown import cohort_shown, delivery_shown, issue_shown, notice_shown
from digest.store import issues as shelf
from digest.store import ledger, newsletters
from digest.store import notices as notice_shelf
from digest.web.api.answered_issues import (
    DeliveryShown,
    IssueInFull,
    IssueMoved,
    IssueShown,
    NoticeShown,
    Settled,
)
from digest.web.api.asked import Resolution
from digest.web.api.calls import Call, Made
from digest.web.api.paths import LARGEST, After, Document, Id, Limit, Listing, Paths, part
from subscribers.wishes import parse_address


def add_to(paths: Paths, press: Press) -> None:
    """Add what is about issues, copies and notices."""
    mails = Mails(press)
    paths.get("/issues", Power.SEE, list_issues, Listing[IssueShown])
    paths.get("/issues/{id}", Power.SEE, show_issue, IssueInFull)
    paths.act("/issues/{id}/hold", Power.SEND, hold_issue, IssueMoved)
    paths.act("/issues/{id}/release", Power.SEND, release_issue, IssueMoved)
    paths.act("/issues/{id}/approve", Power.SEND, approve_issue, IssueMoved)
    paths.act("/issues/{id}/plan-anew", Power.SEND, plan_issue_anew, IssueMoved)
    paths.act("/issues/{id}/cancel", Power.SEND, cancel_issue, IssueMoved)
    paths.get("/deliveries", Power.SEE_READERS, mails.list_deliveries, Listing[DeliveryShown])
    paths.get("/deliveries/{id}", Power.SEE_READERS, mails.show_delivery, DeliveryShown)
    paths.act("/deliveries/{id}/retry", Power.SEND, retry_delivery, Settled)
    paths.post("/deliveries/{id}/resolve", Power.SEND, resolve_delivery, Settled)
    paths.get("/notices", Power.SEE_READERS, mails.list_notices, Listing[NoticeShown])
    paths.get("/notices/{id}", Power.SEE_READERS, mails.show_notice, NoticeShown)
    paths.act("/notices/{id}/retry", Power.SEND, retry_notice, Settled)
    paths.post("/notices/{id}/resolve", Power.SEND, resolve_notice, Settled)


async def list_issues(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List issues by id."""
    async with call.store.read() as connection:
        slugs = await newsletters.slugs(connection)
        found = await shelf.page(connection, after=after, limit=limit + 1)
        document = part(found, limit, lambda one: one.id, lambda one: issue_shown(one, slugs, call.now))
        for item in document["items"]:
            item["outcomes"] = await shelf.outcome_counts(connection, item["id"])
    return document


async def show_issue(call: Made, id: Id) -> Document:
    """Show an issue with its cohorts: who gets what, and why."""
    async with call.store.read() as connection:
        found = await shelf.by_id(connection, id)
        if found is None:
            raise NotFoundError(f"issue {id} does not exist")
        slugs = await newsletters.slugs(connection)
        document = issue_shown(found, slugs, call.now)
        document["outcomes"] = await shelf.outcome_counts(connection, id)
        document["cohorts"] = [cohort_shown(row) for row in await shelf.cohorts_of(connection, id)]
    return document


async def hold_issue(call: Made, id: Id) -> Document:
    """Send no more copies of an issue until it is released

    What a sender has in hand goes out.
    """
    await issue_acts.hold(id, by=call.actor, store=call.store, now=call.now)
    return await _moved(call, id)


async def release_issue(call: Made, id: Id) -> Document:
    """Let an issue go on that was held."""
    await issue_acts.release(id, by=call.actor, store=call.store, now=call.now)
    return await _moved(call, id)


async def approve_issue(call: Made, id: Id) -> Document:
    """Let an issue go that waits for approval."""
    await issue_acts.approve(id, by=call.actor, store=call.store, now=call.now)
    return await _moved(call, id)


async def plan_issue_anew(call: Made, id: Id) -> Document:
    """Plan an issue that waits for approval from what is published now."""
    await plan_anew(id, by=call.actor, store=call.store, now=call.now)
    return await _moved(call, id)


async def cancel_issue(call: Made, id: Id) -> Document:
    """Take an issue back

    What is not sent yet is skipped, and its readers get the briefings later.
    """
    await issue_acts.cancel(id, by=call.actor, store=call.store, now=call.now)
    return await _moved(call, id)


async def _moved(call: Call, issue_id: int) -> Document:
    async with call.store.read() as connection:
        found = await shelf.by_id(connection, issue_id)
    if found is None:
        raise NotFoundError(f"issue {issue_id} does not exist")
    return {"id": found.id, "status": found.status}


async def retry_delivery(call: Made, id: Id) -> Document:
    """Try a refused or deferred copy again with the next run."""
    await settling.retry([id], by=call.actor, store=call.store, now=call.now)
    return {"id": id, "status": DeliveryStatus.PLANNED}


async def resolve_delivery(call: Made, id: Id, body: Resolution) -> Document:
    """Settle an uncertain copy: it was sent, or it shall be sent again."""
    was_sent = body.as_ == "sent"
    status = await settling.resolve(id, was_sent=was_sent, by=call.actor, store=call.store, now=call.now)
    return {"id": id, "status": status}


async def retry_notice(call: Made, id: Id) -> Document:
    """Try a notice again that was refused, deferred or given up."""
    (found,) = await settling_notices.retry([id], store=call.store, now=call.now, by=call.actor)
    return {"id": id, "status": found.status}


async def resolve_notice(call: Made, id: Id, body: Resolution) -> Document:
    """Settle a notice in doubt: it was sent, or it shall be sent again."""
    found = await settling_notices.resolve(
        id, was_sent=body.as_ == "sent", store=call.store, now=call.now, by=call.actor
    )
    return {"id": id, "status": found.status}


class Mails:
    """What is shown with the Message-ID under which it was or will be sent."""

    def __init__(self, press: Press) -> None:
        """The press knows them."""
        self._press: Final = press

    async def list_deliveries(
        self,
        call: Made,
        issue: Annotated[int | None, Query(ge=1, le=LARGEST, examples=[1])] = None,
        status: Annotated[DeliveryStatus | None, Query(examples=["sent"])] = None,
        email: Annotated[str | None, Query(max_length=320, examples=["ada@example.org"])] = None,
        after: After = 0,
        limit: Limit = 100,
    ) -> Document:
        """List copies by id."""
        address = None if email is None else parse_address(email)
        message_id = await self._press.message_ids()
        async with call.store.read() as connection:
            found = await ledger.page(
                connection, after=after, limit=limit + 1, issue_id=issue, status=status, address=address
            )
        return part(
            found,
            limit,
            lambda one: one.id,
            lambda one: delivery_shown(one, message_id(one.issue_id, one.id, one.domain)),
        )

    async def show_delivery(self, call: Made, id: Id) -> Document:
        """Show a copy."""
        message_id = await self._press.message_ids()
        async with call.store.read() as connection:
            found = await ledger.by_id(connection, id)
        if found is None:
            raise NotFoundError(f"delivery {id} does not exist")
        return delivery_shown(found, message_id(found.issue_id, found.id, found.domain))

    async def list_notices(
        self,
        call: Made,
        status: Annotated[DeliveryStatus | None, Query(examples=["sent"])] = None,
        kind: Annotated[NoticeKind | None, Query(examples=["confirm"])] = None,
        after: After = 0,
        limit: Limit = 100,
    ) -> Document:
        """List mails to one person that are no issue."""
        message_id = await self._press.notices.message_ids()
        async with call.store.read() as connection:
            slugs = await newsletters.slugs(connection)
            found = await notice_shelf.page(
                connection, after=after, limit=limit + 1, status=status, kind=kind
            )
        return part(found, limit, lambda one: one.id, lambda one: notice_shown(one, slugs, message_id(one)))

    async def show_notice(self, call: Made, id: Id) -> Document:
        """Show a mail to one person that is no issue."""
        message_id = await self._press.notices.message_ids()
        async with call.store.read() as connection:
            slugs = await newsletters.slugs(connection)
            found = await settling_notices.require(connection, id)
        return notice_shown(found, slugs, message_id(found))
