"""Files that are encrypted with a key, in a real database: whole, by parts, swapped, and once the key is gone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from hashlib import sha256
from uuid import uuid4

import pytest

from dossier_local.stack import Stack
from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import Database, connect, database
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.settings.wrapping_key import of_development

AT = "2026-01-01T00:00:00.000000Z"
MARK = "Tờ khai của bà Ánh Sáng".encode()
CONTENT = MARK + os.urandom(600 * 1024) + MARK  # of three pieces


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client = connect(stack.mongodb)
    name = f"files-{uuid4().hex}"
    yield database(client, name)
    await client.drop_database(name)
    client.close()


def keys_of(*holders: str) -> PersonKeys:
    wrapper = Wrapper(PrivateKeys([of_development("intake")]))
    keys = PersonKeys("intake", wrapper)
    for holder in holders:
        keys.put(wrapper.wrap(holder, os.urandom(32), {"intake": wrapper.public}, AT))
    return keys


async def test_an_encrypted_file_is_read_whole_and_by_parts_and_is_in_clear_nowhere(db: Database) -> None:
    store = FileStore(db)
    store.persons = keys_of("f-1")
    await store.ensure_indexes()
    id_ = await store.put(CONTENT, {"type": "application/pdf"}, holder="f-1")
    assert id_ == sha256(CONTENT).hexdigest(), "named by the plain bytes"
    assert (await store.about([id_]))[id_]["size"] == len(CONTENT)
    assert await store.get(id_) == CONTENT
    stored = [bytes(chunk["data"]) async for chunk in db["files.chunks"].find()]
    assert len(stored) == 3
    assert not any(MARK in piece for piece in stored)
    file = await store.open(id_)
    assert file is not None
    parts = [piece async for piece in file.pieces(2)]
    assert parts == [CONTENT[2 * 255 * 1024 :]], "one part is read without those before"
    assert await store.put(CONTENT, holder="f-1") == id_
    assert await db["files.files"].count_documents({}) == 1

    first, second, _ = await db["files.chunks"].find().sort("n", 1).to_list(None)
    await db["files.chunks"].update_one({"_id": first["_id"]}, {"$set": {"data": second["data"]}})
    assert await store.get(id_) != CONTENT, "a piece stands in its own place only"


async def test_without_the_key_nothing_is_stored_in_clear_or_read(db: Database) -> None:
    store = FileStore(db)
    store.persons = keys_of("f-1")
    id_ = await store.put(CONTENT, holder="f-1")
    store.persons = keys_of()
    with pytest.raises(KeyUnknown):
        await store.put(b"other", holder="f-2")
    with pytest.raises(KeyUnknown):
        await store.get(id_)
    store.persons.put(PersonKey(holder="f-1", erased=AT))
    assert await store.get(id_) is None
    with pytest.raises(KeyUnknown):
        await store.put(b"other", holder="f-1")


async def test_what_was_stored_in_clear_is_read_beside_it(db: Database) -> None:
    store = FileStore(db)
    id_ = await store.put(CONTENT)
    assert await store.get(id_) == CONTENT
    store.persons = keys_of("f-1")
    assert await store.put(CONTENT, holder="f-1") == id_
    store.persons.put(PersonKey(holder="f-1", erased=AT))
    assert await store.get(id_) == CONTENT
    assert await store.delete([id_]) == 2
    assert await db["files.chunks"].count_documents({}) == 0
