"""Who may open what is filed: pure, by the registry of deployments, the agency and the instant of filing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.component.intake.papers import filing

from dossier_intake.filing.checks import Filing
from dossier_intake.filing_api import FilingDesk
from dossier_intake.privacy import readers as module
from dossier_intake.privacy.entitlement import deployments_of, held_for, readers_of
from dossier_intake.privacy.erasing import Erasures
from dossier_intake.privacy.holders import next_holder
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.privacy.readers import LastHeard, Readers
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import Database
from dossier_shared.clock import FixedClock, instant, parse_instant
from dossier_shared.contracts import boxes
from dossier_shared.contracts.deployments import DeploymentEntry, Filed, Tenure, key_of
from dossier_shared.contracts.person_keys import PersonKey, every_holder, person_of_holder
from dossier_shared.errors import KeyUnknown
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper, wrapping_key_id
from dossier_shared.settings.wrapping_key import of_development

from .case import AGENCY, CATALOGUE, CITIZEN, KEY, PAPER
from .test_privacy import Found, Topic

OWN, OTHER, COMMON = "H19.1", "H19.2", "H19.3"  # agencies: two with services of their own, one without
EARLY, MOVE, LATE = "2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z", "2026-03-01T00:00:00.000000Z"
PERSON = "p-" + "a" * 26


def entry(service: str, name: str, agency: str, since: str = MOVE) -> DeploymentEntry:
    tenures = [Tenure(agency=agency, valid_from=since)]
    return DeploymentEntry(service=service, name=name, agencies=tenures, added_at=EARLY)


BOTH = [entry("review", "an-binh", OWN), entry("signing", "an-binh", OWN)]
ENTRIES = [*BOTH, entry("review", "long-khanh", OTHER)]  # which has no signing of its own


def readers(agency: str, at: str = LATE, entries: Sequence[DeploymentEntry] = ENTRIES) -> list[str]:
    return sorted(readers_of(held_for(PERSON, deployments_of(entries, Filed(agency, at)))))


def test_without_deployments_a_person_s_key_is_for_every_service_under_the_person_s_name() -> None:
    assert readers(OWN, entries=[]) == ["intake", "monitor", "notify", "review", "signing"]
    assert held_for(PERSON, deployments_of([], Filed(OWN, LATE))) == PERSON


def test_of_review_and_signing_only_those_whose_the_dossier_is() -> None:
    assert readers(OWN) == ["intake", "monitor", "notify", "review.an-binh", "signing.an-binh"]
    assert readers(OTHER) == ["intake", "monitor", "notify", "review.long-khanh", "signing"]
    assert readers(COMMON) == ["intake", "monitor", "notify", "review", "signing"]


def test_what_was_filed_before_an_agency_moved_stays_where_it_was() -> None:
    assert readers(OWN, EARLY) == readers(COMMON)
    assert readers(OWN, MOVE) == readers(OWN, LATE), "from that very instant on"


def test_a_person_has_a_key_for_each_group_of_readers() -> None:
    held = [held_for(PERSON, deployments_of(ENTRIES, Filed(agency, LATE))) for agency in (OWN, OTHER, COMMON)]
    assert held == [f"{PERSON}@an-binh", f"{PERSON}@long-khanh+", PERSON]
    assert held_for(PERSON, ("", "long-khanh")) == f"{PERSON}@+long-khanh"
    assert "signing.long-khanh" in readers_of(f"{PERSON}@+long-khanh")
    assert "review" in readers_of(f"{PERSON}@+long-khanh")
    for holder in held:
        sealed = boxes.pack(holder, b"x")
        assert boxes.holder_of(sealed) == holder, "as it stands in an encrypted part"


@pytest.mark.parametrize("holder", [PERSON, f"{PERSON}-2", f"{PERSON}@an-binh", f"{PERSON}-3@long-khanh+"])
def test_whose_a_key_is_shows_whatever_readers_it_has(holder: str) -> None:
    assert person_of_holder(holder) == PERSON
    assert re.search(every_holder(PERSON), holder)
    assert not re.search(every_holder("p-" + "b" * 26), holder)


def test_who_was_erased_and_files_again_has_another_key_for_the_same_readers() -> None:
    assert next_holder(f"{PERSON}@an-binh") == f"{PERSON}-2@an-binh"
    assert next_holder(f"{PERSON}-2@an-binh") == f"{PERSON}-3@an-binh"


# -- with keys -------------------------------------------------------------------------------------------------------------


def wrapper(*names: str) -> Wrapper:
    return Wrapper(PrivateKeys([of_development(name) for name in names]))


def registry(*entries: DeploymentEntry, known: bool = True) -> Registry:
    made = Registry("intake")
    told = [(key_of(one.service, one.name).encode(), one.model_dump_json().encode()) for one in entries]
    made.take([StoredRecord("platform.deployments", 0, n, key, value, []) for n, (key, value) in enumerate(told)])
    if known:
        made.whole()
    return made


class Filings:
    """As much of intake's dossiers as is asked of them."""

    def __init__(self, *filings: tuple[str, Filed | None]) -> None:
        self.filings = filings

    async def find(self, query: Any, _: Any) -> Any:
        for holder, filed in self.filings:
            if holder in query["holder"]["$in"]:
                yield {"holder": holder, "state": {"filed": filed._asdict()} if filed else {}}


