"""Filed in clear, then sealed: nobody reads it without a key, everything goes on, and who is erased is gone from everywhere."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dossier_local import personal_data
from dossier_local.addresses import find as find_addresses
from dossier_local.recount import begin_and_wait
from dossier_shared.contracts.boxes import is_box, is_later
from dossier_shared.contracts.envelope import from_entry, verify_chain
from dossier_shared.settings.service import DEVELOPMENT_KEY
from dossier_shared.vocabulary.persons import person_of

from ..bad_input.offices import Eventually, Offices, staffed  # noqa: TID252
from ..traces.test_one_trace import OWNERS, Walk  # noqa: TID252
from .canaries import NAMES, NUMBERS, decided, filed, nothing_to_keep, told_of, with_name
from .test_encrypted import IN_CLEAR, board, in_databases, on_topics, papers, results

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

IN_CLEAR_BEFORE = {
    *IN_CLEAR, "dossier_intake.dossiers.journal", "dossier_review.dossiers.journal", "dossier_notify.dossiers.journal",
    "dossier_intake.files.chunks.data",
}  # fmt: skip
GROUND = "Luật 91/2025/QH15, điều 14"


@pytest.fixture(scope="module")
async def offices(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Offices]:
    env = {"SWEEP_AFTER_SECONDS": "2", "MONITOR_LINGER": "0.1"}
    async with staffed(tmp_path_factory.mktemp("reseal"), env) as made:
        yield made


async def reseal(offices: Offices, *words: str, status: int = 0) -> dict[str, Any]:
    argv = [sys.executable, "-m", "dossier_local.cli", "privacy", "reseal", "--json", *words]
    argv += ["--folder", str(offices.stack.folder)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == status, (out + err).decode()[-4000:]
    told: dict[str, Any] = json.loads(out)
    return told


async def rebuilt(offices: Offices) -> None:
    """The board, counted again from the topics, by a worker that begins anew."""
    await offices.stack.stop("monitor-worker")
    argv = [sys.executable, "-m", "dossier_monitor.worker", "rebuild"]
    env = {**os.environ, **offices.stack.env("monitor-worker")}
    process = await asyncio.create_subprocess_exec(*argv, env=env)
    assert await asyncio.wait_for(process.wait(), 120) == 0
    await offices.stack.start("monitor-worker")


async def journals(offices: Offices, walk: Walk) -> list[bytes]:
    """Every sealed part of a dossier, of a chain that holds."""
    sealed = []
    for service in OWNERS:
        stored = await offices.stored(service, walk.id) or {"journal": []}
        assert verify_chain([from_entry(walk.id, service, entry) for entry in stored["journal"]]) is None
        sealed += [bytes(entry["sealed"]) for entry in stored["journal"] if entry["sealed"]]
    return sealed


async def test_what_was_filed_in_clear_is_sealed_and_then_erased(offices: Offices, eventually: Eventually) -> None:
    first, second = [await decided(await filed(offices, eventually, n), n) for n in (0, 1)]
    going = await filed(offices, eventually, 2)
    canaries, gone = told_of(0, 1, 2), told_of(0)
    assert await in_databases(offices, canaries) >= IN_CLEAR_BEFORE
    topics_before, _ = await on_topics(offices, canaries)
    assert topics_before >= {"dossier.submitted", "dossier.reviewed"}

    counted = await reseal(offices)
    intake = counted["services"]["intake"]
    assert (intake["dossiers"], intake["in_clear"], intake["without_key"]) == (3, 3, 3)
    assert intake["sealed_parts"] == sum(not is_box(one) for one in await of(offices, "intake"))
    assert intake["files"]["files"] == 3
    assert counted["services"]["signing"]["files"]["files"] == 2
    told = {one["topic"] for one in counted["topics"]}
    assert told >= topics_before
    assert all(one["until"] is None for one in counted["topics"]), "they are kept for ever"
    assert await in_databases(offices, canaries) >= IN_CLEAR_BEFORE, "only counted"

    await offices.stack.restart("intake", env={"PERSONAL_DATA": "encrypted"})
    totals = await board(offices)
    done = await reseal(offices, "--apply")
    assert done["failed"] == done["kept"] == {}
    assert done["topics"] == []
    assert {one["topic"] for one in done["gone"]} == told
    assert all(one["offset"] > 0 and one["since"] <= one["disk"] for one in done["gone"])
    for name, one in done["services"].items():
        assert (one["in_clear"], one["files"]["files"], one["altered"]) == (0, 0, []), name

    assert (await on_topics(offices, canaries))[0] == set()
    assert await in_databases(offices, canaries) == IN_CLEAR
    for walk in (first, second, going):
        sealed = await journals(offices, walk)
        assert sealed
        assert all(is_later(one) for one in sealed)
    assert await papers(offices, first) == (206, with_name(NAMES[0])[-20:])
    assert await results(offices, first) == (1, 1)

    await rebuilt(offices)
    await eventually(lambda: same_board(offices, totals), within=60)
    await decided(going, 2)
    assert [is_later(one) for one in await journals(offices, going)].count(False) > 0, "it goes on, and encrypted"
    assert (await on_topics(offices, canaries))[0] == set()
    at = find_addresses(offices.stack.folder)
    said = await begin_and_wait(at)
    assert said["differences"] == [], said

    person = person_of(DEVELOPMENT_KEY.encode(), "citizen", NUMBERS[0])
    await nothing_to_keep(offices)
    asked = await personal_data.ask_erasure(at, NUMBERS[0], GROUND, "admin-1")
    assert (await personal_data.grant_erasure(at, asked["erasure"], "admin-2"))["person"] == person

    async def purged() -> bool:
        assert await in_databases(offices, gone) == set()
        return True

    await eventually(purged, within=60)
    assert (await on_topics(offices, gone))[0] == set()
    assert await journals(offices, first)
    assert await results(offices, first) == (1, 0)
    assert (await papers(offices, first))[0] >= 400
    assert (await papers(offices, second))[0] == 206
    assert (await reseal(offices))["services"]["intake"]["altered"] == []


async def of(offices: Offices, service: str) -> list[bytes]:
    found = offices.mongo[f"dossier_{service}"]["dossiers"].find({}, {"journal": 1})
    return [bytes(e["sealed"]) for one in await found.to_list() for e in one["journal"] if e["sealed"]]


async def same_board(offices: Offices, totals: Any) -> bool:
    assert await board(offices) == totals
    return True
