"""`dossier provision`: makes a new broker and database ready for the services. Can be run again: it corrects what differs.

Replica set, an administrator, and one user per service who may use that service's database and no other; then the topics, and
one user per service on the broker, where it demands one, with the rights of `dossier_local.rights`. Their names and passwords
are those the services themselves are given; and, where they are listed, the public keys by which they sign events:

    admin_mongodb_url, intake_mongodb_url, …, intake_kafka_password, …    in SECRETS_DIR (or the environment, in capitals)
    event_public_keys                                                     a line each: service and key in base64

Runs beside the database (in its network namespace): only there may the first user be made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from dossier_local import access, event_keys, topics
from dossier_local.addresses import broker_at
from dossier_local.errors import BrokerAway, StackError
from dossier_local.rights import USERS
from dossier_local.secret import setting
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.broker import Broker

Admin = AsyncMongoClient[dict[str, Any]]
BESIDE = "mongodb://127.0.0.1:27017/?directConnection=true"
WITHIN = 120.0  # seconds broker and database have to come up


async def provision(replication: int) -> list[str]:
    """Answers what was done, a line each."""
    deadline = time.monotonic() + WITHIN
    said = await database(deadline=deadline)
    broker = broker_at(setting("KAFKA_BOOTSTRAP_SERVERS") or "127.0.0.1:19092")
    while True:
        try:
            made = await topics.provision(broker, replication=replication)
            break
        except BrokerAway:
            if time.monotonic() > deadline:
                raise
        except StackError:
            raise
        except Exception as error:
            if time.monotonic() > deadline:
                raise StackError(f"The broker at {broker.servers} does not answer: {error}") from None
        await asyncio.sleep(1)
    said.append(f"topics created: {', '.join(made)}" if made else "every topic is there")
    if broker.sasl:
        said.append(await _rights(broker))
    if public_keys := setting("EVENT_PUBLIC_KEYS"):
        said.append(await event_keys.begin(broker, public_keys))
    return said


async def _rights(broker: Broker) -> str:
    """Of the services; the administrator has the password it came with."""
    services = [USERS[service] for service in SERVICES]
    passwords = {service: setting(f"{service.upper()}_KAFKA_PASSWORD") for service in SERVICES}
    if missing := [service for service, password in passwords.items() if not password]:
        raise StackError(f"The broker demands passwords, and there is none for {', '.join(missing)}.")
    changes = await access.provision(broker, {s: p for s, p in passwords.items() if p}, services)
    return f"users of the broker: {', '.join(SERVICES)}; rights given: {changes.given}, taken: {changes.taken}"


async def database(services: Sequence[str] = SERVICES, deadline: float | None = None) -> list[str]:
    """Answers what was done, a line each."""
    deadline = deadline or time.monotonic() + WITHIN
    admin = _parsed("admin")
    names = [_parsed(who)["username"] for who in ("admin", *services)]
    if len(set(names)) < len(names):
        raise StackError(f"Each service needs a user of its own in the database; there are {', '.join(names)}.")
    while True:
        try:
            async with AsyncMongoClient[dict[str, Any]](BESIDE, serverSelectionTimeoutMS=2000) as client:
                said = await _replica_set(client, admin, deadline)
                said += await _administrator(client, admin)
            break
        except OperationFailure as error:
            raise StackError(
                f"The database refused: {error.details.get('errmsg') if error.details else error}"
            ) from None
        except PyMongoError as error:
            if time.monotonic() > deadline:
                raise StackError(f"The database at {BESIDE} does not answer: {error}") from None
            await asyncio.sleep(1)
    async with _as(admin) as client:
        for service in services:
            said.append(await _user(client, service))
    return said


async def _replica_set(client: Admin, admin: dict[str, Any], deadline: float) -> list[str]:
    """Of the one member the address names. One that exists is left as it is."""
    name: str | None = admin["options"].get("replicaSet")
    hosts: list[tuple[str, int]] = admin["nodelist"]
    if not name:
        raise StackError("admin_mongodb_url names no replicaSet.")
    hello = await client.admin.command("hello")
    said = []
    if not hello.get("setName"):
        members = [f"{host}:{port}" for host, port in hosts]
        config = {"_id": name, "members": [{"_id": n, "host": member} for n, member in enumerate(members)]}
        await client.admin.command("replSetInitiate", config)
        said.append(f"replica set {name} initiated: {', '.join(members)}")
    elif hello["setName"] != name:
        raise StackError(f"The database belongs to replica set {hello['setName']}; admin_mongodb_url says {name}.")
    while not hello.get("isWritablePrimary"):
        if time.monotonic() > deadline:
            raise StackError(f"The replica set {name} has no primary.")
        await asyncio.sleep(0.2)
        hello = await client.admin.command("hello")
    return said or [f"replica set {name} is there"]


async def _administrator(client: Admin, admin: dict[str, Any]) -> list[str]:
    """Only as long as there is no user at all may one be made without being one."""
    try:
        async with _as(admin) as known:
            await known.admin.command("ping")
            await known.admin.command("usersInfo", 1)
        return ["the administrator is there"]
    except OperationFailure:
        roles = [{"role": "root", "db": "admin"}]
        await client.admin.command("createUser", admin["username"], pwd=admin["password"], roles=roles)
        return ["administrator made"]


async def _user(client: Admin, service: str) -> str:
    parsed = _parsed(service)
    name, password = parsed["username"], parsed["password"]
    roles = [{"role": "readWrite", "db": f"dossier_{service}"}]
    found = await client.admin.command("usersInfo", {"user": name, "db": "admin"})
    command = "updateUser" if found["users"] else "createUser"
    await client.admin.command(command, name, pwd=password, roles=roles)
    return f"user {name}: database dossier_{service}"


def _as(admin: dict[str, Any]) -> Admin:
    return AsyncMongoClient(
        BESIDE,
        username=admin["username"],
        password=admin["password"],
        authSource="admin",
        serverSelectionTimeoutMS=5000,
    )


def _parsed(who: str) -> dict[str, Any]:
    name = f"{who.upper()}_MONGODB_URL"
    url = setting(name)
    if not url:
        raise StackError(f"{name} is missing: a file {name.lower()} in SECRETS_DIR, or the environment.")
    found: dict[str, Any] = dict(parse_uri(url, warn=False))
    if not found.get("username") or not found.get("password"):
        raise StackError(f"{name} names no user and password.")
    return found
