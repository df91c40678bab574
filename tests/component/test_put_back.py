"""A backup put back, and what is there where that ends half-way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo.synchronous.collection import Collection

from dossier_local.dump import database_of, dump, put_back
from dossier_local.stack import Stack
from dossier_shared.adapters.mongo import connect


async def test_it_is_closed_before_anything_is_dropped(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRILLED_DATABASE", f"drilled-{uuid4().hex}")
    client = connect(stack.mongodb)
    db = client[database_of("drilled")]
    try:
        await db["dossiers"].insert_one({"_id": "backed up"})
        await db["recovery"].insert_one({"_id": "old note"})
        await asyncio.to_thread(dump, stack.mongodb, tmp_path / "backup", ["drilled"])
        await db["dossiers"].insert_one({"_id": "later"})
        await db["recovery"].insert_one({"_id": "later note"})

        def fails(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(Collection, "drop", fails)
            with pytest.raises(KeyboardInterrupt):
                put_back(stack.mongodb, tmp_path / "backup", "drilled", replace=True)
        assert await db["recovery"].find_one({"_id": "due"})
        assert await db["dossiers"].find_one({"_id": "later"})

        await asyncio.to_thread(put_back, stack.mongodb, tmp_path / "backup", "drilled", replace=True)
        assert [d["_id"] async for d in db["dossiers"].find()] == ["backed up"]
        assert {d["_id"] async for d in db["recovery"].find()} == {"due", "old note"}
    finally:
        await client.drop_database(db.name)
        client.close()
