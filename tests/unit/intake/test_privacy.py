"""Under which pseudonym a filing's key is kept, how long a dossier must be, and how keys are made together and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dossier_intake.filing.checks import Checked
from dossier_intake.privacy.api import pseudonym
from dossier_intake.privacy.erasing import Erasures, kept, later_by_years
from dossier_intake.privacy.holders import holder_of_filing, next_holder
from dossier_intake.privacy.making import KeyMaker, Rewrapped
from dossier_intake.privacy.readers import LastHeard, Readers
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import BulkWriteFailed, Database
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.events import Applicant, SubmittedSealed
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.errors import KeyUnknown
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.settings.wrapping_key import of_development
from dossier_shared.vocabulary.persons import person_of

from .case import CATALOGUE, CITIZEN, HELPER
from .case import checked as checked_filing

KEY = b"a key of sixteen letters or more"
PERSON = person_of(KEY, "citizen", "001099012345")


def checked(person: str | None = None, account: str | None = None, phone: str | None = None) -> Checked:
    sealed = SubmittedSealed(applicant=Applicant(name="Nguyễn Văn An", phone=phone))
    return Checked(cast(Any, None), cast(Any, None), sealed, person, account)


def test_a_person_is_who_the_number_says_else_the_account_else_the_phone_else_this_dossier() -> None:
    of = [
        holder_of_filing(checked(PERSON, "u-1", phone="+84912345678"), "d", KEY),
        holder_of_filing(checked(None, "u-1", phone="+84912345678"), "d", KEY),
        holder_of_filing(checked(phone="+84912345678"), "d", KEY),
        holder_of_filing(checked(), "d", KEY),
    ]
    assert of[0] == PERSON
    assert [holder[:2] for holder in of] == ["p-", "a-", "t-", "d-"]
    assert holder_of_filing(checked(phone="+84912345678"), "other", KEY) == of[2], "found again"


def test_whoever_helps_is_not_the_person() -> None:
    """Else whom they helped would go with them."""
    filed = checked_filing(CITIZEN, applicant={"name": "Nguyễn Văn An"})
    assert holder_of_filing(filed, "d", KEY) == holder_of_filing(checked(None, "citizen"), "d", KEY)
    helped = checked_filing(HELPER, applicant={"name": "Nguyễn Văn An"})
    one, other = (holder_of_filing(helped, id_, KEY) for id_ in ("d", "e"))
    assert one != other


def test_without_a_key_for_pseudonyms_each_dossier_is_alone() -> None:
    one, other = (holder_of_filing(checked(None, "u-1"), id_, b"") for id_ in ("d", "e"))
    assert one != other
    assert {one[0], other[0]} == {"d"}


def test_no_number_no_account_and_no_phone_stands_in_a_pseudonym() -> None:
    for holder in (
        holder_of_filing(checked(None, "u-1"), "d", KEY),
        holder_of_filing(checked(phone="+84912345678"), "d", KEY),
    ):
        assert "u-1" not in holder
        assert "912345678" not in holder


def test_who_was_erased_and_files_again_has_another_key() -> None:
    assert next_holder(PERSON) == f"{PERSON}-2"
    assert next_holder(f"{PERSON}-2") == f"{PERSON}-3"


def test_a_number_is_asked_for_by_its_pseudonym() -> None:
    assert pseudonym("001099012345", KEY) == PERSON
    assert pseudonym(PERSON, KEY) == PERSON
    assert pseudonym("0100109106", KEY) == person_of(KEY, "tax", "0100109106")


def state(**changes: Any) -> dict[str, Any]:
    procedure = next(iter(CATALOGUE.procedures))
    filed = {"code": "H19-1", "procedure": procedure, "submitted_at": "2020-01-01T00:00:00.000000Z"}
    return {**filed, "status": "delivered", "delivered_at": "2020-03-01T00:00:00.000000Z", **changes}


def test_a_dossier_is_kept_while_it_is_open_and_for_its_procedure_s_years_after_its_end() -> None:
    within, after = datetime(2030, 2, 28, tzinfo=UTC), datetime(2030, 3, 2, tzinfo=UTC)
    held = kept("d", state(), CATALOGUE, within)
    assert held is not None
    assert held.until == datetime(2030, 3, 1, tzinfo=UTC)
    assert kept("d", state(), CATALOGUE, after) is None
    open_ = kept("d", state(status="in_review"), CATALOGUE, after)
    assert open_ is not None
    assert open_.until is None
    assert kept("d", {"status": "signed"}, CATALOGUE, after) is None, "a stub has nothing of a person"


def test_a_leap_day_has_its_day_in_other_years() -> None:
    assert later_by_years(datetime(2024, 2, 29, tzinfo=UTC), 10) == datetime(2034, 2, 28, tzinfo=UTC)


class Table:
    """As much of a collection as making keys takes. `first`: what another replica wrote just before."""

    def __init__(self, first: Sequence[PersonKey] = ()) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.first, self.inserts = list(first), 0

    async def insert_many(self, documents: Sequence[dict[str, Any]], ordered: bool) -> None:
        assert not ordered
        self.inserts += 1
        for record in self.first:
            self.documents[record.holder] = {
                "_id": record.holder,
                "record": record.model_dump(mode="json"),
                "told": True,
            }
        errors = []
        for index, document in enumerate(documents):
            if document["_id"] in self.documents:
                errors.append({"index": index, "code": 11000})
            else:
                self.documents[document["_id"]] = dict(document)
        if errors:
            raise BulkWriteFailed({"writeErrors": errors})

    def find(self, query: Mapping[str, Any]) -> Any:
        if "told" in query:
            found = [one for one in self.documents.values() if not one["told"]]
        else:
            found = [self.documents[id_] for id_ in query["_id"]["$in"] if id_ in self.documents]

        async def to_list(_: None) -> list[dict[str, Any]]:
            return found

        return SimpleNamespace(to_list=to_list, limit=lambda _: SimpleNamespace(to_list=to_list))

    async def update_many(self, query: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        if "_id" not in query:  # of who is erased
            for document in self.documents.values():
                if document["record"].get("erased"):
                    document |= change["$set"]
            return
        for id_ in query["_id"]["$in"]:
            if self.documents[id_]["version"] == query["version"]:
                self.documents[id_] |= change["$set"]

    async def update_one(self, query: Mapping[str, Any], change: Mapping[str, Any], upsert: bool = False) -> Any:
        there = self.documents.get(query["_id"])
        if there is None and not upsert:
            return SimpleNamespace(modified_count=0)
        version = (there or {}).get("version", 0) + 1
        self.documents[query["_id"]] = {**(there or {}), "_id": query["_id"], **change["$set"], "version": version}
        return SimpleNamespace(modified_count=1)


class Topic:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.down = False

    async def send(self, _: str, records: Sequence[Record]) -> list[bool]:
        if not self.down:
            self.records += records
        return [not self.down] * len(records)


def wrapper(name: str) -> Wrapper:
    return Wrapper(PrivateKeys([of_development(name)]))


def readers(anew: str = "") -> Readers:
    """All that are asked for. `anew`: who has another wrapping key than in the beginning."""
    registry = Registry("intake")
    registry.whole()
    known = LastHeard(cast(Database, {"deployments": None}), registry)
    return Readers(lambda name: wrapper(f"{name} anew" if name == anew else name).public, known)


def maker(table: Table, topic: Topic | None = None) -> KeyMaker:
    keys = PersonKeys("intake", wrapper("intake"))
    database = cast(Database, {"person_keys": table, "dossiers": None})
    return KeyMaker(database, keys, cast(KafkaSender, topic or Topic()), FixedClock(), readers())


async def test_who_files_together_has_keys_made_together() -> None:
    table = Table()
    made = maker(table)
    found = await asyncio.gather(*(made.ensure([f"p-{number}"]) for number in range(20)))
    assert table.inserts == 1
    assert [one[f"p-{number}"] for number, one in enumerate(found)] == [f"p-{number}" for number in range(20)]
    await made.ensure(["p-1", "p-2"])
    assert table.inserts == 1, "a person has one key"


async def test_of_two_replicas_the_first_one_s_key_counts() -> None:
    theirs = wrapper("intake").wrap(
        "p-1", b"k" * 32, {"intake": wrapper("intake").public}, "2026-01-01T00:00:00.000000Z"
    )
    made = maker(Table([theirs]))
    await made.ensure(["p-1", "p-2"])
    assert made.keys.key("p-1") == b"k" * 32
    assert made.keys.has("p-2")


async def test_a_key_of_the_database_that_is_for_nobody_here_is_not_used() -> None:
    theirs = wrapper("review").wrap(
        "p-1", b"k" * 32, {"review": wrapper("review").public}, "2026-01-01T00:00:00.000000Z"
    )
    with pytest.raises(KeyUnknown):
        await maker(Table([theirs])).ensure(["p-1"])


async def test_keys_are_told_once_the_broker_takes_them() -> None:
    table, topic = Table(), Topic()
    made = maker(table, topic)
    await made.ensure(["p-1", "p-2"])
    topic.down = True
    assert await made.tell() == 0
    topic.down = False
    assert await made.tell() == 2
    assert await made.tell() == 0
    review = PersonKeys("review", wrapper("review"))
    for record in topic.records:
        review.put(PersonKey.model_validate_json(record.value))
    assert [review.key(holder) for holder in ("p-1", "p-2")] == [made.keys.key(holder) for holder in ("p-1", "p-2")]


async def test_an_erased_key_is_nowhere_and_the_person_s_next_one_is_another() -> None:
    table, topic = Table(), Topic()
    made = maker(table, topic)
    await made.ensure(["p-x"])
    await made.erase(["p-x"])
    assert table.documents["p-x"]["record"].get("wrappings") == {}
    assert await made.tell() == 1
    assert PersonKey.model_validate_json(topic.records[-1].value).erased
    assert await made.ensure(["p-x"]) == {"p-x": "p-x-2"}
    assert made.keys.has("p-x-2")
    assert made.keys.cipher("p-x") is None


async def test_keys_are_wrapped_anew_for_who_reads_now() -> None:
    table, topic = Table(), Topic()
    made = maker(table, topic)
    await made.ensure(["p-1"])
    await made.ensure(["p-gone"])
    await made.erase(["p-gone"])
    await made.tell()
    topic.records.clear()  # lost
    made.readers = readers(anew="notify")
    assert await made.rewrap() == Rewrapped(1, sorted(SERVICES))
    assert await made.tell() == 2
    notify = PersonKeys("notify", wrapper("notify anew"))
    for record in topic.records:
        notify.put(PersonKey.model_validate_json(record.value))
    assert notify.gone() == {"p-gone"}
    assert notify.key("p-1") == made.keys.key("p-1")


class Requests:
    """As much of a collection as requests to erase take."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}

    async def insert_one(self, document: dict[str, Any]) -> None:
        self.documents[document["_id"]] = dict(document)

    async def find_one(self, query: Mapping[str, Any]) -> dict[str, Any] | None:
        return self.documents.get(query["_id"])

    async def update_one(self, query: Mapping[str, Any], change: Mapping[str, Any]) -> None:
        self.documents[query["_id"]] |= change["$set"]


