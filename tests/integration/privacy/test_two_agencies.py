"""Two agencies with a review and a signing of their own on one broker, encrypted: with its own wrapping key each opens what is
its own, and nothing of the other's, whatever else comes into its hands."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from aiokafka import ConsumerRecord
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo import AsyncMongoClient

from dossier_local import deployment_list, personal_data
from dossier_local.addresses import find as find_addresses
from dossier_local.deployment_list import Wish
from dossier_local.services import ALL, database_of, of_deployment
from dossier_local.stack import Stack
from dossier_shared.clock import instant
from dossier_shared.contracts import boxes
from dossier_shared.contracts.deployments import DEPLOYABLE, called, own_topics
from dossier_shared.contracts.envelope import Event, decode, from_entry
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import PERSON_KEYS, SERVICES, TOPICS, parted
from dossier_shared.journal.wrapping import NONCE, PrivateKeys, Wrapper, wrapping_key_id
from dossier_shared.settings.service import DEVELOPMENT_KEY
from dossier_shared.settings.wrapping_key import read_wrapping_keys
from dossier_shared.vocabulary.persons import person_of

from ..bad_input.offices import PROCEDURE, Eventually, Headers, Offices  # noqa: TID252
from ..traces.test_one_trace import Walk  # noqa: TID252
from .canaries import NAMES, NUMBERS, decided, filed, nothing_to_keep, read, texts, told_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ONE, OTHER = "an-binh", "long-khanh"
DEPLOYED = tuple((service, name) for name in (ONE, OTHER) for service in DEPLOYABLE)
HEAD_START = 8.0  # seconds; nobody here is cut off from the broker for so long
OF_ONE, OF_OTHER, OF_BOTH = 0, 1, 2  # persons
PERSONS = [person_of(DEVELOPMENT_KEY.encode(), "citizen", number) for number in NUMBERS]


class Agency(Offices):
    """What is asked of review and signing goes to this deployment; nobody's is the common one."""

    deployment = ""

    async def post(self, service: str, path: str, who: Headers, body: Any = None, **more: Any) -> httpx.Response:
        at = called(service, self.deployment) if service in DEPLOYABLE else service
        return await super().post(at, path, who, body, **more)

    async def stored(self, service: str, dossier: str) -> dict[str, Any] | None:
        db = database_of(service, self.deployment if service in DEPLOYABLE else "")
        return await self.mongo[db]["dossiers"].find_one({"_id": dossier})


class Town(NamedTuple):
    """`keys`: the file with the wrapping key of each service and deployment, by what it is called."""

    stack: Stack
    mongo: AsyncMongoClient[dict[str, Any]]
    keys: Mapping[str, Path]
    agencies: Mapping[str, Agency]  # by deployment
    early: Agency  # the other one before it had its own
    at: datetime  # when the deployments begin to serve


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    names = [*SERVICES, *(called(*one) for one in DEPLOYED)]
    keys, readers = {name: tmp_path_factory.mktemp("keys") / name for name in names}, []
    for name, path in keys.items():
        readers.append(f"{name} {personal_data.new_key(path)}")
    env = {
        "PERSONAL_DATA": "encrypted", "SWEEP_AFTER_SECONDS": "2", "MONITOR_LINGER": "0.1",
        "INTAKE_KEY_READERS": "\n".join(readers),
    }  # fmt: skip
    services = (*ALL, *(of_deployment(*one) for one in DEPLOYED))
    async with Stack(tmp_path_factory.mktemp("agencies"), free_ports=True, env=env, services=services) as stack:
        await stack.start("identity", "provider")
        await asyncio.gather(*(stack.start(name, env=_wrapping_key(keys[name])) for name in SERVICES))
        mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
            early, one, other = [Agency(stack, http, mongo) for _ in range(3)]
            one.deployment, other.deployment = ONE, OTHER
            catalogue = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
            for office in (early, one, other):
                office.procedures = {procedure["code"]: procedure for procedure in catalogue}
                office.agency = office.procedures[PROCEDURE]["agencies"][office is not one]
                for role in ("counter", "specialist", "leader"):
                    office.who[role] = await office.login(f"{role}-{office.agency}", role, agency=office.agency)
                office.who["citizen"] = await office.login("citizen", "citizen")
            at = datetime.now(UTC) + timedelta(seconds=HEAD_START + 15)
            for service, name in DEPLOYED:
                wish = Wish(service, name, [(one if name == ONE else other).agency], instant(at))
                await deployment_list.add(stack.broker, wish, head_start=HEAD_START)
            yield Town(stack, mongo, keys, {ONE: one, OTHER: other}, early, at)


