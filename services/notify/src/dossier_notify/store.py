"""The only file of notify with MongoDB queries. The index on open claims is the core's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.journal.dossier import Dossier


class UnsentMessages:
    def __init__(self, *messages: DossierCollection) -> None:
        self._messages = messages

    async def count(self) -> int:
        """Messages requested whose outcome is not recorded yet."""
        open_ones = {"claim.until": {"$exists": True}}
        counts = [await kept.table.count_documents(open_ones, hint="open_claims") for kept in self._messages]
        return sum(counts)


def alarm_messages(db: Database) -> DossierCollection:
    """Messages about alarms: one journalled document each."""
    return DossierCollection(db, "notify", "alarm_messages")


async def ensure_indexes(*messages: DossierCollection) -> None:
    for kept in messages:
        await kept.table.create_index(
            [("state.messages.status", 1)], name="failed", partialFilterExpression={"state.messages.status": "failed"}
        )


def failed(messages: DossierCollection) -> Callable[[int], Awaitable[list[Dossier]]]:
    async def find(limit: int) -> list[Dossier]:
        """Those with a message that could not be sent, and none under way."""
        query = {"state.messages.status": "failed", "state.intent": None}
        return await messages.find(query, limit=limit)

    return find