class Found(Table):
    """Keys, and the dossiers of one person."""

    def __init__(self, *states: dict[str, Any]) -> None:
        super().__init__()
        self.states = states

    def find(self, query: Mapping[str, Any], *_: Any) -> Any:
        if "$or" in query:

            async def to_list(_: None) -> list[dict[str, Any]]:
                return [{"_id": str(number), "state": state} for number, state in enumerate(self.states)]

            return SimpleNamespace(to_list=to_list)
        if "$regex" in query.get("_id", {}):
            return ids(one for one in self.documents if one.startswith(PERSON))
        return super().find(query)


async def ids(found: Iterable[str]) -> AsyncIterator[dict[str, str]]:
    for id_ in list(found):
        yield {"_id": id_}


def erasures(*states: dict[str, Any]) -> tuple[Erasures, KeyMaker]:
    table, clock = Found(*states), FixedClock("2031-01-01T00:00:00.000000Z")
    made = maker(table)
    dossiers, catalogues = SimpleNamespace(table=table), SimpleNamespace(current=CATALOGUE)
    database = cast(Database, {"erasures": Requests()})
    return Erasures(database, cast(Any, dossiers), made, cast(Any, catalogues), clock), made


async def test_two_people_erase_a_person() -> None:
    asking, made = erasures(state())
    await made.ensure([PERSON])
    asked = await asking.ask(PERSON, "Luật 91/2025/QH15", "admin-1")
    assert made.keys.cipher(PERSON) is not None, "nothing happens before it is granted"
    with pytest.raises(Conflict) as why:
        await asking.grant(asked["_id"], "admin-1")
    assert why.value.code == "second-person"
    assert made.keys.cipher(PERSON) is not None
    done = await asking.grant(asked["_id"], "admin-2")
    assert (done["state"], done["asked_by"], done["granted_by"]) == ("done", "admin-1", "admin-2")
    assert made.keys.cipher(PERSON) is None
    assert await asking.grant(asked["_id"], "admin-3") == done, "once"


