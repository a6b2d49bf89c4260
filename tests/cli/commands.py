"""Every command there is, with words by which it does its work in the newsroom of these tests."""

from __future__ import annotations

from typing import Final

from tests.cli.shell import SAMPLES

PAGE: Final = str(SAMPLES / "day-one.txt")

#: One call of each command that has an end, by what it is called; `serve` runs until it is told to stop.
CALLS: Final = {
    "init": "",
    "ingest": PAGE,
    "briefings list": "",
    "briefings show": "1",
    "briefings edit": "1 --lead",
    "briefings publish": "1",
    "briefings retract": "1",
    "archive reindex": "",
    "topics list": "",
    "topics add": "space --title Space",
    "topics edit": "economy --title Money",
    "topics remove": "energy",
    "newsletters list": "",
    "newsletters show": "daily",
    "newsletters add": "weekly",
    "newsletters edit": "daily --title Today",
    "newsletters holidays": "daily FR 2026",
    "subscribers add": "dora@readers.example",
    "subscribers list": "",
    "subscribers show": "ana@readers.example",
    "subscribers edit": "ana@readers.example --at 09:00",
    "subscribers pause": "ana@readers.example",
    "subscribers resume": "paul@readers.example",
    "subscribers unsubscribe": "ana@readers.example",
    "subscribers data": "ana@readers.example data.json",
    "subscribers erase": "ana@readers.example",
    "subscribers import": "readers.csv",
    "subscribers export": "",
    "run": "--now +3d",
    "send": "daily --all --yes",
    "preview": "daily --for ana@readers.example",
    "issues list": "",
    "issues show": "1",
    "issues hold": "1",
    "issues release": "3",
    "issues approve": "2",
    "issues plan-anew": "2",
    "issues cancel": "2",
    "issues test": "1 editor@newsroom.example",
    "deliveries list": "",
    "deliveries retry": "2",
    "deliveries resolve": "3 --as sent",
    "notices list": "",
    "notices retry": "1",
    "notices resolve": "2 --as sent",
    "why": "ana@readers.example 1",
    "status": "",
    "users add": "Berta --role editor --password-stdin",
    "users list": "",
    "users edit": "Anna --role admin",
    "users key": "Anna --label website --scopes see,edit",
    "users keys": "Anna",
    "users revoke": "1",
    "webhooks list": "",
    "webhooks add": "https://shop.example/hook --events issue.sent",
    "webhooks edit": "1 --off",
    "webhooks secret": "1",
    "webhooks remove": "1",
    "webhooks test": "1",
}
#: What is typed into those that read it.
TYPED: Final = {"users add": b"letters in a drawer\n"}
