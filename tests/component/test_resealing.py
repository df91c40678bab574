"""What was recorded in clear is sealed in its place, in a real database: journals, segments, files; among other writers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dossier_local.stack import Stack
from dossier_shared.adapters.clear_files import ClearFiles, SpoiltFile
from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.mongo import Database, DossierCollection, connect, database
from dossier_shared.clock import FixedClock
from dossier_shared.contracts import boxes
from dossier_shared.contracts.envelope import decode, encode, to_entry, verify_chain
from dossier_shared.contracts.events import Applicant, Refused, RefusedSealed, Submitted, SubmittedSealed
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import SUBMITTED
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.signing import Signer
from dossier_shared.runtime.resealing import Resealing
from dossier_shared.runtime.vouching import Statements

from .test_encrypted_files import keys_of

HOLDER, NAME, AT = "p-" + "a" * 26, "Nguyễn Thị Ánh Sáng", "2025-07-01T01:00:00.000000Z"
RULES: Rules[Any] = Rules("intake", lambda state, _: state)
FILED = New(
    Submitted(code="H19.1-1", procedure="2.001159", catalogue="1", channel="online", owner="u-1"),
    SubmittedSealed(applicant=Applicant(name=NAME, phone="+84912345678")),
)
PAPER = NAME.encode() + os.urandom(600 * 1024)


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client, name = connect(stack.mongodb), f"resealing-{uuid4().hex}"
    yield database(client, name)
    await client.drop_database(name)
    client.close()


class Service:
    """As much of one as sealing needs; `key`: with which it signs."""

    def __init__(self, db: Database, keys: PersonKeys, key: int = 1) -> None:
        self.db, self.keys, ring = db, keys, Keyring()
        self.dossiers, self.files = DossierCollection(db, "intake"), FileStore(db)
        self.dossiers.persons = self.files.persons = keys
        private = Ed25519PrivateKey.from_private_bytes(bytes([key]) * 32)
        signer = Signer("intake", private, ring, FixedClock().now)
        self.clear = ClearFiles(self.files)
        said = Statements(db, "intake", "intake", signer.vouch, ring, FixedClock())
        self.sealing = Resealing(self.dossiers, self.clear, keys, said, results=True)

    async def filed(self, id_: str = "d", *, published: int = 2) -> Dossier[Any]:
        dossier: Dossier[Any] = Dossier(id_)
        for new in (FILED, New(Refused(), RefusedSealed(reason=f"Của bà {NAME}."))):
            record(RULES, dossier, new, time=AT, recorded=AT, agency="H", actor="citizen:u-1")
        document = {"_id": id_, "version": 1, "seq": 2, "published": published, "heard": {}, "state": {}}
        await self.db["dossiers"].insert_one({**document, "journal": list(map(to_entry, dossier.recorded))})
        return dossier

    async def bytes_of(self, name: str) -> bytes:
        return repr(await self.db[name].find().to_list(None)).encode() + b"".join(
            bytes(one["data"]) for one in await self.db["files.chunks"].find().to_list(None)
        )


async def test_a_journal_is_sealed_in_its_place_and_its_chain_holds(db: Database) -> None:
    service = Service(db, keys_of(HOLDER))
    before = await service.filed()
    page = await service.sealing.page("")
    assert [(one.id, one.entries, one.first, one.last, one.unkept) for one in page.clear] == [("d", 2, AT, AT, True)]
    done = await service.sealing.seal({"d": HOLDER})
    assert (done.entries, done.failed) == (2, {})
    after = (await service.dossiers.load(["d"]))["d"]
    assert after.holder == HOLDER
    events = after.tail("intake", 0)
    assert verify_chain(events) is None
    assert [event.hash for event in events] == [event.hash for event in before.recorded]
    assert [event.open() for event in events] == [event.open() for event in before.recorded]
    assert all(event.sealed and boxes.is_later(event.sealed) for event in events)
    assert NAME.encode() not in await service.bytes_of("dossiers")
    assert (await service.sealing.page("")).clear == []
    assert (await service.sealing.seal({"d": HOLDER})).entries == 0, "once"
    sent = encode(events[0])
    heard = decode(StoredRecord(SUBMITTED.name, 0, 0, sent.key, sent.value, sent.headers))
    heard.persons = service.keys
    assert heard.open()["applicant"]["name"] == NAME


async def test_what_has_moved_to_segments_is_sealed_also_where_it_is_there_twice(db: Database) -> None:
    service = Service(db, keys_of(HOLDER))
    await service.filed("cut")
    await service.filed("copied")
    for id_ in ("cut", "copied"):
        dossier = (await service.dossiers.load([id_]))[id_]
        await service.dossiers.copy(dossier, 1)
        if id_ == "cut":
            await service.dossiers.cut(dossier, 1)
    assert sum(one.entries for one in (await service.sealing.page("")).clear) == 4
    await service.sealing.seal(dict.fromkeys(("cut", "copied"), HOLDER))
    assert NAME.encode() not in await service.bytes_of("segments") + await service.bytes_of("dossiers")
    page = await service.sealing.page("")
    assert (page.clear, page.altered) == ([], [])
    for dossier in (await service.dossiers.load_whole(["cut", "copied"])).values():
        assert verify_chain(dossier.tail("intake", 0)) is None
        assert dossier.tail("intake", 0)[0].open()["applicant"]["name"] == NAME


async def test_who_writes_meanwhile_loses_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    service, wrote = Service(db, keys_of(HOLDER)), 0
    before = await service.filed()
    loaded = (await service.dossiers.load(["d"]))["d"]
    write = service.sealing._write

    async def late(*given: Any) -> bool:
        nonlocal wrote
        if not wrote:
            wrote += 1
            await service.dossiers.copy(loaded, 1)
            assert await service.dossiers.cut(loaded, 1), "what stood first stands there no more"
        return await write(*given)

    monkeypatch.setattr(service.sealing, "_write", late)
    assert (await service.sealing.seal({"d": HOLDER})).failed == {}
    after = (await service.dossiers.load(["d"]))["d"]
    assert (after.base, len(after.journal)) == (1, 1)
    assert after.version > loaded.version + 1, "a command decided on what was before is decided again"
    whole = (await service.dossiers.load_whole(["d"]))["d"].tail("intake", 0)
    assert [event.open() for event in whole] == [event.open() for event in before.recorded]
    page = await service.sealing.page("")
    assert (page.clear, page.altered) == ([], [])


async def test_what_cannot_be_sealed_is_named_and_stops_no_neighbour(db: Database) -> None:
    service, stranger = Service(db, keys_of(HOLDER)), "p-" + "b" * 26
    for id_ in ("a", "altered", "unpublished", "z"):
        await service.filed(id_, published=1 if id_ == "unpublished" else 2)
    await db["dossiers"].update_one({"_id": "altered"}, {"$set": {"journal.0.sealed": b'{"applicant":{}}'}})
    done = await service.sealing.seal({"a": stranger, "altered": HOLDER, "unpublished": HOLDER, "z": HOLDER})
    assert done.failed == {
        "a": "the person's key has not been heard here",
        "altered": "event 1 is not what was recorded",
        "unpublished": "it has events that are not published yet",
    }
    assert [one.id for one in (await service.sealing.page("")).clear] == ["a", "altered", "unpublished"]


async def test_a_box_that_is_put_in_another_s_place_is_seen_with_and_without_the_key(db: Database) -> None:
    service = Service(db, keys_of(HOLDER))
    await service.filed()
    await service.sealing.seal({"d": HOLDER})
    own = service.keys.seal_later(HOLDER, b'{"applicant":{"name":"x"}}', b"d:intake:1")
    await db["dossiers"].update_one({"_id": "d"}, {"$set": {"journal.0.sealed": own}})
    event = (await service.dossiers.load(["d"]))["d"].tail("intake", 0)[0]
    assert verify_chain([event]) is None, "the chain alone does not cover it"
    with pytest.raises(ValueError, match="not what was recorded"):
        event.open()
    keyless = Service(db, keys_of())
    assert (await service.sealing.page("")).altered == ["d"]
    assert (await keyless.sealing.page("")).altered == ["d"]


async def test_of_who_is_erased_nothing_is_kept(db: Database) -> None:
    keys = keys_of(HOLDER)
    keys.put(PersonKey(holder=HOLDER, erased=AT))
    service = Service(db, keys)
    await service.filed()
    await service.sealing.seal({"d": HOLDER})
    assert NAME.encode() not in await service.bytes_of("dossiers")
    event = (await service.dossiers.load(["d"]))["d"].tail("intake", 0)[0]
    assert boxes.unpack(event.sealed or b"") == (HOLDER, b"")
    assert event.open()["applicant"]["name"] != NAME


async def test_a_file_is_sealed_beside_and_the_clear_one_goes(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(db, keys_of("f-1"))
    await service.files.ensure_indexes()
    id_ = await service.files.put(PAPER, {"reference": "r", "type": "application/pdf"})
    about = await service.files.about([id_])
    (file,) = await service.clear.page("", 10)
    delete = service.files.chunks.delete_many

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(service.files.chunks, "delete_many", killed, raising=False)
    with pytest.raises(KeyboardInterrupt):
        await service.clear.seal(file, "f-1")
    monkeypatch.setattr(service.files.chunks, "delete_many", delete, raising=False)
    assert await service.files.get(id_) == PAPER, "also between"
    assert (await service.files.by_reference(["r"]))["r"]["id"] == id_, "also between"
    assert (await service.clear.count())["files"] == 1
    (again,) = await service.clear.page("", 10)
    await service.clear.seal(again, "f-1")
    assert await service.clear.page("", 10) == []
    assert await service.files.get(id_) == PAPER
    assert await service.files.about([id_]) == about
    assert NAME.encode() not in await service.bytes_of("files.files")
    assert await db["files.files"].count_documents({}) == 1


async def test_a_file_that_is_not_what_its_name_says_stays(db: Database) -> None:
    service = Service(db, keys_of("f-1"))
    await service.files.put(PAPER)
    await db["files.chunks"].update_one({"n": 0}, {"$set": {"data": b"another"}})
    (file,) = await service.clear.page("", 10)
    with pytest.raises(SpoiltFile):
        await service.clear.seal(file, "f-1")
    assert await service.clear.page("", 10) == [file]


async def test_results_go_with_their_dossier_and_one_stored_meanwhile_is_found(db: Database) -> None:
    service = Service(db, keys_of(HOLDER))
    ids = [await service.files.put(content) for content in (b"with it", b"meanwhile", b"long ago", b"nobody's")]
    for number, id_ in enumerate(("d", "late", "long")):
        await service.filed(id_)
        await db["dossiers"].update_one({"_id": id_}, {"$set": {"journal.1.data.file": ids[number]}})
    await service.sealing.seal({"d": HOLDER})
    assert [file.id for file in await service.clear.page("", 10)] == ids[1:]
    for id_ in ("late", "long"):
        await db["dossiers"].update_one({"_id": id_}, {"$set": {"holder": HOLDER}})
    long = (await service.dossiers.load(["long"]))["long"]
    await service.dossiers.copy(long, 2)
    await service.dossiers.cut(long, 2)
    done = await service.sealing.seal_files("")
    assert (done.files, done.failed, done.last) == (2, {ids[3]: "no dossier names it"}, None)
    assert [file.id for file in await service.clear.page("", 10)] == ids[3:]
    assert await service.files.get(ids[0]) == b"with it"
