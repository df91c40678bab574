"""A database put back without a word is noticed; one that was recorded on before it was recovered is not taken for whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Drill, agreed

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
DUE = {"_id": "due"}


async def ready(drill: Drill, service: str) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(drill.stack.url(service) + "/health/ready")
        return dict(answer.json())


async def command(drill: Drill) -> httpx.Response:
    """Any that would be refused otherwise with 404."""
    async with httpx.AsyncClient(trust_env=False) as http:
        person = {"sub": "s-1", "roles": ["specialist"], "agency": "H19"}
        token = (await http.post(drill.stack.url("identity") + "/token", json=person)).json()["access_token"]
        headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}
        url = drill.stack.url("review") + "/api/v1/dossiers/none/note"
        return await http.post(url, json={"text": "?"}, headers=headers)


async def refuses_commands(drill: Drill, eventually: Eventually, why: str) -> None:
    await drill.stack.start("review", ready=False)

    async def closed() -> bool:
        try:
            return why in str((await ready(drill, "review"))["checks"].get("recovered"))
        except httpx.TransportError:
            return False

    await eventually(closed, within=60)
    refused = await command(drill)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")


@pytest.mark.timeout(600)
async def test_a_service_on_an_old_database_waits_until_it_is_recovered(
    drill: Drill, eventually: Eventually, tmp_path: Path
) -> None:
    agreed(await drill.play(8))
    await drill.dossier(f"backup {tmp_path / 'backup'} --service review")
    agreed(await drill.play(8))
    await drill.stack.stop("review")
    behind = await drill.events("review")
    await drill.dossier(f"restore {tmp_path / 'backup'} review", status=1)  # not over what is there
    assert await drill.events("review") == behind
    await drill.mongo.drop_database("dossier_review")
    await drill.put_back(tmp_path / "backup", "review")  # by tools that know nothing of all this

    await refuses_commands(drill, eventually, "and the database does not")
    assert (await drill.told("recover review"))["whole"]

    async def goes_on() -> bool:
        return bool((await ready(drill, "review"))["ready"])

    await eventually(goes_on, within=60)
    assert (await command(drill)).status_code == 404
    assert await drill.events("review") == behind
    agreed(await drill.play(8))


@pytest.mark.timeout(600)
async def test_what_was_recorded_on_an_old_database_is_named_and_the_service_stays_closed(
    drill: Drill, eventually: Eventually, tmp_path: Path
) -> None:
    agreed(await drill.play(8))
    said = await drill.dossier("recover review", status=1)
    assert "stop every replica of it first" in said
    await drill.dossier(f"backup {tmp_path / 'backup'} --service review")
    said = await drill.dossier(f"restore {tmp_path / 'backup'} review --replace", status=1)
    assert "review runs: stop it first" in said
    await drill.stack.stop("review")
    assert await drill.mongo["dossier_review"]["recovery"].find_one(DUE) is None  # the refused attempt left none

    table = drill.mongo["dossier_review"]["dossiers"]
    forked = await table.find_one({"seq": {"$gt": 1}}) or {}
    another = {f"journal.{len(forked['journal']) - 1}.hash": "f" * 64}
    await table.update_one({"_id": forked["_id"]}, {"$set": another})
    said = await drill.dossier("recover review", status=1)
    assert f"{forked['_id']}: event {forked['seq']} of the journal is another than the one on the topic" in said
    assert "put the backup back once more" in said
    await refuses_commands(drill, eventually, "a recovery was begun and has not ended")
    await drill.stack.stop("review")

    assert (await drill.told(f"restore {tmp_path / 'backup'} review --replace"))["whole"]
    await drill.stack.start("review")
    agreed(await drill.play(8))


async def test_a_backup_that_was_altered_is_not_put_back(drill: Drill, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    manifest = await drill.told(f"backup {backup} --service signing")
    assert manifest["services"]["signing"]["collections"]["files.chunks"]["documents"] > 0
    assert backup.stat().st_mode & 0o777 == 0o700
    assert "is not empty" in await drill.dossier(f"backup {backup}", status=1)
    file = backup / "signing" / "dossiers.bson"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    await drill.stack.stop("signing")
    before = await drill.events("signing")
    said = await drill.dossier(f"restore {backup} signing --replace", status=1)
    assert "is not what was backed up" in said
    assert await drill.events("signing") == before
    await drill.stack.start("signing")
