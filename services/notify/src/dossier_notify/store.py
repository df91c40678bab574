"""The only file of notify with MongoDB queries. Its one index, on open claims, is the core's own."""

from __future__ import annotations

from dossier_shared.mongo import Database, DossierCollection


class Outbox:
    def __init__(self, *messages: DossierCollection) -> None:
        self._messages = messages

    async def size(self) -> int:
        """Messages requested whose outcome is not recorded yet."""
        open_ones = {"claim.until": {"$exists": True}}
        counts = [await kept.table.count_documents(open_ones, hint="open_claims") for kept in self._messages]
        return sum(counts)


def alarm_messages(db: Database) -> DossierCollection:
    """Messages about alarms: one journalled document each."""
    return DossierCollection(db, "notify", "alarm_messages")
