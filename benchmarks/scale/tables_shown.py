"""Prints what was measured with more and more readers."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.alone import Figures
from benchmarks.claim_batches import BATCH
from benchmarks.scale.model import KEPT_DAYS, PEAK, READERS, Costs, Need
from benchmarks.tables import seconds, show, times

Grown = Mapping[int, Mapping[str, Figures]]


def show_all(grown: Grown, full_speed: Figures | None) -> None:
    """All tables."""
    _planning(grown)
    _pages(grown)
    _settling(grown, full_speed)
    _rosters(grown)
    _room(grown)
    _asked(grown)
    if full_speed:
        _needs(grown, full_speed)


def _planning(grown: Grown) -> None:
    show(
        "Planning on PostgreSQL, 5,000 profiles: one issue for all, and 288 issues; bare is the INSERT alone",
        (
            "readers",
            "cohorts",
            "bare",
            "one issue",
            "/ bare",
            "peak MB",
            "288 issues",
            "copies/s",
            "filled in",
        ),
        [
            [
                f"{count:,}",
                f"{one['room after']['cohorts|count']:,.0f}",
                seconds(one["bare"]["wall"]),
                seconds(one["planned"]["wall"]),
                times(one["planned"]["wall"], one["bare"]["wall"]),
                f"{one['planned']['peak']:.0f}",
                seconds(one["planned, 288"]["wall"]),
                f"{one['planned, 288']['copies'] / one['planned, 288']['wall']:,.0f}",
                seconds(one["filled"]["seconds"]),
            ]
            for count, one in grown.items()
        ],
    )


def _pages(grown: Grown) -> None:
    pages = [name.removesuffix("|p95") for name in next(iter(grown.values()))["beside"] if "|p95" in name]
    show(
        "Pages, one asked after the other: p95 at rest, p95 and worst while that issue is planned; ms",
        ("page", *(f"{count:,}: {what}" for count in grown for what in ("rest", "p95", "worst"))),
        [
            [
                page,
                *(
                    f"{figure:.0f}"
                    for one in grown.values()
                    for figure in (
                        one["at rest"][f"{page}|p95"],
                        one["beside"][f"{page}|p95"],
                        one["beside"][f"{page}|worst"],
                    )
                ),
            ]
            for page in pages
        ],
    )


def _settling(grown: Grown, full_speed: Figures | None) -> None:
    rows = []
    for count, one in grown.items():
        sent = one["sent"]
        a_copy = (sent["all"] + sent["note"]) / BATCH
        cells = [f"{sent[name]:.1f}" for name in ("first", "all", "last", "note")]
        rows.append([f"{count:,}", *cells, f"{1000 * a_copy:.0f}"])
    show(
        f"Copies of that issue, {BATCH} at a time; milliseconds a transaction",
        ("readers", "claim, first", "median", "last", "sent + begun", "µs a copy in all"),
        rows,
    )
    if full_speed:
        a_letter = 1e6 * full_speed["wall"] / full_speed["sent"]
        most = max(float(row[-1]) for row in rows)
        print(
            f"A whole `digest run` on PostgreSQL into smtp-sink, 42 kB: {1e6 / a_letter:,.0f} letters a"
            f" second, {a_letter:.0f} µs each; claims and notes, one after the other, are"
            f" {100 * most / a_letter:.0f} % of that."
        )


def _rosters(grown: Grown) -> None:
    show(
        "Rosters: lines taken in by the desk (100,000 at most), and all readers written out",
        ("readers", "tried", "taken", "peak MB", "written out", "MB"),
        [
            [
                f"{count:,}",
                seconds(one["import"]["tried"]),
                seconds(one["import"]["taken"]),
                f"{one['import']['peak']:.0f}",
                seconds(one["export"]["wall"]),
                f"{one['export']['megabytes']:.0f}",
            ]
            for count, one in grown.items()
        ],
    )


def _room(grown: Grown) -> None:
    tables = ("subscribers", "subscriptions", "groups", "deliveries")
    show(
        "Room, all copies sent, before a vacuum: octets of a row + of its indices, megabytes of the whole",
        ("readers", *tables, "groups/reader", "whole MB before", "after", "VACUUM of copies"),
        [
            [
                f"{count:,}",
                *(
                    f"{one['room after'][f'{table}|row']:.0f} + {one['room after'][f'{table}|index']:.0f}"
                    for table in tables
                ),
                f"{one['room after']['groups|count'] / count:.2f}",
                f"{one['room before']['megabytes']:.0f}",
                f"{one['room after']['megabytes']:.0f}",
                seconds(one["vacuumed"]["seconds"]),
            ]
            for count, one in grown.items()
        ],
    )


def _asked(grown: Grown) -> None:
    names = list(next(iter(grown.values()))["asked"])
    show(
        "Asked every few seconds, while all copies of an issue wait; milliseconds",
        ("readers", *names),
        [[f"{count:,}", *(f"{one['asked'][name]:.1f}" for name in names)] for count, one in grown.items()],
    )


def _needs(grown: Grown, full_speed: Figures) -> None:
    costs = Costs.of(grown[max(grown)], full_speed)
    show(
        f"Reckoned from {max(grown):,} readers: a copy a day each, {PEAK:.0%} at one time, out in an hour",
        (
            "readers",
            "copies/s",
            "connections",
            "workers",
            "store, processors",
            "planning, peak",
            "a day",
            "GB of readers",
            *(f"of copies, {days} days" for days in KEPT_DAYS),
        ),
        [
            [
                f"{need.readers:,}",
                f"{need.rate:,.0f}",
                f"{need.connections:,}",
                f"{need.workers}",
                f"{need.store:.2f}",
                seconds(need.plan_peak),
                seconds(need.plan_day),
                *(f"{gigabytes:,.1f}" for gigabytes in (need.people, *need.copies)),
            ]
            for need in (Need.of(readers, costs) for readers in READERS)
        ],
    )
