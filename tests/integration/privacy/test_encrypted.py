"""Persons nobody can mistake go through the whole loop, encrypted: where they stand in clear, and what is left of one erased."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dossier_local import personal_data
from dossier_local.addresses import Addresses
from dossier_local.addresses import find as find_addresses
from dossier_local.errors import StackError
from dossier_shared.contracts.boxes import holder_of
from dossier_shared.contracts.envelope import from_entry, verify_chain
from dossier_shared.contracts.topics import PERSON_KEYS, SERVICES, TOPICS
from dossier_shared.settings.service import DEVELOPMENT_KEY
from dossier_shared.vocabulary.persons import GONE, person_of

from ..bad_input.offices import Eventually, Offices, staffed  # noqa: TID252
from ..traces.test_one_trace import OWNERS, Walk  # noqa: TID252
from .canaries import NAMES, NUMBERS, decided, filed, nothing_to_keep, read, texts, told_of, with_name

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

# where an entitled service keeps them: its states (field by field in tests/contracts/personal_data.txt), and what it has signed
IN_CLEAR = {
    "dossier_intake.dossiers.state", "dossier_review.dossiers.state", "dossier_signing.dossiers.state",
    "dossier_notify.dossiers.state",
}  # fmt: skip


@pytest.fixture(scope="module")
async def offices(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Offices]:
    env = {"PERSONAL_DATA": "encrypted", "SWEEP_AFTER_SECONDS": "2", "MONITOR_LINGER": "0.1"}
    async with staffed(tmp_path_factory.mktemp("privacy"), env) as made:
        yield made


def addresses(offices: Offices) -> Addresses:
    return find_addresses(offices.stack.folder)


async def walked(offices: Offices, eventually: Eventually, n: int) -> Walk:
    """The canary number `n`, from filing to delivery."""
    return await decided(await filed(offices, eventually, n), n)


async def papers(offices: Offices, walk: Walk) -> tuple[int, bytes]:
    """How the first one is answered, and its end."""
    head = {**offices.who["citizen"], "range": "bytes=-20"}
    answer = await offices.http.get(
        f"{offices.stack.url('intake')}/api/v1/dossiers/{walk.id}/documents/1", headers=head
    )
    return answer.status_code, answer.content


def written(value: Any) -> bytes:
    return repr(value).encode() if not isinstance(value, bytes) else value


async def in_databases(offices: Offices, canaries: list[bytes]) -> set[str]:
    """database.collection.field"""
    found = set()
    for service in SERVICES:
        db = offices.mongo[f"dossier_{service}"]
        for name in await db.list_collection_names():
            async for document in db[name].find():
                for field, value in document.items():
                    if any(canary in text for canary in canaries for text in texts(value)):
                        found.add(f"{db.name}.{name}.{field}")
    return found


async def on_topics(offices: Offices, canaries: list[bytes]) -> tuple[set[str], int]:
    """Topics with one of them in a record, and how many records were looked at."""
    records = await read(offices.stack.kafka, TOPICS)
    found = {record.topic for record in records if _has((record.key or b"") + (record.value or b""), canaries)}
    return found, len(records)


async def in_logs_and_metrics(offices: Offices, canaries: list[bytes]) -> set[str]:
    found = {path.name for path in (offices.stack.folder / "logs").iterdir() if _has(path.read_bytes(), canaries)}
    for service in SERVICES:
        told = (await offices.http.get(f"{offices.stack.url(service)}/metrics")).content
        found |= {f"{service} metrics"} if _has(told, canaries) else set()
    return found


def _has(content: bytes, canaries: list[bytes]) -> bool:
    return any(canary in content for canary in canaries)


async def test_persons_are_encrypted_through_the_whole_loop_and_one_is_erased(
    offices: Offices, eventually: Eventually, tmp_path: Path
) -> None:
    first, second = await walked(offices, eventually, 0), await walked(offices, eventually, 1)
    canaries = told_of(0, 1)

    topics, looked = await on_topics(offices, canaries)
    assert looked > 20
    assert topics == set()
    assert await in_logs_and_metrics(offices, canaries) == set()
    assert await in_databases(offices, canaries) == IN_CLEAR
    person = person_of(DEVELOPMENT_KEY.encode(), "citizen", NUMBERS[0])
    for service in OWNERS:
        stored = await offices.stored(service, first.id)
        assert stored is not None
        sealed = [bytes(entry["sealed"]) for entry in stored["journal"] if entry["sealed"]]
        assert {holder_of(one) for one in sealed} <= {person}
        assert stored["holder"] == person

    at = addresses(offices)
    assert await results(offices, first) == (1, 1)
    assert await papers(offices, first) == (206, with_name(NAMES[0])[-20:])
    archive = tmp_path / "export.zip"
    count = await personal_data.export(at, person, archive)
    assert {service: count[service] for service in SERVICES} == dict.fromkeys(SERVICES, 1)
    with zipfile.ZipFile(archive) as whole:
        assert NAMES[0].encode() in whole.read(f"intake/{first.id}.json")
        assert {name.rpartition("/")[0] for name in whole.namelist()} >= {"signing/files", "intake/files"}
        assert not [name for name in whole.namelist() if second.id in name]

    with pytest.raises(StackError, match="must-be-kept"):
        await personal_data.ask_erasure(at, person, "Luật 91/2025/QH15, điều 14", "admin-1")
    await nothing_to_keep(offices)
    asked = await personal_data.ask_erasure(at, NUMBERS[0], "Luật 91/2025/QH15, điều 14", "admin-1")
    with pytest.raises(StackError, match="second-person"):
        await personal_data.grant_erasure(at, asked["erasure"], "admin-1")
    totals = await board(offices)
    done = await personal_data.grant_erasure(at, asked["erasure"], "admin-2")
    assert done["person"] == person

    gone = told_of(0)

    async def purged() -> bool:
        left = await in_databases(offices, gone)
        assert left == set()
        return True

    await eventually(purged, within=60)
    assert await board(offices) == totals
    for service in OWNERS:
        stored = await offices.stored(service, first.id)
        assert stored is not None
        assert verify_chain([from_entry(first.id, service, entry) for entry in stored["journal"]]) is None
        assert (await offices.stored(service, second.id) or {})["state"].get("applicant") != {"name": GONE}
    assert NAMES[1].encode() in written((await offices.stored("intake", second.id) or {})["state"])

    assert await results(offices, first) == (1, 0), "named, and not kept"
    assert await results(offices, second) == (1, 1)
    assert (await papers(offices, first))[0] >= 400
    assert (await papers(offices, second))[0] == 206
    assert await personal_data.rotate(at) == {"keys": 2, "readers": sorted(SERVICES)}, "of a person and a paper"
    assert PERSON_KEYS.name in (await on_topics(offices, [person.encode()]))[0]


async def results(offices: Offices, walk: Walk) -> tuple[int, int]:
    """How many files signing has named of a dossier, and how many of them it keeps."""
    stored = await offices.stored("signing", walk.id) or {}
    named = {file for entry in stored["journal"] if (file := entry["data"].get("file"))}
    return len(named), await offices.mongo["dossier_signing"]["files.files"].count_documents(
        {"filename": {"$in": [*named]}}
    )


async def board(offices: Offices) -> Any:
    head = await offices.login("superior", "superior", agency="H19")
    answer = await offices.http.get(f"{offices.stack.url('monitor')}/api/v1/board", headers=head)
    return {name: value for name, value in answer.json().items() if name in ("totals", "agencies")}
