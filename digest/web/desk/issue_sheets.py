"""Issues: who gets what and why, what became of each copy, and what people do about it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Power
from digest.core.corrections import CORRECTIONS
from digest.core.model import Briefing, DeliveryStatus, Issue, IssueStatus
from digest.errors import InputError, NotFoundError
from digest.flows import anew, issue_acts, settling
from digest.flows.press import Press
from digest.flows.shown_mails import ShownMail, shown_cohort
from digest.flows.trials import send_trial
from digest.store import (
    attention,
    issues,
    ledger,
    newsletters,
    numbered,
    outcomes,
    returned_mails,
    topics,
    volumes,
)
from digest.store.database import Database
from digest.store.returned_mails import Return
from digest.web.desk.frames import framed_mail, framed_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.returned_words import EFFECTS, KINDS
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from digest.web.preview_page import headers_of, measures
from subscribers.wishes import parse_address

#: Rows on one page.
_ROWS: Final = 50
#: Mails that were printed to be looked at are kept for a while: a page has four views of each.
_MAILS_KEPT: Final = 16
_KEPT_FOR: Final = timedelta(minutes=1)
#: States to choose from, in the words of the page, and the statuses that each stands for.
_STATES: Final[Mapping[str, tuple[IssueStatus, ...]]] = {
    "waits for approval": (IssueStatus.WAITING,),
    "approved or being sent": (IssueStatus.SENDING,),
    "held": (IssueStatus.HELD,),
    "cancelled": (IssueStatus.CANCELLING, IssueStatus.CANCELLED),
    "done": (IssueStatus.DONE,),
}


class Issues:
    """The issues, their cohorts and their deliveries."""

    def __init__(self, *, store: Database, press: Press | None) -> None:
        """Work on this store; mails are shown as `press` prints them, and without one not at all."""
        self._store: Final = store
        self._press: Final = press
        self._mails: Final[OrderedDict[tuple[int, str], tuple[datetime, ShownMail]]] = OrderedDict()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        issue = "/admin/issues/{id:int}"
        return [
            gate.page("/admin/issues", Power.SEE, self._list),
            gate.page(issue, Power.SEE, self._show),
            gate.act(f"{issue}/hold", Power.SEND, self._hold),
            gate.act(f"{issue}/release", Power.SEND, self._release),
            gate.act(f"{issue}/approve", Power.SEND, self._approve),
            gate.act(f"{issue}/anew", Power.SEND, self._plan_anew),
            gate.act(f"{issue}/cancel", Power.SEND, self._cancel),
            gate.act(f"{issue}/retry", Power.SEND, self._retry),
            gate.page(f"{issue}/copies", Power.SEE, self._copies),
            gate.page(f"{issue}/copies/{{copy:int}}", Power.SEE_READERS, self._copy),
            gate.page(f"{issue}/copies/{{copy:int}}/mail", Power.SEE_READERS, self._copy_mail),
            gate.act(f"{issue}/copies/{{copy:int}}/retry", Power.SEND, self._retry_one),
            gate.act(f"{issue}/copies/{{copy:int}}/resolve", Power.SEND, self._resolve),
            gate.page(f"{issue}/cohorts/{{cohort:int}}", Power.SEE, self._cohort),
            gate.page(f"{issue}/cohorts/{{cohort:int}}/mail", Power.SEE, self._cohort_mail),
            gate.act(f"{issue}/cohorts/{{cohort:int}}/test", Power.SEND, self._test),
        ]

    # --- Looking

    async def _list(self, visit: Visit) -> Response:
        asked = {name: visit.asked(name) for name in ("newsletter", "state", "every")}
        wanted, state = asked["newsletter"], asked["state"]
        if state and state not in _STATES:
            raise InputError(f"state {state!r} is not known: choose among {', '.join(_STATES)}")
        async with self._store.read() as connection:
            known = {one.id: one for one in await newsletters.every(connection)}
            chosen = next((one.id for one in known.values() if one.slug == wanted), None)
            found = await attention.newest_issues(
                *(connection,),
                before=visit.asked_number("before"),
                limit=_ROWS + 1,
                newsletter_id=chosen,
                statuses=_STATES.get(state, ()),
                with_copies=not asked["every"],
            )
            shown = found[:_ROWS]
            ids = [one.id for one in shown]
            counted = await outcomes.kept(connection, ids)
            copies = await outcomes.planned_copies(connection, ids)
            for one in shown:
                if one.id in counted:
                    continue
                if one.status in (IssueStatus.DONE, IssueStatus.CANCELLED):
                    counted[one.id] = await outcomes.counts_of(connection, one.id)
                else:
                    still = await outcomes.open_counts(connection, one.id)
                    settled = max(0, copies.get(one.id, 0) - sum(still.values()))
                    counted[one.id] = {"sent": {"": settled}} | {name: {"": n} for name, n in still.items()}
        return sheet(
            visit,
            "issues",
            issues=shown,
            newsletters=known,
            counts={id_: _by_status(found) for id_, found in counted.items()},
            copies=copies,
            asked=asked,
            states=list(_STATES),
            query=urlencode({name: word for name, word in asked.items() if word}),
            more=shown[-1].id if len(found) > _ROWS else None,
        )

    async def _show(self, visit: Visit) -> Response:
        return await self._shown(visit, "")

    async def _shown(self, visit: Visit, wrong: str, status: int = 200) -> Response:
        below = visit.asked_number("below")
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            newsletter = await newsletters.by_id(connection, issue.newsletter_id)
            found = await issues.cohorts_below(connection, issue.id, below=below, limit=_ROWS + 1)
            counted = await outcomes.of_issue(connection, issue.id)
            planned = (await outcomes.planned_copies(connection, [issue.id])).get(issue.id, 0)
            shown = found[:_ROWS]
            would_go = (
                await anew.differences(connection, shown, newsletter)
                if anew.can_be_planned_anew(issue)
                else {}
            )
            others = {n for one in would_go.values() for n in one.numbers}
            items = await numbered.newest_of(
                connection, {n for row in shown for n in _all_numbers(row)} | others
            )
            names = await _names(connection)
        return sheet(
            visit,
            "issue",
            status=status,
            issue=issue,
            newsletter=newsletter,
            approve_by=issue_acts.approve_by(issue, newsletter),
            cohorts=shown,
            more=shown[-1].id if len(found) > _ROWS else None,
            outcomes=counted,
            counts=_by_status(counted),
            planned=planned,
            items=items,
            topics=names,
            would_go=would_go,
            differ=sum(row.size for row in shown if row.id in would_go and would_go[row.id].numbers),
            wrong=wrong,
        )

    async def _copies(self, visit: Visit) -> Response:
        status, address = visit.asked("status"), visit.asked("email")
        chosen = DeliveryStatus(status) if status in set(DeliveryStatus) else None
        may = visit.may(Power.SEE_READERS)
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            is_bound = await volumes.holds(connection, issue.id)
            found = await ledger.page(
                connection,
                after=visit.asked_number("after") or 0,
                limit=_ROWS + 1,
                issue_id=issue.id,
                status=chosen,
                address=address if may and address else None,
            )
        shown = found[:_ROWS]
        return sheet(
            visit,
            "issue_copies",
            issue=issue,
            copies=shown,
            is_bound=is_bound,
            statuses=list(DeliveryStatus),
            chosen=status,
            email=address if may else "",
            more=shown[-1].id if len(found) > _ROWS else None,
        )

    async def _cohort(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            row = await issues.cohort_of(connection, issue.id, visit.number("cohort"))
            if row is None:
                raise NotFoundError("the issue has no such cohort")
            items = await numbered.newest_of(connection, _all_numbers(row))
            names = await _names(connection)
        mail = None if row.skip else await self._mail(visit, row.id)
        where = f"{visit.up}issues/{issue.id}/cohorts/{row.id}/mail"
        return self._mail_sheet(visit, issue, row, mail, where, items, names)

    def _mail_sheet(
        self,
        visit: Visit,
        issue: Issue,
        row: Any,
        mail: ShownMail | None,
        where: str,
        items: Mapping[int, Briefing],
        names: Mapping[str, str],
        entry: ledger.Entry | None = None,
        came_back: Sequence[Return] = (),
    ) -> Response:
        return sheet(
            visit,
            "issue_mail",
            issue=issue,
            cohort=row,
            entry=entry,
            mail=mail,
            where=where,
            measures=measures(mail.letter) if mail else (),
            headers=tuple(headers_of(mail.letter)) if mail else (),
            items=items,
            topics=names,
            came_back=came_back,
            kinds=KINDS,
            effects=EFFECTS,
        )

    async def _cohort_mail(self, visit: Visit) -> Response:
        mail = await self._mail(visit, visit.number("cohort"))
        return framed_words("No mail can be shown.") if mail is None else _in_frame(mail)

    async def _copy(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            entry = await self._entry(connection, visit, issue)
            row = await issues.cohort_of(connection, issue.id, entry.cohort_id)
            assert row is not None
            came_back = await returned_mails.page(connection, delivery_ids=[entry.id])
            items = await numbered.newest_of(connection, _all_numbers(row))
            names = await _names(connection)
        mail = None if row.skip else await self._mail(visit, row.id, entry)
        where = f"{visit.up}issues/{issue.id}/copies/{entry.id}/mail"
        return self._mail_sheet(visit, issue, row, mail, where, items, names, entry, came_back)

    async def _copy_mail(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            entry = await self._entry(connection, visit, issue)
        mail = await self._mail(visit, entry.cohort_id, entry)
        return framed_words("No mail can be shown.") if mail is None else _in_frame(mail)

    # --- Acting

    async def _hold(self, visit: Visit) -> Response:
        await issue_acts.hold(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=held")

    async def _release(self, visit: Visit) -> Response:
        await issue_acts.release(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=released")

    async def _approve(self, visit: Visit) -> Response:
        await issue_acts.approve(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=approved")

    async def _plan_anew(self, visit: Visit) -> Response:
        await anew.plan_anew(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=anew")

    async def _cancel(self, visit: Visit) -> Response:
        await issue_acts.cancel(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=cancelled")

    async def _retry(self, visit: Visit) -> Response:
        parts: Any = {"by": visit.actor, "store": self._store, "now": visit.now}
        tried = await settling.retry_refused(visit.number("id"), **parts)
        return see_other(f"../{visit.number('id')}?done={'retried' if tried else 'none'}")

    async def _retry_one(self, visit: Visit) -> Response:
        await self._require_copy(visit)
        await settling.retry([visit.number("copy")], by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../copies?done=retried")

    async def _resolve(self, visit: Visit) -> Response:
        await self._require_copy(visit)
        word = visit.form.one("as")
        if word not in {"sent", "again"}:
            raise InputError("say whether the copy arrived, or is to be sent again")
        await settling.resolve(
            *(visit.number("copy"),),
            was_sent=word == "sent",
            by=visit.actor,
            store=self._store,
            now=visit.now,
        )
        return see_other("../../copies?status=uncertain&done=resolved")

    async def _test(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            issue = await self._issue(connection, visit)
            if await issues.cohort_of(connection, issue.id, visit.number("cohort")) is None:
                raise NotFoundError("the issue has no such cohort")
        await send_trial(
            *(visit.number("cohort"), addresses_in(visit.form.text("to"))),
            token=visit.form.one("token")[:32],
            by=visit.actor,
            store=self._store,
            now=visit.now,
        )
        return see_other(f"../{visit.number('cohort')}?done=tested")

    # --- Finding

    async def _issue(self, connection: AsyncConnection, visit: Visit) -> Issue:
        found = await issues.by_id(connection, visit.number("id"))
        if found is None:
            raise NotFoundError("there is no such issue")
        return found

    async def _entry(self, connection: AsyncConnection, visit: Visit, issue: Issue) -> ledger.Entry:
        found = await ledger.by_id(connection, visit.number("copy"))
        if found is None or found.issue_id != issue.id:
            raise NotFoundError("the issue has no such copy")
        return found

    async def _require_copy(self, visit: Visit) -> None:
        async with self._store.read() as connection:
            await self._entry(connection, visit, await self._issue(connection, visit))

    async def _mail(
        self, visit: Visit, cohort_id: int, entry: ledger.Entry | None = None
    ) -> ShownMail | None:
        if self._press is None:
            return None
        address = entry.address if entry else None
        key = cohort_id, address or ""
        kept = self._mails.get(key)
        if kept is not None and timedelta() <= visit.now - kept[0] < _KEPT_FOR:
            return kept[1]
        to = {} if address is None else {"address": address, "name": entry.name if entry else ""}
        found = await shown_cohort(cohort_id, store=self._store, press=self._press, **to)
        if found.copy.issue.id != visit.number("id"):
            raise NotFoundError("the issue has no such cohort")
        self._mails[key] = visit.now, found
        while len(self._mails) > _MAILS_KEPT:
            self._mails.popitem(last=False)
        return found


def addresses_in(text: str) -> list[str]:
    """The addresses in a field, by lines, commas or semicolons; by blanks where all between are some."""
    found: list[str] = []
    for line in text.replace(",", "\n").replace(";", "\n").splitlines():
        words = line.split()
        # of one that is not, the whole line is named: its blanks are most likely the slip
        found += words if all("@" in word for word in words) else [line.strip()]
    return [parse_address(one) for one in found]


def _in_frame(mail: ShownMail) -> Response:
    if mail.html is None:
        return framed_words("This is a mail in plain text: it has no other look.")
    return framed_mail(mail.html)


def _by_status(found: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {status: sum(by_reason.values()) for status, by_reason in found.items()}


def _all_numbers(row: Any) -> set[int]:
    """The briefings that a cohort's row speaks of."""
    left_out = [number for some in row.left_out.values() for number in some]
    return {*issues.numbers_in(row.groups), *row.deferred, *left_out}


async def _names(connection: AsyncConnection) -> dict[str, str]:
    """What the places of items in a copy are called: topics, and where corrections stand."""
    found = {topic.slug: topic.title for topic in await topics.every(connection)}
    return found | {CORRECTIONS: "Corrections and updates"}