@pytest.mark.parametrize("held", [state(status="in_review"), state(delivered_at="2030-12-01T00:00:00.000000Z")])
async def test_nobody_is_erased_while_one_of_their_dossiers_must_be_kept(held: dict[str, Any]) -> None:
    asking, made = erasures(state(), held)
    await made.ensure([PERSON])
    with pytest.raises(Conflict) as why:
        await asking.ask(PERSON, "Luật 91/2025/QH15", "admin-1")
    assert why.value.code == "must-be-kept"


async def test_what_came_between_asking_and_granting_counts() -> None:
    asking, made = erasures(state())
    await made.ensure([PERSON])
    asked = await asking.ask(PERSON, "Luật 91/2025/QH15", "admin-1")
    cast(Any, asking)._dossiers.table.states = (state(), state(status="submitted"))
    with pytest.raises(Conflict):
        await asking.grant(asked["_id"], "admin-2")
    assert made.keys.cipher(PERSON) is not None


async def test_of_nobody_known_nothing_is_erased() -> None:
    asking, _ = erasures()
    with pytest.raises(NotFound):
        await asking.ask(PERSON, "Luật 91/2025/QH15", "admin-1")


async def test_all_keys_a_person_ever_had_are_destroyed() -> None:
    asking, made = erasures(state())
    await made.ensure([PERSON, f"{PERSON}-2"])
    asked = await asking.ask(PERSON, "Luật 91/2025/QH15", "admin-1")
    await asking.grant(asked["_id"], "admin-2")
    assert made.keys.gone() == {PERSON, f"{PERSON}-2"}
