"""A service's database as files, and back: for small offices and the drill. Larger ones use their database's own tools.

    FOLDER/manifest.json              what is there, with the SHA-256 of every file
    FOLDER/<service>/<collection>.bson documents one after the other, as the database gives them (files in GridFS too)

All of a service is read at one point of the database's time. Indexes are not kept: a service makes its own at its start.
Personal data is in it, in clear: the folder is the owner's alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from dossier_local.errors import StackError

Json = dict[str, Any]
Say = Callable[[str, int], None]  # which collection, how many documents so far
_BATCH, _BATCH_BYTES = 1000, 16 * 1024 * 1024
_TOO_OLD = 239
_NOT_OURS = (
    {"_id": "due"},
    {"_id": "republish"},
)  # in `recovery`: about the database that was, not the one that will be


def database_of(service: str) -> str:
    return os.environ.get(f"{service.upper()}_DATABASE", f"dossier_{service}")


def dump(url: str, folder: Path, services: Sequence[str], say: Say = lambda *_: None) -> Json:
    """Writes the folder and answers its manifest. An existing one is not touched."""
    if folder.exists() and any(folder.iterdir()):
        raise StackError(f"{folder} is not empty: a backup is written into a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    manifest: Json = {"format": 1, "taken": datetime.now(UTC).isoformat(), "services": {}}
    with _connected(url) as client:
        for service in services:
            manifest["services"][service] = _dump_one(client, folder / service, database_of(service), say)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def _dump_one(client: MongoClient[RawBSONDocument], folder: Path, database: str, say: Say) -> Json:
    folder.mkdir(mode=0o700)
    found: Json = {"database": database, "collections": {}}
    names = sorted(name for name in client[database].list_collection_names() if not name.startswith("system."))
    try:
        with client.start_session(snapshot=True) as session:
            for name in names:
                documents = client[database][name].find({}, session=session, batch_size=_BATCH)
                with (folder / f"{name}.bson").open("wb") as file:
                    found["collections"][name] = _write(file, documents, partial(say, name))
    except OperationFailure as error:
        if error.code != _TOO_OLD:
            raise
        raise StackError(
            f"{database} took longer than the database keeps one point of its time (five minutes by default): "
            "it is too large for this; use the database's own tools."
        ) from None
    return found


def _write(file: BinaryIO, documents: Any, say: Callable[[int], None]) -> Json:
    digest, size, count = sha256(), 0, 0
    for document in documents:
        raw: bytes = document.raw
        file.write(raw)
        digest.update(raw)
        size, count = size + len(raw), count + 1
        if count % _BATCH == 0:
            say(count)
    file.flush()
    os.fsync(file.fileno())
    say(count)
    return {"documents": count, "bytes": size, "sha256": digest.hexdigest()}


def read_manifest(folder: Path) -> Json:
    try:
        manifest: Json = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise StackError(f"{folder} is no backup: {error}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("services", {}), dict):
        raise StackError(f"{folder} is no backup: manifest.json is not what a backup writes.")
    if manifest.get("format") != 1:
        raise StackError(f"{folder} is a backup of another format ({manifest.get('format')}).")
    return manifest


def verify(folder: Path, service: str) -> Mapping[str, Json]:
    """The service's collections, once every file is what the manifest says."""
    about = read_manifest(folder).get("services", {}).get(service)
    if about is None:
        raise StackError(f"{folder} holds nothing of {service}.")
    for name, said in about["collections"].items():
        path, digest = folder / service / f"{name}.bson", sha256()
        if not path.is_file():
            raise StackError(f"{path} is missing.")
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        if digest.hexdigest() != said["sha256"]:
            raise StackError(f"{path} is not what was backed up: its SHA-256 differs from the manifest's.")
    collections: Mapping[str, Json] = about["collections"]
    return collections


def put_back(url: str, folder: Path, service: str, *, replace: bool = False, say: Say = lambda *_: None) -> int:
    """Verifies, then writes; answers the number of documents. The service takes no command before it has been recovered."""
    collections = verify(folder, service)
    taken = read_manifest(folder)["taken"]
    with _connected(url) as client:
        db = client.get_database(database_of(service), write_concern=WriteConcern(w="majority", j=True))
        if not replace and any(db[name].find_one() is not None for name in db.list_collection_names()):
            raise StackError(f"{db.name} is not empty. With --replace what it holds is deleted.")
        due = _due(f"the database was put back from a backup of {taken}")
        db["recovery"].replace_one({"_id": "due"}, due, upsert=True)  # first: what is half put back is not used
        for name in db.list_collection_names():
            if name != "recovery" and not name.startswith("system."):
                db[name].drop()
        db["recovery"].delete_many({"_id": {"$ne": "due"}})
        count = 0
        for name in collections:
            with (folder / service / f"{name}.bson").open("rb") as file:
                for batch in _batches(_documents(file)):
                    kept = [d for d in batch if name != "recovery" or {"_id": d["_id"]} not in _NOT_OURS]
                    if kept:
                        db[name].insert_many(kept, ordered=False)
                    count += len(batch)
                    say(name, count)
    return count


def _due(why: str) -> RawBSONDocument:
    return RawBSONDocument(bson.encode({"_id": "due", "why": why, "at": datetime.now(UTC).isoformat()}))


def _documents(file: BinaryIO) -> Iterator[RawBSONDocument]:
    while head := file.read(4):
        yield RawBSONDocument(head + file.read(int.from_bytes(head, "little") - 4))


def _batches(documents: Iterator[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.raw)
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _connected(url: str) -> MongoClient[RawBSONDocument]:
    client: MongoClient[RawBSONDocument] = MongoClient(
        url, serverSelectionTimeoutMS=5000, document_class=RawBSONDocument
    )
    try:
        client.admin.command("ping")
    except PyMongoError as error:
        client.close()
        raise StackError(f"The database does not answer ({type(error).__name__}). Is MONGODB_URL right?") from None
    return client