class Kept:
    def __init__(self) -> None:
        self.document: dict[str, Any] | None = None
        self.away = False

    async def find_one(self, _: Any) -> dict[str, Any] | None:
        return self.document

    async def replace_one(self, _: Any, document: dict[str, Any], upsert: bool) -> None:
        assert upsert
        if self.away:
            raise OSError("away")
        self.document = document


class House:
    """Intake, and who reads what it tells."""

    def __init__(self, *filings: tuple[str, Filed | None], without: Sequence[str] = (), entries: Any = ENTRIES) -> None:
        self.table, self.topic = Found(), Topic()
        database = cast(
            Database,
            {"person_keys": self.table, "dossiers": Filings(*filings), "deployments": Kept(), "erasures": None},
        )
        found = Readers(
            lambda name: None if name in without else wrapper(name).public, LastHeard(database, registry(*entries))
        )
        keys = PersonKeys("intake", wrapper("intake"))
        self.maker = KeyMaker(database, keys, cast(KafkaSender, self.topic), FixedClock(), found)

    async def files(self, agency: str, at: str = LATE) -> str:
        """Answers under which holder."""
        holder = await self.maker.readers.held(PERSON, Filed(agency, at))
        (held,) = (await self.maker.ensure([holder])).values()
        await self.maker.tell()
        return held

    def opened_by(self, name: str, *keys: str) -> set[str]:
        """With its own wrapping key, or these."""
        reader = PersonKeys(name, wrapper(*(keys or (name,))), name.partition(".")[0])
        for record in self.topic.records:
            reader.put(PersonKey.model_validate_json(record.value))
        return {holder for holder in reader.holders() if reader.cipher(holder) is not None}


async def test_who_filed_at_two_agencies_is_read_by_each_in_its_own_dossiers_only() -> None:
    house = House()
    own, other, common = [await house.files(agency) for agency in (OWN, OTHER, COMMON)]
    assert await house.files(OWN) == own, "one key for all dossiers there"
    assert house.opened_by("review.an-binh") == house.opened_by("signing.an-binh") == {own}
    assert house.opened_by("review.long-khanh") == {other}
    assert house.opened_by("review") == {common}
    assert house.opened_by("signing") == {other, common}
    for name in ("intake", "notify", "monitor"):
        assert house.opened_by(name) == {own, other, common}


async def test_a_stolen_record_says_nothing_under_another_s_name() -> None:
    house = House()
    await house.files(OTHER)
    (told,) = [PersonKey.model_validate_json(record.value) for record in house.topic.records]
    own = wrapper("review.an-binh")
    thief = PersonKeys("review.an-binh", own)
    for wrapping in told.wrappings.values():
        mine = wrapping.model_copy(update={"to": wrapping_key_id(own.public)})
        thief.put(told.model_copy(update={"wrappings": {"review.an-binh": mine}}))
        with pytest.raises(KeyUnknown):
            thief.cipher(told.holder)


async def test_wrapping_anew_entitles_nobody_else() -> None:
    house = House()
    own, other = await house.files(OWN), await house.files(OTHER)
    house.topic.records.clear()
    done = await house.maker.rewrap()
    assert (done.keys, set(done.readers)) == (2, {*readers(OWN), *readers(OTHER)})
    await house.maker.tell()
    assert house.opened_by("review.an-binh") == {own}
    assert house.opened_by("review.long-khanh") == {other}
    assert house.opened_by("review") == set()


