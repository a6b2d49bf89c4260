"""Shows how fast whole runs of `digest run` send, beside what else sends, into the same servers by turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, alone, scratch
from benchmarks.contest import Results, contest, shown
from benchmarks.mailings import FORTY, TEN, Mailing, make_mailing
from benchmarks.options import Options
from benchmarks.sinks import light_sink, postfix_program, slow_sink, smtp_sink
from benchmarks.tables import seconds, show

OURS: Final = "digest run"
_SOURCE: Final = "smtp-source"
_SENDMAIL: Final = "aiosmtplib, sendmail(bytes)"
_SEND_MESSAGE: Final = "aiosmtplib, send_message()"
_SCRIPT: Final = "script: Jinja2, premailer, smtplib"
#: Messages of those who would take too long over a whole mailing.
_MESSAGES: Final = {_SENDMAIL: 2000, _SEND_MESSAGE: 800, _SCRIPT: 30}
_ROUND_TRIP: Final = 20
#: Messages over the slow line; we get more of them, so that our start does not weigh too much.
_FAR_READERS: Final = 20_000
_FAR_MESSAGES: Final = 1000


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    figures: dict[str, Any] = {}
    with scratch() as folder, sinks() as ports:
        forty = make_mailing(folder / "forty", FORTY, options.readers)
        ten = make_mailing(folder / "ten", TEN, options.readers)
        if ports:
            figures["load generator"] = _against_the_generator([forty, ten], ports, options)
            figures["libraries"] = _against_libraries(forty, ports, options)
            figures["variants"] = _variants(folder, forty, ports, options)
        figures["far away"] = _far_away(folder, forty, options)
    return figures


@contextmanager
def sinks() -> Iterator[dict[str, int]]:
    """The ports of the sinks that this machine has, by name; says which are missing."""
    if postfix_program(_SOURCE) is None:
        print("No smtp-source and smtp-sink here (Debian: apt install postfix; no daemon need run).")
    with ExitStack() as stack:
        found = {
            "smtp-sink": stack.enter_context(smtp_sink()),
            "light sink": stack.enter_context(light_sink()),
        }
        ports = {name: port for name, port in found.items() if port is not None}
        if not ports:
            print("No sink at all: whole runs are not measured.")
        yield ports


def url(port: int) -> str:
    """A sink as a setting names it."""
    return f"smtp://127.0.0.1:{port}"


def _against_the_generator(
    mailings: list[Mailing], ports: Mapping[str, int], options: Options
) -> dict[str, Any]:
    rows, figures = [], dict[str, Any]()
    for sink, port in ports.items():
        for mailing in mailings:
            found = contest({**_source(mailing, port), OURS: mailing.case(url(port))}, options.rounds)
            rows.append([f"{mailing.bytes / 1000:.1f} kB, {sink}", *_generator_cells(found)])
            figures[f"{mailing.size.kilobytes} kB, {sink}"] = found.document(_SOURCE)
    show(
        f"Whole runs of `digest run`, {options.readers:,} readers, one process, SQLite, and smtp-source",
        ("into", "smtp-source/s", "ours/s", "ours / smtp-source", "time", "processor", "peak MB"),
        rows,
    )
    start = alone(Case("benchmarks.whole_run:start_alone", {"file": mailings[0].file}))
    print(
        f"A `digest run` with nothing to do takes {seconds(start['wall'])},"
        f" {seconds(start['processor'])} of processor time: part of every time above."
    )
    return {**figures, "start": start}


def _generator_cells(found: Results) -> list[str]:
    known = _SOURCE in found.rounds
    return [
        f"{found.rate(_SOURCE):,.0f}" if known else "-",
        f"{found.rate(OURS):,.0f}",
        shown(found.ratios(OURS, _SOURCE)) if known else "-",
        seconds(found.median(OURS, "wall")),
        seconds(found.median(OURS, "processor")),
        f"{found.median(OURS, 'peak'):.0f}",
    ]


def _against_libraries(mailing: Mailing, ports: Mapping[str, int], options: Options) -> dict[str, Any]:
    sink, port = next(iter(ports.items()))
    finished = {"port": port, "folder": mailing.letters}
    cases = {
        OURS: mailing.case(url(port)),
        _SENDMAIL: Case("benchmarks.rivals:sendmail", {**finished, "messages": _MESSAGES[_SENDMAIL]}),
        _SEND_MESSAGE: Case(
            "benchmarks.rivals:send_message", {**finished, "messages": _MESSAGES[_SEND_MESSAGE]}
        ),
        _SCRIPT: Case(
            "benchmarks.rivals:script",
            {
                "port": port,
                "briefings": mailing.size.briefings,
                "paragraphs": mailing.size.paragraphs,
                "messages": _MESSAGES[_SCRIPT],
            },
        ),
    }
    found = contest(cases, options.rounds)
    show_rivals(f"The same {mailing.bytes / 1000:.1f} kB digests into {sink}", found)
    return found.document(OURS)


def show_rivals(title: str, found: Results) -> None:
    """A table of everybody's rate, and how many times theirs ours is."""
    rows = [
        [
            name,
            f"{found.median(name, 'sent'):,.0f}",
            f"{found.rate(name):,.0f}",
            "" if name == OURS else shown(found.ratios(OURS, name)),
        ]
        for name in found.rounds
    ]
    show(title, ("who", "messages", "messages/s", "ours / theirs"), rows)


