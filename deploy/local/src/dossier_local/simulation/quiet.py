"""Whether anything is still on its way, asked of the databases directly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.read_concern import ReadConcern

from dossier_local.reconciliation.stored_source import SERVICES
from dossier_local.reconciliation.world import HANDED_OVER
from dossier_local.services import database_of
from dossier_shared.contracts.topics import heard_by

Raw = dict[str, Any]
FIELDS = {"seq": 1, "heard": 1, "pending": 1, "state.status": 1, "state.intent": 1, "state.wished": 1}


class Watch:
    """A connection of its own; close it. `delivered` and `stirring` block: call them in a thread."""

    def __init__(
        self, mongodb: str, services: Sequence[str] = SERVICES, deployments: Sequence[tuple[str, str]] = ()
    ) -> None:
        """`deployments`: service and name of those beside the one without a name."""
        self.services, self.deployments = services, deployments
        self._client: MongoClient[Raw] = MongoClient(mongodb, serverSelectionTimeoutMS=5000, tz_aware=True)

    def close(self) -> None:
        self._client.close()

    def delivered(self) -> int:
        return self._table("notify").count_documents({"state.status": "delivered"})

    def stirring(self) -> list[str]:
        """What is not at rest, in words; empty: everything published, heard, signed, told and delivered."""
        known = {
            s: {d["_id"]: d for t in self._tables(s) for d in t.find({}, FIELDS, batch_size=5000)}
            for s in self.services
        }
        found: list[str] = []
        for service, documents in known.items():
            pending = sum("pending" in d for d in documents.values())
            intents = sum(bool(d.get("state", {}).get("intent")) for d in documents.values())
            for topic in heard_by(service):
                own = known[str(topic.source)]
                behind = sum(_heard(documents.get(id_), str(topic.source)) < d["seq"] for id_, d in own.items())
                if behind:
                    found.append(f"{service} has not heard all of {topic.source} ({behind})")
            if pending:
                found.append(f"{service} publishes ({pending})")
            if intents:
                found.append(f"{service} acts ({intents})")
        signed = {i for i, d in known["signing"].items() if d.get("state", {}).get("status") == "signed"}
        done = {i for i, d in known["notify"].items() if at_rest(d.get("state", {}))}
        if signed - done:
            found.append(f"not delivered yet ({len(signed - done)})")
        return found

    def _tables(self, service: str) -> list[Collection[Raw]]:
        return [self._table(service), *(self._table(service, name) for of, name in self.deployments if of == service)]

    def _table(self, service: str, deployment: str = "") -> Collection[Raw]:
        name = database_of(service, deployment)
        return self._client.get_database(name, read_concern=ReadConcern("majority"))["dossiers"]


def at_rest(state: Raw) -> bool:
    """Delivered, or there for whoever comes for it."""
    status = state.get("status")
    return status == "delivered" or (status == "signed" and state.get("wished") in HANDED_OVER)


def _heard(document: Raw | None, source: str) -> int:
    return int(document.get("heard", {}).get(source, {}).get("seq", 0)) if document else 0


async def until_quiet(
    watch: Watch, *, stuck_after: float, seen: Callable[[], Awaitable[None]] | None = None
) -> list[str]:
    """Waits as long as something moves; answers what still stirs when nothing has for `stuck_after` seconds (empty: quiet)."""
    last: list[str] = []
    moved = time.monotonic()
    while True:
        stirring = await asyncio.to_thread(watch.stirring)
        if seen is not None:
            await seen()
        if stirring != last:
            last, moved = stirring, time.monotonic()
        if not stirring or time.monotonic() - moved > stuck_after:
            return stirring
        await asyncio.sleep(1)
