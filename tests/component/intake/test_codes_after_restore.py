"""Dossier codes after the database was put back: the counters are old, the dossiers read back from the topic are not."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from dossier_intake.store import Codes
from dossier_local.stack import Stack
from dossier_shared.adapters.mongo import connect, database

DAY = date(2026, 6, 1)


async def test_no_code_is_issued_twice(stack: Stack) -> None:
    client = connect(stack.mongodb)
    try:
        db = database(client, f"intake-{uuid4().hex}")
        issued = [await Codes(db).next("H19.1", DAY) for _ in range(3)]  # three lives, each with a block of its own
        await db["dossiers"].insert_many([{"_id": code, "state": {"code": code}} for code in issued])
        await db["dossiers"].insert_many(
            [{"_id": "other", "state": {"code": "H19-2-20260601-0000040"}}, {"_id": "stub", "state": {}}]
        )
        await db["counters"].delete_many({})  # as old as can be
        await Codes(db).pass_by()
        again = Codes(db)
        assert int((await again.next("H19.1", DAY)).rpartition("-")[2]) > int(issued[-1].rpartition("-")[2]) + 1000
        assert int((await again.next("H19-2", DAY)).rpartition("-")[2]) > 1000
        assert await again.next("H20", DAY) == "H20-20260601-0000001"
        await again.pass_by()  # never back
        assert await Codes(db).next("H20", DAY) == "H20-20260601-0000009"
        await client.drop_database(db.name)
    finally:
        client.close()
