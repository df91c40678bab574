"""Sessions in a real database: what the sessions' tests take for granted of `MemoryStore`."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from dossier_local.stack import Stack
from dossier_shared.adapters.mongo import connect, database
from dossier_shared.http.sessions.store import SessionStore


async def test_one_renews_what_ended_stays_ended_and_all_goes_by_itself(stack: Stack) -> None:
    client = connect(stack.mongodb)
    name, now = f"sessions-{uuid4().hex}", time.time()
    db = database(client, name)
    store = SessionStore(db)
    await store.ensure_indexes()
    for key, sid in (("a", "s-1"), ("b", "s-1"), ("c", "s-2")):
        document = {
            "_id": key,
            "sealed": b"1",
            "version": 1,
            "used": now,
            "ends": now + 9,
            "claimed": 0.0,
            "sid": sid,
            "sub": "p",
        }
        await store.insert(document, now + 9)

    claims = await asyncio.gather(*(store.claim("a", 1, now, now + 15) for _ in range(20)))
    assert sum(claims) == 1
    assert await store.claim("a", 1, now + 16, now + 30)  # whoever had it is taken for dead
    await store.release("a", 1)
    assert await store.claim("a", 1, now, now + 15)
    assert await store.renew("a", 1, b"2")
    assert not await store.renew("a", 1, b"3")
    found = await store.find("a")
    assert found is not None
    assert (found["sealed"], found["version"], found["claimed"]) == (b"2", 2, 0.0)

    await store.touch("a", now + 1, now + 99)
    found = await store.find("a")
    assert found is not None
    assert found["gone"].timestamp() - now > 90
    assert sorted(await store.end_of(sid="s-1", sub="p")) == ["a", "b"]
    assert not await store.renew("a", 2, b"4")
    await store.end("c")
    assert [await store.find(key) for key in "abc"] == [None, None, None]

    assert not await store.was_heard("j")
    for _ in range(2):
        await store.hear("j", now + 9)
    assert await store.was_heard("j")
    for table in ("sessions", "logouts_heard"):
        assert (await db[table].index_information())["gone_1"]["expireAfterSeconds"] == 0
    await client.drop_database(name)
    client.close()
