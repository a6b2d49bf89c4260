"""`digest doctor`: each thing that is wrong is found, with how to mend it; looking changes nothing."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any, Final

import pytest
import time_machine
from pydantic import SecretStr

from digest.cli.doctor_parts import look_by
from digest.config import Settings
from digest.core.doctor_findings import Finding, Found, Group, Level
from digest.flows.checkup import Parts
from tests.cli.ailing import ADVICE, FAULTS, Place, newsroom_that_is_well, surrounded
from tests.cli.shell import ROOT, Shell, rows_of

WORRYING: Final = {"warning", "error"}
ROW: Final = r"^\| `([a-z_.]+)` \| ([a-z, ]+) \| ([^|]+) \|(?: ([^|]+))? \|$"


@pytest.fixture
def well(newsroom: Shell) -> Place:
    """A newsroom in which all is well."""
    return newsroom_that_is_well(newsroom)


def findings(place: Place, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """The status and what was found; looking has changed nothing."""
    with surrounded(place) as doctor:
        before = place.shell.picture()
        answer = doctor("--json", *more)
        assert place.shell.picture() == before
    assert answer.document["ok"] == (answer.status == 0)
    found: list[dict[str, Any]] = answer.document["findings"]
    return answer.status, found


def test_newsroom_in_which_all_is_well_is_told_so(well: Place) -> None:
    status, found = findings(well, "--only", "settings,store,smtp,dns,clock,files,work")
    assert [one for one in found if one["level"] != "fine"] == []
    assert status == 0
    assert [one["id"] for one in found] == [f"{group}.fine" for group in Group if group != "packages"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_found_with_its_mend(fault: str, well: Place) -> None:
    wanted, plant = FAULTS[fault]
    status, found = findings(plant(well))
    (it,) = [one for one in found if one["id"] == wanted]
    assert it["level"] in WORRYING
    assert it["level"] in levels_written()[wanted]
    assert it["line"]
    assert it["mend"]
    assert status == 1
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("hint", ADVICE)
def test_what_could_be_better_is_told_and_is_no_fault(hint: str, well: Place) -> None:
    wanted, plant = ADVICE[hint]
    _, found = findings(plant(well))
    assert [one["level"] for one in found if one["id"] == wanted] == ["advice"]


def test_people_are_told_by_groups(well: Place) -> None:
    _, plant = FAULTS["dmarc is missing"]
    with surrounded(plant(well)) as doctor:
        answer = doctor("--only", "dns,smtp")
    assert answer.status == 1
    assert re.findall(r"^\w+$", answer.out, re.MULTILINE) == ["smtp", "dns"]
    assert "  ERROR   morning-gazette.net has no DMARC record" in answer.out
    assert "          -> publish a TXT record at _dmarc.morning-gazette.net" in answer.out
    assert answer.out.endswith("1 error, 0 warnings: docs/doctor.md tells more of each\n")


def test_a_group_that_is_not_asked_for_is_not_looked_at(well: Place) -> None:
    _, plant = FAULTS["dmarc is missing"]
    status, found = findings(plant(well), "--only", "smtp,files")
    assert (status, {one["group"] for one in found}) == (0, {"smtp", "files"})


def test_names_are_looked_up_when_mail_leaves_or_somebody_asks_for_it(well: Place) -> None:
    _, plant = ADVICE["mails stay here"]
    assert "dns.fine" not in {one["id"] for one in findings(plant(well))[1]}
    assert "dns.fine" in {one["id"] for one in findings(plant(well), "--only", "dns")[1]}


def test_a_key_that_cannot_be_read_is_told_to_who_asks_for_dns_alone(well: Place) -> None:
    status, found = findings(well.with_(DIGEST_DKIM_KEYS="s1:nowhere.pem"), "--only", "dns")
    assert (status, [one["id"] for one in found]) == (1, ["dns.dkim_unread", "dns.fine"])
    assert "nowhere.pem does not exist" in found[0]["line"]
    assert found[0]["mend"] == "mend DIGEST_DKIM_KEYS, then look again"
    assert "DKIM" not in found[1]["line"]


def test_a_var_that_an_older_version_left_open_is_told_once_with_its_mend(well: Place) -> None:
    for path in (well.shell.folder / "var", *(well.shell.folder / "var").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (well.shell.folder / "var" / "secret_key").chmod(0o600)
    _, found = findings(well.with_(DIGEST_SMTP_URL="file:var/outbox"), "--only", "files")
    var = well.shell.folder / "var"
    assert [one["mend"] for one in found] == [f"chmod 700 '{var}'"]
    var.chmod(0o700)
    assert [one["id"] for one in findings(well, "--only", "files")[1]] == ["files.fine"]


def test_a_store_that_is_missing_is_told_to_who_asks_for_what_rests_on_it(well: Place) -> None:
    _, plant = FAULTS["store is not there"]
    _, found = findings(plant(well), "--only", "clock")
    assert [one["id"] for one in found] == ["store.missing", "clock.fine"]


def test_looking_at_a_place_without_a_store_makes_none(shell: Shell) -> None:
    answer = shell("doctor", "--json")
    assert answer.status == 1
    assert [one["id"] for one in answer.document["findings"] if one["level"] == "error"] == ["store.missing"]
    assert list(shell.folder.iterdir()) == []


def test_what_is_late_and_uncertain_is_told(old_newsroom: Shell) -> None:

    with time_machine.travel("2026-11-26T12:00:00Z", tick=True):
        answer = old_newsroom("doctor", "--only", "work", "--json")
    assert {one["id"]: one["level"] for one in answer.document["findings"]} == {
        "work.slot_late": "warning",
        "work.uncertain": "advice",
    }


def test_nobody_answers_and_it_ends_in_time_all_the_same(well: Place) -> None:
    """Everything hangs: names, mail server, store."""
    silent = {name: ["silence"] for name in well.zone}
    place = well.with_names(silent).with_misbehaviour(GREETING="silence")
    begun = time.monotonic()
    _, found = findings(place)
    assert time.monotonic() - begun < 30
    assert {"dns.silent", "smtp.refuses"} <= {one["id"] for one in found}


def test_looking_touches_no_row(well: Place) -> None:
    store = well.shell.folder / "var" / "digest.sqlite3"
    before = rows_of(store)
    findings(well)
    assert rows_of(store) == before


# --- from a process that lives on ---------------------------------------------------------------------------


def test_a_process_looks_by_the_settings_with_which_it_works(tmp_path: Path) -> None:
    smtp_url = SecretStr(f"file:{tmp_path / 'outbox'}")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'news.sqlite3'}", smtp_url=smtp_url, var_dir=tmp_path
    )
    found = {one.id for one in asyncio.run(look_by(settings, None)())}
    assert {Found.STORE_MISSING, Found.SMTP_FOLDER} <= found
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_repeats_of_a_login_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Finding(Found.SMTP_LOGIN, Level.ERROR, "535 not with hunter2@home", "ask of hunter2@home")

    async def checkup(_parts: Parts) -> tuple[Finding, ...]:
        return (said,)

    monkeypatch.setattr("digest.cli.doctor_parts.checkup", checkup)
    smtp_url = SecretStr("smtps://news:hunter2%40home@mail.bay.net")
    (it,) = asyncio.run(look_by(Settings(smtp_url=smtp_url, var_dir=tmp_path), None)())
    assert (it.id, it.line, it.mend) == (Found.SMTP_LOGIN, "535 not with …", "ask of …")


# --- what is written of it ----------------------------------------------------------------------------------


def rows_written() -> list[tuple[str, ...]]:
    """Id, levels, what is so and what to do, of each row in docs/doctor.md."""
    told = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    return re.findall(ROW, told, re.MULTILINE)


def levels_written() -> dict[str, list[str]]:
    return {row[0]: row[1].split(", ") for row in rows_written()}


def test_every_finding_is_written_of_and_no_other() -> None:
    rows = rows_written()
    assert [row[0] for row in rows] == [found.value for found in Found]
    # what is no good news has something to do about it
    assert [row[0] for row in rows if row[1] != "fine" and not row[3]] == []


def test_every_finding_belongs_to_a_group() -> None:
    assert {found.partition(".")[0] for found in Found} == {*Group, "look"}


def test_faults_are_planted_in_every_group() -> None:
    planted = {found.partition(".")[0] for found, _ in [*FAULTS.values(), *ADVICE.values()]}
    assert planted | {"work", "packages"} == set(Group)