async def test_what_was_filed_while_nobody_knew_the_deployment_is_its_to_read_once_wrapped_anew() -> None:
    """Also where all deployments of a service shared its key pair, before each had one of its own."""
    house = House((PERSON, Filed(OWN, LATE)), (PERSON, None))
    await house.maker.ensure([PERSON])
    await house.maker.tell()
    assert house.opened_by("review.an-binh") == set()
    assert house.opened_by("review.an-binh", "review.an-binh", "review") == {PERSON}, "as before, by the service's key"
    await house.maker.rewrap()
    await house.maker.tell()
    assert house.opened_by("review.an-binh") == house.opened_by("review") == {PERSON}
    assert house.opened_by("review.long-khanh") == set()


async def test_a_reader_without_a_public_key_stays_out_and_nobody_s_filing_fails() -> None:
    house = House(without=["review.an-binh"])
    held = await house.files(OWN)
    assert house.opened_by("signing.an-binh") == {held}
    assert house.opened_by("review.an-binh") == house.opened_by("review") == set()


async def test_all_keys_a_person_has_are_erased_together() -> None:
    house = House()
    held = [await house.files(agency) for agency in (OWN, OTHER, COMMON)]
    erasures = Erasures(cast(Database, {"erasures": None}), cast(Any, None), house.maker, cast(Any, None), FixedClock())
    house.table.find = lambda query, *_: _found(house.table.documents, query)  # type: ignore[method-assign]
    assert sorted(await erasures.holders(PERSON)) == sorted(held)


async def _found(documents: Any, query: Any) -> Any:
    for id_ in documents:
        if re.search(query["_id"]["$regex"], id_):
            yield {"_id": id_}


async def test_a_filing_is_of_the_instant_by_which_its_readers_were_chosen() -> None:
    """Else one checked just before an agency moves and written just after would be its new deployment's, and closed to it."""
    entries = [entry("review", "an-binh", AGENCY), entry("signing", "an-binh", AGENCY)]
    before = parse_instant(MOVE) - timedelta(milliseconds=1)
    clock = SimpleNamespace(now=iter([before, *[parse_instant(LATE)] * 9]).__next__)
    runtime: Any = SimpleNamespace(clock=clock, registry=registry(*entries))

    async def code(agency: str, _: object) -> str:
        return f"{agency}-20260131-0000001"

    desk = FilingDesk(
        runtime, cast(Any, SimpleNamespace(current=CATALOGUE)), cast(Any, SimpleNamespace(next=code)), cast(Any, None),
        KEY, keys=House(entries=entries).maker,
    )  # fmt: skip
    whole = filing()
    papers = CATALOGUE.procedure(whole["procedure"]).demanded(whole["channel"])
    whole["documents"] = [{"code": paper.code, "id": PAPER} for paper in papers]
    context = CommandContext(CITIZEN, "k", "f", None, None, "r")
    files = {PAPER: {"type": "application/pdf", "size": 9, "name": "giấy.pdf"}}
    prepared = await desk._prepare(context, Filing.model_validate(whole), files)
    assert prepared.holder is not None
    assert "@" not in prepared.holder
    assert prepared.order.time == instant(before), "and not when it is written"


# -- which deployments there are -------------------------------------------------------------------------------------------


async def test_after_a_restart_it_begins_with_what_it_last_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN", 0.01)
    database = cast(Database, {"deployments": (kept := Kept())})
    kept.away = True
    first = LastHeard(database, registry(*BOTH))
    running = asyncio.create_task(first.run())
    await asyncio.sleep(0.05)
    kept.away = False
    await asyncio.sleep(0.05)
    running.cancel()
    again = LastHeard(database, Registry("intake"))
    await again.prepare()
    assert list(again.entries) == list(again.serving(OWN)) == BOTH
    assert list(again.serving(OTHER)) == []


async def test_what_the_topic_says_counts_once_it_is_read() -> None:
    database = cast(Database, {"deployments": SimpleNamespace(find_one=Kept().find_one)})
    heard = registry(*BOTH)
    known = LastHeard(database, heard)
    await known.prepare()
    assert list(known.entries) == BOTH


async def test_who_files_just_after_the_start_waits_for_news_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEWS_WITHIN", 0.3)
    told = registry(*BOTH, known=False)
    found = Readers(lambda name: name, LastHeard(cast(Database, {"deployments": Kept()}), told))
    asyncio.get_running_loop().call_later(0.05, told.whole)
    assert await found.held(PERSON, Filed(OWN, LATE)) == f"{PERSON}@an-binh"
    never = Readers(lambda name: name, LastHeard(cast(Database, {"deployments": Kept()}), Registry("intake")))
    async with asyncio.timeout(5):
        assert await never.held(PERSON, Filed(OWN, LATE)) == PERSON, "then nobody waits for a broker that is away"