def _wrapping_key(file: Path) -> dict[str, str]:
    return {f"{file.name.partition('.')[0].upper()}_WRAPPING_KEY": file.read_text()}


class Loot(NamedTuple):
    """All there is, whoever may have it: what each topic carries, what each database has."""

    records: Sequence[ConsumerRecord]
    documents: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]  # by database and collection


async def everything(town: Town) -> Loot:
    topics = [*TOPICS, *(topic for one in DEPLOYED for topic in own_topics(*one))]
    databases = [database_of(service) for service in SERVICES] + [database_of(*one) for one in DEPLOYED]
    documents = {
        db: {
            name: await town.mongo[db][name].find().to_list(None)
            for name in await town.mongo[db].list_collection_names()
        }
        for db in databases
    }
    return Loot(await read(town.stack.kafka, topics), documents)


def sealed(loot: Loot) -> Iterator[Event]:
    """Every encrypted part, on topics and in journals."""
    for record in loot.records:
        if parted(record.topic)[0].startswith("dossier."):
            yield decode(record)
    for db, collections in loot.documents.items():
        for dossier in collections.get("dossiers", ()):
            for entry in dossier["journal"]:
                yield from_entry(dossier["_id"], db.split("_")[1], entry)


def unwrapped(file: Path, keys: Iterable[PersonKey]) -> dict[str, AESGCM]:
    """All that this wrapping key opens, whatever name and whatever key a wrapping says it is for."""
    own = Wrapper(PrivateKeys(read_wrapping_keys(file.read_text())))
    found = {}
    for record in keys:
        for name, wrapping in record.wrappings.items():
            with suppress(InvalidTag):
                box = b64decode(wrapping.box)
                key = own.unwrap(record.holder, name, record.maker, wrapping_key_id(own.public), box)
                found[record.holder] = AESGCM(key)
    return found


def opened(keys: Mapping[str, AESGCM], event: Event) -> bytes | None:
    """By any of them."""
    assert event.sealed is not None
    _, content = boxes.unpack(event.sealed)
    for key in keys.values():
        with suppress(InvalidTag):
            return key.decrypt(content[:NONCE], content[NONCE:], event.place)
    return None


def files_opened(keys: Mapping[str, AESGCM], loot: Loot) -> set[str]:
    """Databases with a file of which a piece opens."""
    found = set()
    for db, collections in loot.documents.items():
        for chunk in collections.get("files.chunks", ()):
            place, data = b"%b:%d" % (chunk["files_id"].binary, chunk["n"]), bytes(chunk["data"])
            for key in keys.values():
                with suppress(InvalidTag):
                    key.decrypt(data[:NONCE], data[NONCE:], place)
                    found.add(db)
    return found


def told_keys(loot: Loot) -> list[PersonKey]:
    """Every record there was, not the latest only."""
    return [PersonKey.model_validate_json(one.value) for one in loot.records if one.topic == PERSON_KEYS.name]


