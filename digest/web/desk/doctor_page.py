"""The doctor at the desk: what is wrong with all that mails depend on, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response
from msgspec import Struct

from digest.core.access import Power
from digest.core.doctor_findings import Finding, Found, Group, Level
from digest.errors import NotFoundError
from digest.flows.looking import Look, Looking
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit

#: Seconds for which a form waits for the findings: no stop of the server, and no proxy, waits longer.
WAITS: Final = 20.0

_TITLES: Final[Mapping[str, str]] = {
    Group.SETTINGS: "Settings",
    Group.STORE: "Store",
    Group.SMTP: "Mail servers",
    Group.DNS: "DNS",
    Group.CLOCK: "Clock and time zones",
    Group.FILES: "Folders",
    Group.PACKAGES: "Packages",
    Group.WORK: "Work",
}
_WORST_FIRST: Final = (Level.ERROR, Level.WARNING, Level.ADVICE, Level.FINE)
#: What can be seen to at the desk as well, and where.
_AT_THE_DESK: Final = {
    Found.SENDER_RESERVED: ("newsletters", "Newsletters"),
    Found.POSTAL_ADDRESS: ("newsletters", "Newsletters"),
    Found.WORKER_SILENT: ("machines", "Machines"),
    Found.WORKER_VERSION: ("machines", "Machines"),
    Found.NOBODY_SENDS: ("machines", "Machines"),
    Found.SLOT_LATE: ("./", "Today"),
    Found.COPIES_UNCERTAIN: ("./", "Today"),
}


class Shown(Struct, frozen=True):
    """A finding, a name for its place on the page, and where at the desk one can see to it."""

    finding: Finding
    anchor: str
    place: tuple[str, str] | None


class DoctorPage:
    """`/admin/doctor`."""

    def __init__(self, *, look: Look | None, now: Callable[[], datetime]) -> None:
        """Look by `look`; a process without one can only say so."""
        self._looking: Final = None if look is None else Looking(look, now=now)

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/doctor", Power.RUN, self._show),
            gate.page("/admin/doctor/findings", Power.RUN, self._show_findings),
            gate.act("/admin/doctor", Power.RUN, self._look),
        ]

    async def _show(self, visit: Visit) -> Response:
        return self._sheet(visit, "doctor")

    async def _show_findings(self, visit: Visit) -> Response:
        """The part that changes, for who waits for the end of a look."""
        return self._sheet(visit, "_doctor_findings")

    async def _look(self, visit: Visit) -> Response:
        """Look, and answer with what was found: with the whole page to who has no scripts."""
        if self._looking is None:
            raise NotFoundError("this process cannot look: digest serve can")
        is_early = not self._looking.begin()
        await self._looking.ended(WAITS)
        wants_part = visit.request.headers.get("hx-request") == "true"
        return self._sheet(visit, "_doctor_findings" if wants_part else "doctor", is_early=is_early)

    def _sheet(self, visit: Visit, name: str, *, is_early: bool = False) -> HTMLResponse:
        looking = self._looking
        last = None if looking is None else looking.last
        values: dict[str, Any] = {} if last is None else _arranged(last.findings)
        values |= {"is_early": is_early, "is_part": name.startswith("_")}
        return sheet(visit, name, looking=looking, last=last, **values)


def _arranged(findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The findings as the page has them: what is not fine by groups, the worst before the others."""
    shown = list(_anchored(findings))
    groups: dict[str, list[Shown]] = {}
    for one in sorted((one for one in shown if one.finding.level is not Level.FINE), key=_badness):
        groups.setdefault(one.finding.group, []).append(one)
    return {
        "counts": {level: sum(one.level is level for one in findings) for level in _WORST_FIRST},
        "groups": [(title_of(group), some) for group, some in groups.items()],
        "fine": [(title_of(one.finding.group), one) for one in shown if one.finding.level is Level.FINE],
    }


def _anchored(findings: Iterable[Finding]) -> Iterable[Shown]:
    """Each with a name that no other has: of two domains, both may have no record."""
    met: dict[Found, int] = {}
    for one in findings:
        count = met[one.id] = met.get(one.id, 0) + 1
        yield Shown(one, one.id if count == 1 else f"{one.id}-{count}", _AT_THE_DESK.get(one.id))


def _badness(one: Shown) -> int:
    # the order of the command holds among what is equally bad
    return _WORST_FIRST.index(one.finding.level)


def title_of(group: str) -> str:
    """A group as people call it."""
    return _TITLES.get(group, group)
