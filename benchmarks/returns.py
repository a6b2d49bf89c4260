"""Shows how fast what comes back is read: mails a second of one process, by what they are."""

from __future__ import annotations

from time import process_time
from typing import Any, Final

from benchmarks.alone import Case, Figures, interleaved, prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import seconds, show
from digest.core.returned import Returned
from digest.mail.bounces import read_returned
from digest.mail.identifiers import return_path
from tests.mail.bounces.letters import BACK, KEY, OUR_DOMAIN, READER, complaint, fields, group, letter, report
from tests.mail.bounces.test_systems import SYSTEMS

_MAILS: Final = 10_000
_READERS: Final = 100_000
_SETTLE: Final = "benchmarks.settle_mails:settle"
_WORDS: Final = (
    "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual alias table",
    "552 5.2.2 <{}>: the mailbox is full",
    "550 5.7.1 message rejected as spam, see https://pier.example/{}",
    "421 4.7.0 try again later",
)


def run(options: Options) -> dict[str, Any]:
    """Read ten thousand mails of each kind, no two alike, and settle as many bounces."""
    # first: a child begins with the peak memory of this process, which is to hold many mails
    settled = _settled(options)
    figures: dict[str, Any] = {name: _measured(mails, options.rounds) for name, mails in _kinds().items()}
    show(
        "Returned mails, read by one process",
        ("what came back", "mails", "mails/s", "recipients"),
        [
            [name, f"{one['mails']:,.0f}", f"{one['per_second']:,.0f}", f"{one['recipients']:,.0f}"]
            for name, one in figures.items()
        ],
    )
    figures["settled"] = settled
    return figures


def _settled(options: Options) -> Figures:
    """The whole way with a store: as many bounces as mails, of so many copies that were sent."""
    with scratch() as folder:
        file = prepared(folder / "returns.sqlite3", readers=_READERS, past=1)
        (found,) = interleaved([Case(_SETTLE, {"file": file, "mails": _MAILS})], options.rounds)
    show(
        f"Bounces read, matched, acted upon and recorded: {_READERS:,} readers, SQLite",
        ("bounces", "time", "processor", "peak MB"),
        [[f"{_MAILS:,}", seconds(found["wall"]), seconds(found["processor"]), f"{found['peak']:.0f}"]],
    )
    return found


def _kinds() -> dict[str, list[bytes]]:
    # a long letter came back with each report, as letters do
    copy = "Return-Path: <{}>\n\n" + "Eight ports will share one list of ships. \n" * 700
    reports, complaints, answers = [], [], []
    for number in range(_MAILS):
        reader, back = f"reader{number}@pier.example", return_path(number, key=KEY, domain=OUR_DOMAIN)
        said = _WORDS[number % len(_WORDS)].format(reader)
        reports.append(report(fields(group(said, recipient=reader)), copy=copy.format(back), To=back))
        complaints.append(complaint(f"Feedback-Type: abuse\nOriginal-Rcpt-To: {reader}", To=back))
        answers.append(
            letter("I am away.", From=reader, To=back, Subject="Out of office", Auto_Submitted="auto-replied")
        )
    layouts = [told.raw for told in SYSTEMS.values()]
    prose = [
        layouts[number % len(layouts)].replace(READER.encode(), b"reader%d@pier.example" % number)
        for number in range(_MAILS)
    ]
    return {
        "reports (RFC 3464)": reports,
        "layouts of many servers": prose,
        "complaints": complaints,
        "answers": answers,
    }


def _measured(mails: list[bytes], rounds: int) -> dict[str, float]:
    best, found = 0.0, list[Returned]()
    for _round in range(max(1, min(rounds, 3))):
        begin = process_time()
        found = [one for mail in mails for one in read_returned(mail, envelope_to=BACK)]
        best = max(best, len(mails) / (process_time() - begin))
    return {"mails": len(mails), "per_second": best, "recipients": sum(bool(one.recipient) for one in found)}
