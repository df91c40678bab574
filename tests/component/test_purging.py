"""Which files go with a person: theirs, and what was in them; never what others handed in too, wherever that is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from dossier_intake.store import Uses
from dossier_local.stack import Stack
from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import Database, DossierCollection, connect, database
from dossier_shared.clock import SystemClock
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.runtime.purging import Purging
from dossier_shared.vocabulary.persons import GONE

PERSON, AT = "p-somebody", datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client, name = connect(stack.mongodb), f"purging-{uuid4().hex}"
    yield database(client, name)
    await client.drop_database(name)
    client.close()


def named(*contents: bytes) -> dict[str, Any]:
    return {"seq": 1, "data": {"documents": [{"code": "x", "id": id_of(content)} for content in contents]}}


def id_of(content: bytes) -> str:
    return sha256(content).hexdigest()


class Events:
    """A dossier as `Purging` reads it: what it names."""

    def __init__(self, *contents: bytes) -> None:
        self.journal = [SimpleNamespace(data=named(*contents)["data"], actor="citizen:somebody")]

    def tail(self, _source: str, _after: int) -> list[Any]:
        return self.journal


async def test_what_others_handed_in_stays_and_what_was_inside_goes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`old` was handed in by somebody whose events have long moved to segments."""
    own, shared, old, signature, inside, both = b"own", b"shared", b"old", b"p7m", b"pdf in p7m", b"pdf in two"
    twice, other = b"p7m two", b"p7m of another"
    files, dossiers, uses = FileStore(db), DossierCollection(db, "intake"), Uses(db)
    for content in (own, shared, old, signature, inside, both, twice, other):
        await files.put(content)
    for content, shown in ((own, None), (signature, inside), (twice, both), (other, both), (shared, None)):
        found = {"shown": {"id": id_of(shown), "size": 1} if shown else None}
        await uses.keep(id_of(content), "somebody", "application/pdf", 1, "tên.pdf", AT, found)
    await uses.keep(id_of(shared), "another", "application/pdf", 1, "của người khác.pdf", AT, {})
    await dossiers.table.insert_many(
        [
            {"_id": "theirs", "holder": PERSON},
            {"_id": "another", "journal": [named(shared)]},
            {"_id": "long", "journal": []},
        ]
    )
    await dossiers.segments.insert_one({"_id": "long:1", "dossier": "long", "first": 1, "events": [named(old)]})

    async def load(ids: list[str]) -> dict[str, Events]:
        return {"theirs": Events(own, shared, old, signature, twice)}

    async def write(work: Any) -> None:
        assert set(work) == {"theirs"}

    monkeypatch.setattr(dossiers, "load_whole", load)
    ledger = cast(Any, SimpleNamespace(rules=SimpleNamespace(source="intake", forget=None), write=write))
    purging = Purging(db, dossiers, files, ledger, PersonKeys("intake", None), SystemClock())
    purging.forget_files.append(uses.forget)
    purging.within_files.append(uses.within)
    purging.forget_names.append(uses.forget_names)
    assert await purging.purge(PERSON) == 1
    left = await files.exists([id_of(one) for one in (own, shared, old, signature, inside, both, twice, other)])
    assert left == {id_of(one) for one in (shared, old, both, other)}
    uploaded = {one["_id"]: one["name"] async for one in db["uploads"].find()}
    assert uploaded == {
        f"{id_of(other)}:somebody": "tên.pdf",
        f"{id_of(shared)}:somebody": GONE,
        f"{id_of(shared)}:another": "của người khác.pdf",
    }
    assert await purging.purge(PERSON) == 1, "done twice it does nothing more"
