"""Cases B3 and B8 over HTTP, and the `dossier catalogue import` a person types."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import yaml
from tests.cases.written import TEXT
from tests.component.desks import Desk, officer
from tests.component.intake.conftest import intake  # noqa: F401
from tests.component.intake.papers import agency_of, filing
from typer.testing import CliRunner

from dossier_intake.store import Catalogues
from dossier_local.cli import app
from dossier_shared.clock import parse_instant

ADMIN = officer("admin", "admin", agency=None)
CITIZEN = officer("citizen", "citizen", agency=None)
COUNTER = officer("counter", "counter", agency=agency_of())


async def put(desk: Desk, text: str | bytes, query: str = "") -> httpx.Response:
    return await desk.http.put(f"/api/v1/catalogue{query}", content=text, headers=ADMIN)


async def accepted(desk: Desk) -> dict[str, Any]:
    filed = await desk.post("/api/v1/dossiers", CITIZEN, filing())
    answer = await desk.post(f"/api/v1/dossiers/{filed.json()['id']}/accept", COUNTER)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def day_off(day: str) -> str:
    return f"calendar: {{days_off: [{{date: {day}, name_vi: Nghỉ, name_en: Off}}]}}\n"


async def version(desk: Desk) -> str:
    return str((await desk.http.get("/api/v1/agencies")).json()["version"])


async def test_b3_an_import_answers_what_it_changes(intake: Desk) -> None:  # noqa: F811
    answer = (await put(intake, TEXT)).json()
    assert [(one["change"], one["what"], one["code"]) for one in answer["changes"]] == [
        ("added", "agency", "X-1"),
        ("added", "procedure", "9.000001"),
    ]
    assert (answer["procedures"], answer["agencies"] > 30, answer["dry_run"]) == (21, True, False)
    assert answer["version"] == await version(intake)
    again = (await put(intake, TEXT)).json()
    assert (again["changes"], again["version"]) == ([], answer["version"])


async def test_b3_a_dry_run_answers_the_same_and_changes_nothing(intake: Desk) -> None:  # noqa: F811
    before = await version(intake)
    dry = (await put(intake, TEXT, "?dry_run=true")).json()
    assert await version(intake) == before
    real = (await put(intake, TEXT)).json()
    assert dry == {**real, "dry_run": True}


async def test_b3_a_refused_import_changes_nothing(intake: Desk) -> None:  # noqa: F811
    before = await version(intake)
    bad = await put(intake, TEXT.replace("fee_vnd: 0", "fee_vnd: 50.000"))
    assert (bad.status_code, bad.json()["code"]) == (422, "catalogue-invalid")
    assert bad.json()["errors"][0]["line"] == 17
    assert await version(intake) == before
    assert await intake.runtime.db["catalogues"].count_documents({}) == 0


@pytest.mark.parametrize(
    "body",
    [b'{"agencies": [{"code": "X-1", "name_vi": "\\ud800"}]}', b"\xff\xfe\x00", b"", b"[" * 5000, b'{"a": 1e999}'],
)
async def test_attack_23_no_body_is_answered_by_a_server_error(intake: Desk, body: bytes) -> None:  # noqa: F811
    answer = await put(intake, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "catalogue-invalid")


async def test_b3_replacing_is_asked_for(intake: Desk) -> None:  # noqa: F811
    await put(intake, day_off("2027-03-01"))
    replaced = (await put(intake, day_off("2027-03-02"), "?replace=true")).json()
    fields = {(one["change"], one["field"]) for one in replaced["changes"]}
    assert {("removed", "days_off[2027-03-01]"), ("added", "days_off[2027-03-02]")} <= fields


async def test_b3_two_imports_at_once_lose_nothing(intake: Desk) -> None:  # noqa: F811
    texts = [day_off(f"2027-03-{day:02}") for day in (1, 2, 3, 4)]
    answers = await asyncio.gather(*(put(intake, text) for text in texts))
    assert {answer.status_code for answer in answers} == {200}
    fresh = Catalogues(intake.runtime.db, intake.runtime.clock)
    await fresh.refresh()
    days = {day.date.isoformat() for day in fresh.current.calendar.rules.days_off}
    assert {f"2027-03-{day:02}" for day in (1, 2, 3, 4)} <= days


async def test_b8_an_import_tells_which_promises_stand_on_a_day_that_is_now_off(intake: Desk) -> None:  # noqa: F811
    promised = [await accepted(intake) for _ in range(2)]
    await intake.post("/api/v1/dossiers", CITIZEN, filing())  # not accepted: promised nothing
    day = parse_instant(promised[0]["appointment"]).astimezone(UTC).date().isoformat()
    dry = (await put(intake, day_off(day), "?dry_run=true")).json()
    assert dry["newly_off"] == [{"date": day, "dossiers": 2}]
    named = (await put(intake, day_off(day), "?ids=true")).json()
    assert set(named["newly_off"][0]["ids"]) == {one["id"] for one in promised}
    assert (await put(intake, day_off(day))).json()["newly_off"] == []


async def test_b8_a_day_that_touches_nobody_and_a_delivered_dossier_are_not_told(intake: Desk) -> None:  # noqa: F811
    one = await accepted(intake)
    day = parse_instant(one["appointment"]).astimezone(UTC).date().isoformat()
    await intake.runtime.dossiers.table.update_one({"_id": one["id"]}, {"$set": {"state.status": "delivered"}})
    assert (await put(intake, day_off(day))).json()["newly_off"] == []


# -- the command --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def served(intake: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[respx.MockRouter]:  # noqa: F811
    """The command speaks to a service that answers as intake did."""
    answer = (await put(intake, day_off("2027-03-01"), "?dry_run=true")).json()
    answer["newly_off"] = [{"date": "2027-03-01", "dossiers": 3, "ids": ["d-1"]}]
    monkeypatch.setenv("DOSSIER_TOKEN", "a.b.c")
    monkeypatch.setenv("DOSSIER_SERVICES", '{"intake": "http://intake.test"}')
    monkeypatch.setenv("COLUMNS", "200")
    with respx.mock(assert_all_called=False) as router:
        router.put(url__startswith="http://intake.test/api/v1/catalogue").respond(json=answer)
        yield router


@pytest.mark.parametrize("name", ["lịch nghỉ.yaml", "lịch.YML", "lich.json"])
async def test_b3_the_command_prints_the_difference_and_asks_nothing(
    served: respx.MockRouter, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "Tài liệu" / "hồ sơ"
    folder.mkdir(parents=True)
    document = yaml.safe_load(day_off("2027-03-01"))
    (folder / name).write_text(json.dumps(document, default=str), "utf-8")
    asked = ["catalogue", "import", str(folder / name), "--dry-run", "--replace", "--ids"]
    shown = await asyncio.to_thread(CliRunner().invoke, app, asked)
    assert shown.exit_code == 0, shown.output
    assert str(served.calls.last.request.url).endswith("/api/v1/catalogue?dry_run=true&replace=true&ids=true")
    for part in ("days_off[2027-03-01]", "ngày nghỉ [2027-03-01]", "3 hồ sơ", "d-1", "nothing was changed"):
        assert part in shown.output
    as_json = await asyncio.to_thread(CliRunner().invoke, app, [*asked[:3], "--json"])
    assert json.loads(as_json.output)["changes"][0]["field"] == "days_off[2027-03-01]"
    assert str(served.calls.last.request.url).endswith("/api/v1/catalogue")


async def test_a_workbook_is_no_catalogue(served: respx.MockRouter, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    shown = await asyncio.to_thread(CliRunner().invoke, app, ["catalogue", "import", str(tmp_path / "a.xlsx")])
    assert shown.exit_code == 1
    assert "neither .yaml nor .json" in shown.output
    assert served.calls.call_count == 0
