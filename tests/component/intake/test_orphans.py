"""Files that no dossier names are removed; what a filing names, whenever it does, is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.cases import files
from tests.component.desks import Desk, officer
from tests.component.intake.papers import agency_of, filing

from dossier_intake.store import Uses
from dossier_intake.uploads.orphans import GRACE, KEPT, Orphans
from dossier_shared.clock import FixedClock, SystemClock
from dossier_shared.journal import crash

ONE, OTHER = officer("u-1", "citizen", agency=None), officer("u-2", "citizen", agency=None)
PROCEDURE, PAPER = "1.001193", "G15-KQ004389"
LATER = KEPT + timedelta(hours=1)


class Died(BaseException):
    """As SIGKILL would end it: nothing is tidied up."""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def orphans(intake: Desk, clock: FixedClock) -> Orphans:
    runtime = intake.runtime
    return Orphans(runtime.dossiers, Uses(runtime.db), runtime.files, runtime.ledger, clock)


@pytest.fixture
def dies_at() -> Iterator[list[str]]:
    """The points still to die at, each once."""
    points: list[str] = []

    def strike(point: str) -> None:
        if point in points:
            points.remove(point)
            raise Died(point)

    crash.set_hook(strike)
    yield points
    crash.set_hook(None)


async def upload(intake: Desk, content: bytes, who: dict[str, str] = ONE) -> str:
    answer = await intake.http.post("/api/v1/documents?name=a.pdf", headers=who, content=content)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


async def file(intake: Desk, document: str, who: dict[str, str] = ONE) -> tuple[int, dict[str, Any]]:
    answer = await intake.post("/api/v1/dossiers", who, filing(PROCEDURE, documents=[{"code": PAPER, "id": document}]))
    return answer.status_code, answer.json()


async def readable(intake: Desk, dossier: str) -> bool:
    counter = officer("c", "counter", agency=agency_of(PROCEDURE))
    return (await intake.http.get(f"/api/v1/dossiers/{dossier}/documents/1", headers=counter)).status_code == 200


async def stored(intake: Desk) -> tuple[int, int]:
    """Files and uses, whatever they are called."""
    db = intake.runtime.db
    return await db["files.files"].count_documents({}), await db["uploads"].count_documents({})


async def test_what_nobody_files_is_removed_and_what_is_filed_stays(
    intake: Desk, orphans: Orphans, clock: FixedClock
) -> None:
    left = await upload(intake, files.pdf())
    kept = await upload(intake, files.png())
    _, dossier = await file(intake, kept)
    clock.advance(timedelta(days=6))
    assert await orphans.once() == 0
    clock.advance(LATER - timedelta(days=6))
    assert await orphans.once() == 2
    assert await stored(intake) == (2, 2), "nothing goes at the first look"
    assert (await file(intake, left))[1]["code"] == "document-unknown", "and what is going cannot be attached"
    clock.advance(GRACE + timedelta(seconds=1))
    await orphans.once()
    assert await stored(intake) == (1, 1)
    assert await intake.runtime.db["files.chunks"].count_documents({}) == 1
    assert await readable(intake, dossier["id"])
    assert await orphans.once() == 0, "what is filed is not looked at again"


async def test_a_filing_that_had_looked_before_keeps_its_file(
    intake: Desk, orphans: Orphans, clock: FixedClock
) -> None:
    document = await upload(intake, files.pdf())
    clock.advance(LATER)
    looked = await Uses(intake.runtime.db).of("u-1", [document])
    await orphans.once()
    uploads: Any = intake.app.state.desk.uploads
    with pytest.MonkeyPatch.context() as patched:

        async def as_it_was(*_: object) -> Any:
            return looked

        patched.setattr(uploads, "of", as_it_was)
        status, dossier = await file(intake, document)
    assert status == 201
    clock.advance(GRACE + timedelta(seconds=1))
    await orphans.once()
    assert await readable(intake, dossier["id"])
    assert (await file(intake, document))[0] == 201


async def test_what_is_brought_again_stays_and_each_use_is_judged_alone(
    intake: Desk, orphans: Orphans, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.app.state.desk.uploads, "_clock", clock)
    document = await upload(intake, files.pdf())
    await upload(intake, files.pdf(), OTHER)
    clock.advance(LATER)
    await orphans.once()
    await upload(intake, files.pdf(), OTHER)
    clock.advance(GRACE + timedelta(seconds=1))
    await orphans.once()
    assert await stored(intake) == (1, 1)
    assert (await file(intake, document))[1]["code"] == "document-unknown"
    status, dossier = await file(intake, document, OTHER)
    assert status == 201
    assert await readable(intake, dossier["id"])


@pytest.mark.parametrize("point", ["orphan.hidden", "orphan.dropped"])
async def test_a_process_that_dies_midway_leaves_nothing_and_loses_nothing(
    intake: Desk, orphans: Orphans, clock: FixedClock, dies_at: list[str], point: str
) -> None:
    await upload(intake, files.pdf())
    clock.advance(LATER)
    await orphans.once()
    clock.advance(GRACE + timedelta(seconds=1))
    dies_at.append(point)
    with pytest.raises(Died):
        await orphans.once()
    await orphans.once()
    assert await stored(intake) == (0, 0)
    assert await intake.runtime.db["files.chunks"].count_documents({}) == 0


@pytest.mark.parametrize("point", ["orphan.hidden", "orphan.dropped"])
async def test_the_same_bytes_brought_while_they_go_are_there(
    intake: Desk, orphans: Orphans, clock: FixedClock, dies_at: list[str], point: str
) -> None:
    document = await upload(intake, files.pdf())
    clock.advance(LATER)
    await orphans.once()
    clock.advance(GRACE + timedelta(seconds=1))
    dies_at.append(point)
    with pytest.raises(Died):
        await orphans.once()
    await upload(intake, files.pdf())
    status, dossier = await file(intake, document)
    assert status == 201
    await orphans.once()
    assert await readable(intake, dossier["id"])


async def test_bytes_that_go_after_they_were_found_stored_are_stored_again(
    intake: Desk, orphans: Orphans, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst moment: the upload has found them there, and has not said yet that it needs them."""
    document = await upload(intake, files.pdf())
    clock.advance(LATER)
    await orphans.once()
    clock.advance(GRACE + timedelta(seconds=1))
    keep = Uses.keep

    async def late(*args: Any) -> None:
        await orphans.once()
        assert await stored(intake) == (0, 0)
        await keep(*args)

    monkeypatch.setattr(Uses, "keep", late)
    await upload(intake, files.pdf())
    status, dossier = await file(intake, document)
    assert status == 201
    assert await readable(intake, dossier["id"])


async def test_nothing_is_judged_while_dossiers_may_be_missing(
    intake: Desk, orphans: Orphans, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing(Exception):
        pass

    def closed() -> None:
        raise Missing

    await upload(intake, files.pdf())
    clock.advance(LATER)
    monkeypatch.setattr(intake.runtime.ledger, "check_open", closed)
    with pytest.raises(Missing):
        await orphans.once()
    assert await intake.runtime.db["uploads"].count_documents({"leaving": {"$exists": True}}) == 0


async def test_what_names_a_file_is_found_by_an_index(intake: Desk) -> None:
    for table, field in (("dossiers", "journal"), ("segments", "events")):
        query = {f"{field}.data.documents.id": {"$in": ["a"]}}
        plan = await intake.runtime.db.command("explain", {"find": table, "filter": query}, verbosity="queryPlanner")
        assert "names_file" in str(plan["queryPlanner"]["winningPlan"])
