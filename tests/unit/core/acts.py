"""What the scenarios share: the register of them, short questions and acts, and records no reader can use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Event, Record, chain_hash, encode, from_entry, verify_chain
from dossier_shared.contracts.events import SigningFailed
from dossier_shared.journal.dead_letters import StoredRecord

from .toy import SOURCE
from .world import World

Scenario = Callable[[World], Awaitable[None]]
ALL: dict[str, Scenario] = {}
SUBMITTED, SIGNED = "dossier.submitted", "dossier.signed"


def scenario(function: Scenario) -> Scenario:
    ALL[function.__name__] = function
    return function


# -- what they share ---------------------------------------------------------------------------------------------------


def seen(document: dict[str, Any]) -> list[str]:
    seen: list[str] = document["state"].get("seen", [])
    return seen


def types(document: dict[str, Any]) -> list[str]:
    return [entry["type"] for entry in document["journal"]]


def journalled(document: dict[str, Any]) -> list[Event]:
    return [from_entry(document["_id"], SOURCE, entry) for entry in document["journal"]]


def sound(document: dict[str, Any]) -> None:
    assert verify_chain(journalled(document)) is None
    assert document["seq"] == len(document["journal"])


def first_occurrences(numbers: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


def attempts(dossier: str, count: int) -> list[Event]:
    """Any events of one source in a row."""
    signing = Author("signing", dossier)
    return [signing.says(SigningFailed(reference="r", reason=str(n))) for n in range(count)]


async def swept(world: World, replica: Any) -> None:
    world.clock.advance(11)
    await replica.sweeper.sweep()
    await replica.publish()


async def published(world: World, dossier: str) -> bool:
    return "pending" not in await world.document(dossier)


async def fetched(replica: Any, count: int) -> list[Any]:
    records: list[Any] = []
    while len(records) < count:
        records += await replica.source.fetch(count)
    return records


async def until(check: Callable[[], Any], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while True:
            value = check()
            if await value if asyncio.iscoroutine(value) else value:
                return
            await asyncio.sleep(0.005)


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def stopped(*replicas: Any) -> None:
    for replica in replicas:
        await replica.ledger.close()


class finished:  # noqa: N801
    """A consumer that runs inside the block and finishes its batch at the end."""

    def __init__(self, replica: Any, task: asyncio.Task[None]) -> None:
        self.replica, self.task = replica, task

    async def __aenter__(self) -> None:
        """It runs already."""

    async def __aexit__(self, *_: object) -> None:
        self.replica.consumer.finish()
        await asyncio.wait_for(self.task, 20)


def raw(topic: str, record: Record) -> StoredRecord:
    return StoredRecord(topic, 0, 0, record.key, record.value, record.headers)


# -- records no reader can use: (reason, topic it is put on, made from a good event of intake) --------------------------


def _headers(event: Event, **changes: str | None) -> Record:
    record = encode(event)
    names = {name.replace("-", "_"): name for name, _ in record.headers}
    values = dict(record.headers)
    for short, value in changes.items():
        name = names[short]
        if value is None:
            del values[name]
        else:
            values[name] = value.encode()
    return record._replace(headers=list(values.items()))


def _resealed(event: Event, **changes: Any) -> Record:
    """A record that is consistent in itself."""
    changed = replace(event, **changes)
    changed.hash = chain_hash(changed)
    return encode(changed)


def _value(event: Event, change: Callable[[dict[str, Any]], Any]) -> Record:
    record = encode(event)
    body = orjson.loads(record.value)
    change(body)
    return record._replace(value=orjson.dumps(body))


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


SPOILT: list[tuple[str, str, Callable[[Event], Record]]] = [
    ("undecodable", SUBMITTED, lambda e: encode(e)._replace(value=b"not JSON")),
    ("undecodable", SUBMITTED, lambda e: encode(e)._replace(value=b"")),
    ("undecodable", SUBMITTED, lambda e: encode(e)._replace(value=b"[]")),
    ("undecodable", SUBMITTED, lambda e: encode(e)._replace(headers=[])),
    ("undecodable", SUBMITTED, lambda e: _headers(e, ce_hash=None)),
    ("undecodable", SUBMITTED, lambda e: _headers(e, ce_id="no-colons")),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, seq=0)),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, seq=2**62)),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, data=[1])),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, heard={"signing": "one"})),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, time="yesterday")),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, recorded="2025-07-01T01:00:00")),
    ("undecodable", SUBMITTED, lambda e: _resealed(e, agency=None)),
    ("undecodable", SUBMITTED, lambda e: encode(e)._replace(value=orjson.dumps({"data": _nested(200)})[:-1])),
    ("undecodable", SUBMITTED, lambda e: _value(e, lambda body: body.update(after="sealed"))),
    ("unknown-version", SUBMITTED, lambda e: _headers(e, ce_specversion="2.0")),
    ("unknown-version", SUBMITTED, lambda e: _headers(e, ce_type="vn.dossier.submitted.v2")),
    ("unknown-type", SUBMITTED, lambda e: _headers(e, ce_type="vn.dossier.vanished.v1")),
    ("unknown-type", SUBMITTED, lambda e: _headers(e, ce_type="com.example.submitted.v1")),
    ("wrong-key", SUBMITTED, lambda e: encode(e)._replace(key=b"another dossier")),
    ("wrong-writer", SIGNED, encode),
    ("wrong-writer", SUBMITTED, lambda e: _headers(e, ce_source="signing")),
    ("wrong-writer", SUBMITTED, lambda e: _headers(e, ce_id=f"{e.dossier}:signing:{e.seq}")),
    ("wrong-writer", SUBMITTED, lambda e: _headers(e, ce_type="vn.dossier.signed.v1")),
    ("wrong-hash", SUBMITTED, lambda e: _headers(e, ce_id=f"{e.dossier}:{e.source}:7")),
    ("wrong-hash", SUBMITTED, lambda e: _headers(e, ce_time="2025-07-01T02:00:00.000000Z")),
    ("wrong-hash", SUBMITTED, lambda e: _value(e, lambda body: body["data"].update(code="H19.1-2"))),
    ("wrong-hash", SUBMITTED, lambda e: _value(e, lambda body: body.update(sealed=body["sealed"] + " "))),
    ("invalid-data", SUBMITTED, lambda e: _resealed(e, data={**e.data, "fee_vnd": "much"})),
    ("invalid-data", SUBMITTED, lambda e: _resealed(e, data={})),
]
