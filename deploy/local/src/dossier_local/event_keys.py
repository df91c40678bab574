"""Which keys the services' events are signed with: the records of `platform.keys`, which nobody but the administrator writes.

A key is published (its service signs with it ten seconds later), then signatures are demanded; the next key is published, the
service given it, and then the one before retired. One that was stolen is revoked, and what it had signed is published again.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dossier_local.errors import BrokerAway, StackError
from dossier_shared.adapters.compacted import latest
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.keys import SIGNED_TOPICS, EventKey, EventKeys, key_id, signed_topic
from dossier_shared.contracts.topics import KEYS
from dossier_shared.repair.topics import ends
from dossier_shared.settings.broker import Broker

HEAD_START = 10.0  # seconds every reader has to hear of a key before anything is signed with it
SETTLED = 10.0  # seconds a service has to hear that its key is retired, before it is noted how far that signed

Change = Callable[[EventKeys], EventKeys]


async def read(broker: Broker) -> dict[str, EventKeys]:
    """By service."""
    try:
        found = await latest(broker, KEYS.name, range(KEYS.partitions))
    except Exception as error:
        raise BrokerAway(await broker.trouble() or f"{KEYS.name} cannot be read: {error!r}") from None
    return {key.decode(): EventKeys.model_validate_json(value) for key, value in found.items() if value}


async def publish(broker: Broker, service: str, public: bytes, *, after: float = HEAD_START) -> str:
    """The key's id. One that is there stays as it is."""
    id_ = key_id(public)

    def add(found: EventKeys) -> EventKeys:
        if any(key.id == id_ for key in found.keys):
            return found
        since = instant(datetime.now(UTC) + timedelta(seconds=after))
        new = EventKey(id=id_, public=b64encode(public).decode(), since=since)
        return found.model_copy(update={"keys": [*found.keys, new]})

    await _change(broker, service, add)
    return id_


async def begin(broker: Broker, public_keys: str) -> str:
    """Publishes what is listed, a line each: service and key in base64. A deployment without any event demands signatures from
    the first on; of one that has some, only its administrator knows when every replica signs."""
    done = []
    for number, line in enumerate(public_keys.splitlines(), 1):
        service, _, key = line.strip().partition(" ")
        if not service:
            continue
        try:
            public = b64decode(key, validate=True)
            Ed25519PublicKey.from_public_bytes(public)
        except ValueError:
            raise StackError(f"EVENT_PUBLIC_KEYS, line {number}: not a service and its public key in base64.") from None
        known = (await read(broker)).get(service)
        await publish(broker, service, public, after=HEAD_START if known else 0)
        if not any(await _ends(broker, service)):
            await demand(broker, service)
        done.append(service)
    return f"keys of events published: {', '.join(done)}"


async def demand(broker: Broker, service: str) -> None:
    """From here on nothing unsigned of it is applied. Every replica of it must sign by now."""
    reached = await _ends(broker, service)

    def begin(found: EventKeys) -> EventKeys:
        _demand_usable(found)
        return found if found.demanded is not None else found.model_copy(update={"demanded": reached})

    await _change(broker, service, begin)


async def retire(broker: Broker, service: str, id_: str, *, settled: float = SETTLED) -> None:
    """What it has signed stands; what comes after is refused. First its holder stops, then is noted how far it went."""

    def stop(found: EventKeys) -> EventKeys:
        changed = _with(found, id_, until=instant(datetime.now(UTC)))
        _demand_usable(changed)
        return changed

    await _change(broker, service, stop)
    await asyncio.sleep(settled)
    reached = await _ends(broker, service)
    await _change(broker, service, lambda found: _with(found, id_, ends=reached))


async def revoke(broker: Broker, service: str, id_: str) -> None:
    """Nothing signed with it is believed any more, however long it lies there."""
    await _change(broker, service, lambda found: _with(found, id_, revoked=True))


def _with(found: EventKeys, id_: str, **fields: object) -> EventKeys:
    if all(key.id != id_ for key in found.keys):
        known = ", ".join(key.id for key in found.keys) or "none"
        raise StackError(f"{found.service} has no key {id_}. It has: {known}.")
    keys = [key.model_copy(update=fields) if key.id == id_ else key for key in found.keys]
    return found.model_copy(update={"keys": keys})


def _demand_usable(found: EventKeys) -> None:
    if not any(key.until is None and not key.revoked for key in found.keys):
        raise StackError(f"{found.service} would have no key to sign with: publish one first (`dossier keys publish`).")


async def _change(broker: Broker, service: str, change: Change) -> None:
    if signed_topic(service) is None:
        raise StackError(
            f"{service} signs no events. Those that do: {', '.join(SIGNED_TOPICS)}, and deployments (review.long-khanh)."
        )
    before = (await read(broker)).get(service) or EventKeys(service=service)
    after = change(before)
    if after == before:
        return
    sender = KafkaSender(broker, client_id="dossier-keys")
    try:
        record = Record(service.encode(), after.model_dump_json(exclude_none=True).encode(), [])
        if not all(await sender.send(KEYS.name, [record])):
            raise BrokerAway(f"{KEYS.name} was not written: the broker is away, or this user may not (only admin may).")
    finally:
        await sender.stop()


async def _ends(broker: Broker, service: str) -> list[int]:
    topic = signed_topic(service)
    if topic is None:
        return []
    found = {place.partition: end for place, end in (await ends(broker, [topic.name])).items()}
    return [found[partition] for partition in range(topic.partitions)]


# -- files ---------------------------------------------------------------------------------------------------------------


def new_key(path: Path) -> bytes:
    """Makes a private key that only its owner may read, and answers the public one. One that is there is never written over."""
    made = Ed25519PrivateKey.generate()
    _keep(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made.public_key().public_bytes_raw()


def new_vapid_key(path: Path) -> str:
    """The same for push services (RFC 8292); the public one is as browsers take it, base64url."""
    made = generate_private_key(SECP256R1())
    _keep(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = made.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(public).rstrip(b"=").decode()


def _keep(path: Path, pem: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError:
        raise StackError(f"{path} is there already: a key is not written over.") from None


def public_key(pem: bytes, name: str) -> bytes:
    """The 32 bytes, of a public key or of a private one, in PEM."""
    try:
        found = load_pem_private_key(pem, None).public_key() if b"PRIVATE" in pem else load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise StackError(f"{name} is no Ed25519 key in PEM without a password.")
    return found.public_bytes_raw()


def development_key(folder: Path, service: str) -> Path:
    return folder / "keys" / f"{service}.pem"


async def develop(broker: Broker, folder: Path, services: Iterable[str] = SIGNED_TOPICS) -> None:
    """A key for each, made in this folder, published and demanded; before any service is started on it."""
    for service in services:
        path = development_key(folder, service)
        if not path.exists():
            new_key(path)
        await publish(broker, service, public_key(path.read_bytes(), str(path)), after=0)
        await demand(broker, service)