def _variants(folder: Path, mailing: Mailing, ports: Mapping[str, int], options: Options) -> dict[str, Any]:
    sink, port = next(iter(ports.items()))
    different = make_mailing(folder / "different", FORTY, options.readers, copies=options.readers)
    alone(Case("benchmarks.signing_keys:make", {"folder": str(folder)}))
    cases = {
        **_source(mailing, port),
        OURS: mailing.case(url(port)),
        "DKIM, RSA-2048": _signed(mailing, port, folder / "rsa.pem"),
        "DKIM, Ed25519": _signed(mailing, port, folder / "ed25519.pem"),
        "each digest different": different.case(url(port)),
        "on asyncio": mailing.case(url(port), loop="asyncio"),
    }
    if find_spec("uvloop") is None:
        print("No uvloop here: runs on it are skipped.")
    else:
        cases["on uvloop"] = mailing.case(url(port), loop="uvloop")
    found = contest(cases, options.rounds)
    known = _SOURCE in found.rounds
    rows = [
        [
            name,
            f"{found.rate(name):,.0f}",
            shown(found.ratios(name, OURS)),
            shown(found.ratios(name, _SOURCE)) if known else "-",
            seconds(found.median(name, "processor")),
        ]
        for name in found.rounds
    ]
    show(
        f"Variants of `digest run`, {options.readers:,} readers, {mailing.bytes / 1000:.1f} kB, into {sink}",
        ("variant", "messages/s", "/ plain digest run", "/ smtp-source", "processor"),
        rows,
    )
    return found.document(_SOURCE)


def _far_away(folder: Path, mailing: Mailing, options: Options) -> dict[str, Any]:
    if mailing.readers > _FAR_READERS:
        mailing = make_mailing(folder / "far", FORTY, _FAR_READERS)
    with slow_sink(_ROUND_TRIP) as port:
        theirs = {"port": port, "folder": mailing.letters, "messages": _FAR_MESSAGES}
        cases = {
            OURS: mailing.case(url(port)),
            _SENDMAIL: Case("benchmarks.rivals:sendmail", theirs),
        }
        found = contest(cases, options.rounds)
    show_rivals(f"{_ROUND_TRIP} ms before each reply, PIPELINING offered, 20 connections", found)
    return found.document(OURS)


def _source(mailing: Mailing, port: int) -> dict[str, Case]:
    """The load generator with as many messages of the same size, where there is one."""
    if postfix_program(_SOURCE) is None:
        return {}
    told = {"port": port, "messages": mailing.readers, "size": mailing.bytes}
    return {_SOURCE: Case("benchmarks.rivals:smtp_source", told)}


def _signed(mailing: Mailing, port: int, key: Path) -> Case:
    return mailing.case(url(port), settings={"DIGEST_DKIM_KEYS": f"bench:{key}"})
