"""What a look at clocks, folders, packages and machines finds, each with its mend: values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.doctor_findings import Finding, Found, Level, is_well, or_fine
from digest.core.doctor_house import (
    ClockSeen,
    LateSlot,
    MachineSeen,
    OpenPlace,
    PluginSeen,
    WorkSeen,
    judge_clock,
    judge_folders,
    judge_packages,
    judge_plugins,
    judge_work,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
FINE, ADVICE, WARNING, ERROR = Level.FINE, Level.ADVICE, Level.WARNING, Level.ERROR


def told(findings: tuple[Finding, ...]) -> list[tuple[Found, Level, str]]:
    return [(one.id, one.level, one.line) for one in findings]


@pytest.mark.parametrize(
    ("seconds", "level", "line"),
    [
        (0, FINE, "the clocks agree; time-zone data 2026.1"),
        (5, FINE, "the clocks agree; time-zone data 2026.1"),
        (6, WARNING, "the clock of this machine is 6 s ahead of that of the store"),
        (-6, WARNING, "the clock of this machine is 6 s behind that of the store"),
        (60, WARNING, "the clock of this machine is 60 s ahead of that of the store"),
        (61, ERROR, "the clock of this machine is 61 s ahead of that of the store"),
    ],
)
def test_clocks_may_differ_by_five_seconds(seconds: int, level: Level, line: str) -> None:
    seen = ClockSeen(NOW, NOW - timedelta(seconds=seconds), "2026.1")
    found = Found.CLOCK_FINE if level is FINE else Found.CLOCK_DIFFERS
    assert told(judge_clock(seen)) == [(found, level, line)]


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("", [(Found.CLOCK_FINE, FINE, "time-zone data of this machine")]),
        ("2025.9", [(Found.CLOCK_FINE, FINE, "time-zone data 2025.9")]),
        (
            "2024.2",
            [
                (Found.CLOCK_FINE, FINE, "time-zone data 2024.2"),
                (
                    Found.ZONES_OLD,
                    ADVICE,
                    "the time-zone data is of 2024: changes of clocks since then are not in it",
                ),
            ],
        ),
        ("unknown", [(Found.CLOCK_FINE, FINE, "time-zone data unknown")]),
    ],
)
def test_old_data_of_zones_is_told(version: str, found: list[tuple[Found, Level, str]]) -> None:
    assert told(judge_clock(ClockSeen(NOW, None, version))) == found


def test_data_of_zones_is_old_five_hundred_days_after_its_year() -> None:
    last = datetime(2026, 5, 15, tzinfo=UTC)
    assert len(judge_clock(ClockSeen(last, None, "2024.2"))) == 1
    assert len(judge_clock(ClockSeen(last + timedelta(days=1), None, "2024.2"))) == 2


def test_zones_that_are_not_known_are_told_with_who_goes_by_them() -> None:
    seen = ClockSeen(NOW, None, "2026.1", {"Mars/Base": "2 readers", "Luna/Sea": "newsletter daily"})
    assert told(judge_clock(seen)) == [
        (Found.ZONE_UNKNOWN, ERROR, "time zone Luna/Sea is not known here, and newsletter daily go by it"),
        (Found.ZONE_UNKNOWN, ERROR, "time zone Mars/Base is not known here, and 2 readers go by it"),
    ]


def test_folders_are_told_that_cannot_be_written_to() -> None:
    assert told(judge_folders({}, 1)) == [(Found.FILES_FINE, FINE, "1 folder can be written to")]
    assert told(judge_folders({}, 2)) == [(Found.FILES_FINE, FINE, "2 folders can be written to")]
    assert told(judge_folders({"b": "read-only", "a": "not there"}, 2)) == [
        (Found.FILES_CLOSED, ERROR, "folder a cannot be written to: not there"),
        (Found.FILES_CLOSED, ERROR, "folder b cannot be written to: read-only"),
    ]


def test_places_are_told_that_others_may_look_into() -> None:
    found = judge_folders({}, 1, [OpenPlace("/srv/var", is_folder=True), OpenPlace("a.db", is_folder=False)])
    assert [(one.id, one.level, one.mend) for one in found] == [
        (Found.FILES_OPEN, Level.WARNING, "chmod 700 '/srv/var'"),
        (Found.FILES_OPEN, Level.WARNING, "chmod 600 'a.db'"),
    ]
    assert found[0].line == (
        "folder /srv/var may be read by every user of this machine: addresses of readers are in it, "
        "and secrets such as the links in their mails"
    )
    assert found[1].line.startswith("file a.db may be read by every user of this machine")


def test_packages_are_told_that_have_our_names() -> None:
    assert told(judge_packages([])) == [(Found.PACKAGES_FINE, FINE, "nothing else has our packages' names")]
    assert told(judge_packages(["scheduler of acme"])) == [
        (Found.PACKAGES_CLASH, WARNING, "scheduler of acme: which of the two is imported is chance")
    ]


@pytest.mark.parametrize(
    ("seen", "found", "mend"),
    [
        (
            PluginSeen("theme", "dawn", "acme-dawn", "1.2"),
            (Found.PLUGIN, FINE, "theme dawn of acme-dawn 1.2 is well"),
            "",
        ),
        (
            PluginSeen("theme", "dawn", "acme-dawn", ""),
            (Found.PLUGIN, FINE, "theme dawn of acme-dawn is well"),
            "",
        ),
        (
            PluginSeen("theme", "dawn", "acme-dawn", "1.2", "it has no page"),
            (Found.PLUGIN_BROKEN, WARNING, "it has no page"),
            "update acme-dawn or uninstall it; all else goes on without it",
        ),
        (
            PluginSeen("theme", "a b", "acme-dawn", "1.2", "its name is none", is_misnamed=True),
            (Found.PLUGIN_NAME, WARNING, "theme of acme-dawn 1.2 is left out: its name is none"),
            "ask who wrote it for another name, or uninstall the package that is not wanted",
        ),
    ],
    ids=["well", "without-version", "broken", "misnamed"],
)
def test_each_plugin_is_told(seen: PluginSeen, found: tuple[Found, Level, str], mend: str) -> None:
    (one,) = judge_plugins([seen])
    assert ((one.id, one.level, one.line), one.mend) == (found, mend)


# --- Who works ----------------------------------------------------------------------------------------------


def machine(
    name: str = "one", *, sends: bool = True, is_late: bool = False, version: str = "1"
) -> MachineSeen:
    return MachineSeen(name, sends, is_late, 75.4, version)


def late(minutes: float, newsletter: str = "daily") -> LateSlot:
    return LateSlot(newsletter, "daily at 07:00 UTC", NOW - timedelta(minutes=minutes))


NOTHING = (Found.WORK_FINE, FINE, "nothing is late, and nobody is silent")
NOBODY = (Found.NOBODY_SENDS, ERROR, "sending is left to workers, and none is at work")
SILENT = (Found.WORKER_SILENT, WARNING, "one was not heard of for 75 s")


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (WorkSeen(NOW, "1"), [NOTHING]),
        (WorkSeen(NOW, "1", (machine(),), workers_alone=True), [NOTHING]),
        (WorkSeen(NOW, "1", (machine(sends=False),)), [NOTHING]),
        (WorkSeen(NOW, "1", (machine(sends=False),), workers_alone=True), [NOBODY]),
        (WorkSeen(NOW, "1", (machine(is_late=True),), workers_alone=True), [SILENT, NOBODY]),
        (WorkSeen(NOW, "1", (machine(is_late=True), machine("two")), workers_alone=True), [SILENT]),
        (
            WorkSeen(NOW, "1", (machine(version="2"),)),
            [(Found.WORKER_VERSION, WARNING, "one runs version 2, and this is 1")],
        ),
        (
            WorkSeen(NOW, "1", uncertain=1),
            [NOTHING, (Found.COPIES_UNCERTAIN, ADVICE, "of 1 copy nobody knows whether they arrived")],
        ),
        (
            WorkSeen(NOW, "1", uncertain=2),
            [NOTHING, (Found.COPIES_UNCERTAIN, ADVICE, "of 2 copies nobody knows whether they arrived")],
        ),
        (WorkSeen(NOW, "1", due=(late(15),)), [NOTHING]),
        (
            WorkSeen(NOW, "1", due=(late(16),)),
            [
                (
                    Found.SLOT_LATE,
                    WARNING,
                    "daily, daily at 07:00 UTC, has been due since 2026-11-24 05:44 UTC",
                )
            ],
        ),
        (
            WorkSeen(NOW, "1", due=(late(16), late(60, "weekly"))),
            [
                (
                    Found.SLOT_LATE,
                    WARNING,
                    "weekly, daily at 07:00 UTC, has been due since 2026-11-24 05:00 UTC, and 1 more",
                )
            ],
        ),
        (
            WorkSeen(NOW, "1", due=(late(16), late(60, "weekly"), late(1), late(30))),
            [
                (
                    Found.SLOT_LATE,
                    WARNING,
                    "weekly, daily at 07:00 UTC, has been due since 2026-11-24 05:00 UTC, and 2 more",
                )
            ],
        ),
    ],
)
def test_who_is_silent_and_what_is_late_is_told(
    seen: WorkSeen, found: list[tuple[Found, Level, str]]
) -> None:
    assert told(judge_work(seen)) == found


def test_all_but_what_is_fine_has_a_mend() -> None:
    seen = WorkSeen(NOW, "1", (machine(is_late=True, version="2"),), (late(16),), 1, workers_alone=True)
    clock = ClockSeen(NOW, NOW - timedelta(hours=1), "2020.1", {"Mars/Base": "2 readers"})
    findings = [
        *judge_work(seen),
        *judge_clock(clock),
        *judge_folders({"a": "no"}, 1),
        *judge_packages(["b"]),
    ]
    assert len(findings) == 10
    assert all(one.mend for one in findings)


# --- Findings -----------------------------------------------------------------------------------------------


def test_a_finding_is_one_line_whatever_was_quoted_in_it() -> None:
    found = Finding(Found.FILES_CLOSED, ERROR, "a\n  b\x1b[2Jc " + "x" * 700, "d\te\u202ef")
    assert found.line == "a b?[2Jc " + "x" * 591
    assert found.mend == "d e?f"
    assert found.group == "files"
    assert Finding(Found.LOOK_BROKE, ERROR, "no", group="dns").group == "dns"


def test_what_is_worrying_takes_the_place_of_the_word_that_all_is_fine() -> None:
    fine, advice, warning, error = (Finding(Found.FILES_FINE, level, level) for level in Level)
    assert or_fine([], fine) == (fine,)
    assert or_fine([advice], fine) == (fine, advice)
    assert or_fine([advice, warning], fine) == (advice, warning)
    assert or_fine([error], fine) == (error,)
    assert is_well([fine, advice])
    assert not is_well([fine, warning])