async def test_each_agency_opens_its_own_and_nothing_of_the_other(town: Town, eventually: Eventually) -> None:
    one, other, early = town.agencies[ONE], town.agencies[OTHER], town.early
    before = await filed(early, eventually, OF_BOTH)
    assert datetime.now(UTC) < town.at, "filed before the move"
    await asyncio.gather(*(town.stack.start(called(*d), env=_wrapping_key(town.keys[called(*d)])) for d in DEPLOYED))
    await asyncio.sleep(max(0.0, (town.at - datetime.now(UTC)).total_seconds()) + 1)
    walks = {
        ONE: [await decided(await filed(one, eventually, n), n) for n in (OF_ONE, OF_BOTH)],
        OTHER: [await decided(await filed(other, eventually, n), n) for n in (OF_OTHER, OF_BOTH)],
        "": [await decided(before, OF_BOTH)],
    }
    holders = {
        ONE: {f"{PERSONS[OF_ONE]}@{ONE}", f"{PERSONS[OF_BOTH]}@{ONE}"},
        OTHER: {f"{PERSONS[OF_OTHER]}@{OTHER}", f"{PERSONS[OF_BOTH]}@{OTHER}"},
        "": {PERSONS[OF_BOTH]},
    }
    loot = await everything(town)
    _only_its_own(town, loot, walks, holders)
    _no_word_of_the_other_in_its_database(loot)

    done = await personal_data.rotate(find_addresses(town.stack.folder))
    assert set(done["readers"]) == {*SERVICES, *(called(*deployed) for deployed in DEPLOYED)}

    async def told() -> Loot:
        again = await everything(town)
        assert len(told_keys(again)) >= 2 * len(told_keys(loot))
        return again

    _only_its_own(town, await eventually(told, within=30), walks, holders)
    await _erased_at_both(town, eventually)


async def _erased_at_both(town: Town, eventually: Eventually) -> None:
    """Who is erased is so under every key they had, at every deployment."""
    at = find_addresses(town.stack.folder)
    await nothing_to_keep(town.early)
    asked = await personal_data.ask_erasure(at, NUMBERS[OF_BOTH], "Luật 91/2025/QH15, điều 14", "admin-1")
    await personal_data.grant_erasure(at, asked["erasure"], "admin-2")

    async def purged() -> bool:
        said = [
            (db, text)
            for db, some in (await everything(town)).documents.items()
            for documents in some.values()
            for one in documents
            for text in texts(one)
        ]
        assert not {db for db, text in said if any(canary in text for canary in told_of(OF_BOTH))}
        return any(NAMES[OF_ONE].encode() in text for _, text in said)

    await eventually(purged, within=60)


def _only_its_own(town: Town, loot: Loot, walks: Mapping[str, Sequence[Walk]], holders: Mapping[str, set[str]]) -> None:
    events = [event for event in sealed(loot) if event.sealed is not None]
    assert all(boxes.is_box(event.sealed or b"") for event in events)
    ids = {name: {walk.id for walk in some} for name, some in walks.items()}
    assert {event.dossier for event in events} == set().union(*ids.values())
    for service, name in (*DEPLOYED, *((service, "") for service in DEPLOYABLE)):
        keys = unwrapped(town.keys[called(service, name)], told_keys(loot))
        read_of = {event.dossier for event in events if opened(keys, event) is not None}
        closed_of = {event.dossier for event in events if opened(keys, event) is None}
        assert read_of == ids[name], called(service, name)
        assert closed_of == set().union(*ids.values()) - ids[name], called(service, name)
        assert set(keys) == holders[name], called(service, name)
        assert files_opened(keys, loot) == {database_of("signing", name)}, "results of its own; papers are intake's"
    for service in SERVICES:
        if service not in DEPLOYABLE:  # serves everybody
            keys = unwrapped(town.keys[service], told_keys(loot))
            assert set().union(*holders.values()) <= set(keys), service


def _no_word_of_the_other_in_its_database(loot: Loot) -> None:
    strangers = {ONE: told_of(OF_OTHER), OTHER: told_of(OF_ONE), "": told_of(OF_ONE, OF_OTHER)}
    own = {ONE: OF_ONE, OTHER: OF_OTHER, "": OF_BOTH}
    for service, name in (*DEPLOYED, *((service, "") for service in DEPLOYABLE)):
        said = [
            text for some in loot.documents[database_of(service, name)].values() for one in some for text in texts(one)
        ]
        assert not [text for text in said if any(canary in text for canary in strangers[name])], called(service, name)
        assert any(NAMES[own[name]].encode() in text for text in said), "it has its own in clear in its state"
