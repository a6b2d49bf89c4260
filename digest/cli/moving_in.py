"""`digest subscribers import` of another system's export: what it was taken for, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from msgspec import Struct

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, answer, counted, note, parse_choice, parse_now, run, say, table
from digest.cli.doors import store_of
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.arrivals import LeftOut, Unconfirmed
from digest.core.exports import Export, System
from digest.core.label_mapping import LabelCount
from digest.errors import InputError
from subscribers.model import Standing

if TYPE_CHECKING:
    from digest.flows.take_export import Taken

From = Annotated[
    str | None,
    typer.Option("--from", metavar="SYSTEM", help=f"It is an export of {', '.join(System)}."),
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="LABEL=TARGET",
        help="A list, tag or group there is this topic or newsletter here; - for nothing.",
    ),
]
UnconfirmedThere = Annotated[
    str,
    typer.Option(
        "--unconfirmed", metavar="leave|keep|ask", help="What becomes of those who never confirmed there."
    ),
]
StatusOfAll = Annotated[
    str | None,
    typer.Option("--status", help="All in it are left, bouncing, complained, suppressed, paused or pending."),
]
Update = Annotated[
    bool, typer.Option("--update", help="Write its wishes over those of who reads here already.")
]
#: Of an export without options of its own.
_DEFAULTS: Final[tuple[object, ...]] = (None, None, [], Unconfirmed.LEAVE.value, None, False)
#: Standings of those who are kept so that they are never written to.
_GONE: Final = (Standing.LEFT, Standing.BOUNCING, Standing.COMPLAINED, Standing.SUPPRESSED)
#: Lines that are named each, for one reason; more of them are counted.
_NAMED: Final = 3
#: Labels that are listed; the rest is in the document.
_LISTED: Final = 40


class Said(Struct, frozen=True):
    """The options that are about exports, as they were typed."""

    system: str | None
    newsletter: str | None
    mapping: Sequence[str]
    unconfirmed: str
    status: str | None
    update: bool
    raw: bool


def take_if_export(
    data: bytes, said: Said, source: str, grounds: str, *, dry_run: bool, json: bool, config: Config
) -> bool:
    """Take bytes in if they are an export, and end; False for what is a roster of ours."""
    # imported here: all commands about readers load this file, and one of them takes exports
    from digest.flows.take_export import Wanted, take_export
    from digest.ingest.exports import find_export, read_export

    system = parse_choice(said.system, System, "system")
    wanted = Wanted(
        newsletter=said.newsletter,
        mapping=said.mapping,
        unconfirmed=parse_choice(said.unconfirmed, Unconfirmed, "unconfirmed") or Unconfirmed.LEAVE,
        status=parse_choice(said.status, Standing),
        update=said.update,
        grounds=grounds,
    )
    export = (
        find_export(data, source=source)
        if system is None
        else read_export(data, source=source, system=system)
    )
    if export is None:
        _refuse_options(said, source)
        return False
    if said.raw:
        raise InputError("--raw is for rosters of ours: cells of other systems are taken as they are")

    async def work() -> Taken:
        async with store_of(config) as store:
            return await take_export(
                export, wanted, store=store, now=parse_now(None), dry_run=dry_run, by=at_the_shell()
            )

    taken = run(work())
    if json:
        answer(_document(taken))
    else:
        _tell(taken, source, dry_run=dry_run)
    _tell_refused(taken, source)
    raise typer.Exit(FAILED_IN_PART if taken.rejected else DONE)


def _refuse_options(said: Said, source: str) -> None:
    given = (said.system, said.newsletter, said.mapping, said.unconfirmed, said.status, said.update)
    names = ("--from", "--newsletter", "--map", "--unconfirmed", "--status", "--update")
    for name, one, usual in zip(names, given, _DEFAULTS, strict=True):
        if one != usual:
            raise InputError(
                f"{name} is for exports of {', '.join(System)}, and {source} is none that is known: its "
                "columns have to be those of digest subscribers export"
            )


# --- What is told -------------------------------------------------------------------------------------------


def _tell(taken: Taken, source: str, *, dry_run: bool) -> None:
    _tell_export(taken.export, source)
    would = "would be " if dry_run else ""
    added = taken.added
    came = f"{added[Standing.ACTIVE]} {would}added"
    for standing in (Standing.PENDING, Standing.PAUSED):
        if added[standing]:
            came += f", {added[standing]} {would}{standing}"
    say(f"{came}, {taken.updated} {would}updated, {len(taken.rejected)} refused")
    gone = {standing: added[standing] for standing in _GONE if added[standing]}
    if gone:
        say(f"{would}kept as not to be written to: {_listed(gone)}")
    if any(taken.ended.values()):
        say(f"read here and {would or 'are '}stopped, since they are gone there: {_listed(taken.ended)}")
    if taken.known:
        say(f"here already, and left as they are: {taken.known}")
    if taken.labels:
        rows = [(one.label, one.members, _meant(one)) for one in taken.labels[:_LISTED]]
        table("lists and labels there", ("label", "readers", "is here"), rows)
        if len(taken.labels) > _LISTED:
            say(f"and {counted(len(taken.labels) - _LISTED, 'label')} more (see --json)")
    if taken.export.ignored:
        say(f"columns that nothing is made of: {', '.join(taken.export.ignored)}")


def _meant(one: LabelCount) -> str:
    if one.targets:
        return ", ".join(map(str, one.targets))
    return f"nothing (there is a topic {one.suggestion})" if one.suggestion else "nothing"


def _tell_export(export: Export, source: str) -> None:
    lines = [f"{counted(part.lines, 'line')}, {part.kind}" for part in export.parts]
    if len(lines) == 1:
        say(f"{source} is taken for an export of {export.system} ({lines[0]})")
        return
    say(f"{source} is taken for an export of {export.system}:")
    for part, words in zip(export.parts, lines, strict=True):
        say(f"  {part.name}: {words if part.lines else part.kind}")


def _listed(counts: Counter[Standing] | dict[Standing, int]) -> str:
    return ", ".join(f"{count} {standing}" for standing, count in counts.items() if count)


def _tell_refused(taken: Taken, source: str) -> None:
    for caution in taken.export.cautions:
        note(f"note: {caution}")
    for words, count, first in taken.remarks:
        note(f"left out in {counted(count, 'line')}, first in {first}: {words}")
    _tell_lines("not taken", taken.left_out, source)
    _tell_lines("refused", taken.rejected, source)


def _tell_lines(verb: str, lines: Sequence[LeftOut], source: str) -> None:
    by_reason: dict[tuple[str, str], list[int]] = {}
    for one in lines:
        by_reason.setdefault((one.file, one.reason), []).append(one.line)
    for (file, reason), numbers in by_reason.items():
        where = f"{source}/{file}" if file else source
        shown = ", ".join(map(str, numbers[:_NAMED]))
        more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
        word = "line" if len(numbers) == 1 else "lines"
        note(f"{verb}: {where}, {word} {shown}{more}: {reason}")


def _document(taken: Taken) -> dict[str, Any]:
    def lines(found: Sequence[LeftOut]) -> list[dict[str, Any]]:
        return [{"file": one.file, "line": one.line, "reason": one.reason} for one in found]

    return {
        "system": taken.export.system,
        "files": [{"name": part.name, "kind": part.kind, "lines": part.lines} for part in taken.export.parts],
        "added": sum(taken.added[one] for one in (Standing.ACTIVE, Standing.PENDING, Standing.PAUSED)),
        "updated": taken.updated,
        "by_status": dict(taken.added),
        "ended": dict(taken.ended),
        "known": taken.known,
        "labels": [
            {
                "label": one.label,
                "readers": one.members,
                "targets": [{"kind": target.kind, "slug": target.slug} for target in one.targets],
                "suggestion": one.suggestion or None,
            }
            for one in taken.labels
        ],
        "ignored_columns": list(taken.export.ignored),
        "remarks": [
            {"words": words, "lines": count, "first": first} for words, count, first in taken.remarks
        ],
        "cautions": list(taken.export.cautions),
        "left_out": lines(taken.left_out),
        "rejected": lines(taken.rejected),
    }
