"""What somebody waits for is done again when it met others and lost: which flows are, and which need not be.

The rule stands in `faults_in`; it takes file texts by name, so that made-up flows show what it catches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

FLOWS: Final = Path(__file__).parents[2] / "digest" / "flows"
#: Flows of which runs come again by themselves, or try on: nobody waits for their end.
COME_AGAIN: Final = {
    *("alerts", "counting", "deliver", "feed", "feed_leaving", "folder_troubles", "gather_pictures"),
    *("hand_over", "heard", "import_work", "mail_in", "notify", "overdue", "poll", "poll_feed", "publish"),
    *("read_mailbox", "recorder", "reputation", "roll", "shrink", "tidy", "watch"),
}
#: Flows for which everybody else has to be away, or that begin a store.
ALONE: Final = {"leave_again", "move_store", "reindex", "reopen", "restore", "seed"}
#: Functions with a reason of their own.
NOT_DONE_AGAIN: Final = {
    # rows of their own, which nobody else knows yet
    "importing.hand_over",
    "exports_at_desk.hand_over_export",
    # a session's row, and a person's: what is tried is counted by then
    "entering.log_in",
    "entering.give_code",
    "entering.who_is",
    "entering.log_out",
    # a count may be lost
    "following.count_click",
    # pieces of a run
    "exports_at_desk.rehearse",
    "orders.plan_due",
    # one row of the log, when all is done
    "rosters.import_roster",
    # at the shell alone, and taking it in twice does no harm
    "take_export.take_export",
    "take_export._note",
}


def faults_in(flows: Mapping[str, str]) -> list[str]:
    """What is wrong with flows that write, given as file texts by their names."""
    found = []
    for name, text in sorted(flows.items()):
        if name in COME_AGAIN | ALONE:
            continue
        for act in ast.walk(ast.parse(text)):
            if isinstance(act, ast.AsyncFunctionDef) and f"{name}.{act.name}" not in NOT_DONE_AGAIN:
                found += [f"{name}.{act.name} {fault}" for fault in _faults(act)]
    return found


def _faults(act: ast.AsyncFunctionDef) -> Iterator[str]:
    writing = [one for one in ast.walk(act) if isinstance(one, ast.AsyncWith) and _writes(one)]
    again = any(isinstance(one, ast.Name) and one.id == "done_again" for one in act.decorator_list)
    if writing and not again:
        yield "writes, and is not done again"
    if again and len(writing) != 1:
        yield f"is done again, and has {len(writing)} transactions"
    loops = [one for one in ast.walk(act) if isinstance(one, ast.For | ast.AsyncFor | ast.While)]
    if again and any(one in set(ast.walk(loop)) for loop in loops for one in writing):
        yield "is done again, and writes in a loop"


def _writes(block: ast.AsyncWith) -> bool:
    calls = [one.context_expr for one in block.items]
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "write"
        for one in calls
    )


def test_every_act_that_somebody_waits_for_is_one_transaction_and_done_again() -> None:
    assert faults_in({path.stem: path.read_text() for path in FLOWS.glob("*.py")}) == []


def test_what_is_excepted_is_there() -> None:
    texts = {path.stem: path.read_text() for path in FLOWS.glob("*.py")}
    assert texts.keys() >= COME_AGAIN | ALONE
    for one in NOT_DONE_AGAIN:
        name, _, act = one.partition(".")
        assert f"async def {act}(" in texts[name], one


def test_an_act_that_is_not_done_again_is_found() -> None:
    act = (
        "async def act(store):\n    async with store.write() as connection:\n        await connection.go()\n"
    )
    assert faults_in({"pausing": act}) == ["pausing.act writes, and is not done again"]
    assert faults_in({"pausing": f"@done_again\n{act}"}) == []
    assert faults_in({"tidy": act}) == []


def test_an_act_of_several_transactions_is_not_to_be_done_again() -> None:
    one = "    async with store.write() as connection:\n        await connection.go()\n"
    act = "@done_again\nasync def act(store):\n"
    assert faults_in({"pausing": act + one + one}) == ["pausing.act is done again, and has 2 transactions"]
    looping = "".join(f"    {line}\n" for line in one.splitlines())
    assert faults_in({"pausing": f"{act}    for _ in range(2):\n{looping}"}) == [
        "pausing.act is done again, and writes in a loop"
    ]
    assert faults_in({"pausing": f"{act}    await store.go()\n"}) == [
        "pausing.act is done again, and has 0 transactions"
    ]
