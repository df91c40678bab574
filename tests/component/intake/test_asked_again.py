"""A register that did not answer at filing is asked again: seldom, until a limit, once it answers never more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.component.desks import officer
from tests.component.intake.beside_registers import (
    AN,
    BIRTH,
    CITIZEN,
    CONSENT,
    HANH,
    NOTICE,
    OTHER,
    URLS,
    State,
    beside,
    person,
)
from tests.component.intake.papers import agency_of

from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.registers.again import AskingAgain
from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import Event

SOURCES = ("population_db", "results_repository")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LEADER, ELSEWHERE = officer("leader", "leader", agency=agency_of(BIRTH)), officer("other", "leader", agency="H19.999")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of a question is not to depend on how busy the machine is."""
    monkeypatch.setattr("dossier_intake.registers.http.WITHIN", 60.0)


@pytest.fixture
async def state(stack: Stack, inspectors: Inspectors) -> AsyncIterator[State]:
    async with beside(stack, inspectors, **URLS) as made:
        yield made


class Waiting:
    """One filing that waits for both registers. Whoever asks moves its turn here: no test waits for a clock."""

    def __init__(self, state: State, dossier: str) -> None:
        self.state, self.dossier = state, dossier
        self.again: AskingAgain = state.desk.app.state.again
        self.table = state.desk.runtime.db["register_waits"]

    async def waits(self) -> dict[str, Any]:
        return {one["source"]: one async for one in self.table.find({})}

    async def turn(self, **about: Any) -> None:
        """It is due, and everybody has one."""
        await self.table.update_many({}, {"$set": {"next": LONG_AGO, **about}})
        for source in SOURCES:
            await self.again.once(source)  # type: ignore[arg-type]

    async def told(self) -> list[Event]:
        """What came of it."""
        [dossier] = (await self.state.desk.runtime.dossiers.load_whole([self.dossier])).values()
        return [event for event in dossier.tail("intake", 0) if event.type == "evidence-received"]

    async def kept(self) -> dict[str, Any]:
        return dict((await self.state.desk.stored(self.dossier))["state"])


async def waiting(state: State, who: dict[str, str] = CITIZEN, number: str = AN, **changes: Any) -> Waiting:
    """Filed while no register answers; from now on they do."""
    state.behave(unavailable=100)
    answer = await state.file(who, number, **changes)
    assert answer.status_code == 201, answer.text
    state.behave()
    state.registers.asked.clear()
    return Waiting(state, answer.json()["id"])


async def test_a_filing_says_what_it_waits_for_to_its_person_and_to_the_office(state: State) -> None:
    filed = await waiting(state)
    awaits = (await filed.kept())["awaits"]
    assert {one["source"] for one in awaits} == set(SOURCES)
    [of_results] = [one["papers"] for one in awaits if one["source"] == "results_repository"]
    assert of_results == [NOTICE]
    assert [one["outcome"] for one in await state.questions(CITIZEN)] == ["unavailable", "unavailable"]
    for where, who in (("/", CITIZEN), (f"/filed/{filed.dossier}", CITIZEN)):
        shown = await state.desk.page(f"{where}?lang=en", who)
        assert "The national population database: it did not answer" in shown, where
    assert "Asked again until" in await state.desk.page(f"/cases/{filed.dossier}?lang=en", LEADER)


async def test_it_is_asked_again_for_the_same_reason_and_the_answer_is_sealed_evidence(state: State) -> None:
    filed = await waiting(state)
    await filed.turn()
    told = {event.data["source"]: event for event in await filed.told()}
    assert set(told) == set(SOURCES)
    assert all(event.data["answered"] and event.actor == "rule:intake" for event in told.values())
    assert not any(name in event.data for event in told.values() for name in ("outcome", "facts", "results"))
    facts, results = (told[source].open()["evidence"] for source in SOURCES)
    assert (facts["outcome"], facts["facts"]["name"], len(facts["digest"])) == ("found", "Nguyễn Văn An", 64)
    assert [one["number"] for one in results["results"]] == ["0471/GCS-2026"]
    lines = await state.questions(CITIZEN)
    again = [line for line in lines if line["outcome"] == "found"]
    assert {line["id"] for line in again} == {facts["question"], results["question"]}
    for line in again:
        assert (line["purpose"], line["by"]) == (BIRTH, "self")
        assert "07/2025/NĐ-CP" in line["legal_basis"]
    kept = await filed.kept()
    assert kept["awaits"] == []
    assert "household_head" not in str(kept)
    assert await filed.waits() == {}
    page = await state.desk.page("/?lang=en", CITIZEN)
    assert "A register of the State has answered" in page
    assert "it did not answer" not in page


async def test_once_it_has_answered_nobody_asks_any_more(state: State) -> None:
    filed = await waiting(state)
    await filed.turn()
    before = len(state.registers.asked)
    assert before == 2
    await filed.again.restore()
    await filed.turn()
    assert (len(state.registers.asked), len(await filed.told())) == (before, 2)


async def test_while_it_is_away_the_pauses_grow_and_nothing_is_recorded(state: State) -> None:
    filed = await waiting(state)
    state.behave(unavailable=100)
    await filed.turn()
    now = state.desk.runtime.clock.now()
    for wait in (await filed.waits()).values():
        assert wait["tries"] == 1
        assert wait["next"].replace(tzinfo=UTC) > now + timedelta(minutes=4)
    asked = len(state.registers.asked)
    for source in SOURCES:
        assert await filed.again.once(source) == 0, "its turn has been"  # type: ignore[arg-type]
    assert len(state.registers.asked) == asked
    await filed.turn()
    for wait in (await filed.waits()).values():
        assert wait["next"].replace(tzinfo=UTC) > now + timedelta(minutes=9)
    assert await filed.told() == []


async def test_at_the_limit_it_is_given_up_without_a_question_and_the_evidence_says_so(state: State) -> None:
    filed = await waiting(state)
    await filed.turn(until=LONG_AGO)
    assert state.registers.asked == []
    told = await filed.told()
    assert [event.data["answered"] for event in told] == [False, False]
    for event in told:
        evidence = event.open()["evidence"]
        assert (evidence["outcome"], evidence["reason"]) == ("unavailable", "given-up")
    assert await filed.waits() == {}
    assert "no answer until the limit" in await state.desk.page(f"/cases/{filed.dossier}?lang=en", LEADER)


async def test_whoever_dies_with_an_answer_leaves_it_to_the_next_turn(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = await waiting(state)

    async def dies(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(filed.again, "_record", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await filed.turn()
    assert set(await filed.waits()) == set(SOURCES)
    assert await filed.told() == []
    await filed.turn()
    assert len(await filed.told()) == 2


async def test_a_round_is_recorded_at_once_and_what_is_refused_stops_no_other(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = [await waiting(state) for _ in range(3)]
    ledger, recording, sizes = state.desk.runtime.ledger, first.again._recording, list[int]()
    execute = ledger.execute_many

    async def counted(asked: Any) -> Any:
        sizes.append(len(asked))
        return await execute(asked)

    def refused(*_: Any) -> None:
        raise ValueError("of this one alone")

    def broken(wait: Any, evidence: Any) -> Any:
        command = recording(wait, evidence)
        return command._replace(step=refused) if wait.dossier == first.dossier else command

    with monkeypatch.context() as one:
        one.setattr(ledger, "execute_many", counted)
        one.setattr(first.again, "_recording", broken)
        await first.turn()
    assert sizes == [3, 3], "one write for each register"
    assert [len(await filed.told()) for filed in (first, *others)] == [0, 2, 2]
    assert {one["dossier"] async for one in first.table.find({})} == {first.dossier}, "it has another turn"
    await first.turn()
    assert len(await first.told()) == 2


async def test_two_processes_record_one_answer(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one sleeps over its answer; the second has asked meanwhile."""
    filed = await waiting(state)
    record, late = filed.again._record, list[tuple[Any, ...]]()

    async def sleeps(*answer: Any) -> list[str]:
        late.append(answer)
        return []

    with monkeypatch.context() as slow:
        slow.setattr(filed.again, "_record", sleeps)
        await filed.turn()
    await filed.turn()
    for answer in late:
        await record(*answer)
    assert len(late) == 2
    assert len(await filed.told()) == 2


async def test_a_filing_that_was_never_written_is_asked_about_by_nobody(state: State) -> None:
    filed = await waiting(state)
    await state.desk.runtime.dossiers.table.delete_one({"_id": filed.dossier})
    await filed.turn()
    assert state.registers.asked == []
    assert set(await filed.waits()) == set(SOURCES), "it may be written still"
    await filed.turn(until=LONG_AGO)
    assert await filed.waits() == {}


async def test_nobody_is_asked_about_whom_it_is_not_about_any_more(state: State) -> None:
    filed = await waiting(state)
    await state.desk.runtime.dossiers.table.update_one({}, {"$set": {"state.person": person(HANH)}})
    await filed.turn()
    assert state.registers.asked == []
    for event in await filed.told():
        assert (event.data["answered"], event.open()["evidence"]["reason"]) == (False, "no-number")


async def test_a_consent_that_is_withdrawn_ends_the_asking(state: State) -> None:
    agent = officer("u-agent", "agent", agency=None)
    filed = await waiting(state, agent, HANH, consent=CONSENT)
    ended = await state.desk.post(f"/api/v1/dossiers/{filed.dossier}/withdraw-consent", OTHER)
    assert ended.status_code == 200, ended.text
    await filed.turn()
    assert state.registers.asked == []
    assert {event.open()["evidence"]["reason"] for event in await filed.told()} == {"no-consent"}


async def test_what_is_over_is_not_asked_about(state: State) -> None:
    filed = await waiting(state)
    answer = await state.desk.post(f"/api/v1/dossiers/{filed.dossier}/withdraw", CITIZEN, {"reason": "Tôi nộp nhầm"})
    assert answer.status_code == 200, answer.text
    await filed.turn()
    assert (state.registers.asked, await filed.told(), await filed.waits()) == ([], [], {})


async def test_who_is_erased_is_waited_for_no_longer(state: State) -> None:
    filed = await waiting(state)
    await state.desk.runtime.purging.purge(person(AN))
    assert await filed.waits() == {}


async def test_what_was_put_back_waits_again(state: State) -> None:
    filed = await waiting(state)
    await filed.table.delete_many({})
    await filed.again.restore()
    await filed.turn()
    assert len(await filed.told()) == 2


async def test_who_would_rather_bring_the_paper_has_nothing_filed(state: State) -> None:
    state.behave(unavailable=100)
    refused = await state.file(CITIZEN, key="one", unanswered="bring")
    assert (refused.status_code, refused.json()["code"]) == (409, "register-unavailable")
    assert NOTICE in {error["document"] for error in refused.json()["errors"]}
    assert await state.desk.runtime.db["register_waits"].count_documents({}) == 0
    assert await state.desk.runtime.dossiers.table.count_documents({}) == 0
    waits = await state.file(CITIZEN, key="one")
    assert waits.status_code == 201, waits.text
    state.behave()
    answered = await state.file(CITIZEN, key="two", unanswered="bring")
    assert answered.status_code == 201, answered.text


async def test_with_the_setting_at_nothing_it_is_asked_once(stack: Stack, inspectors: Inspectors) -> None:
    async with beside(stack, inspectors, ask_again_seconds=0, **URLS) as state:
        filed = await waiting(state)
        assert await filed.waits() == {}
        assert "awaits" not in await filed.kept()


async def test_the_office_reads_what_was_answered_and_the_person_who_has(state: State) -> None:
    filed = await waiting(state)
    await filed.turn()
    address = f"/dossiers/{filed.dossier}/evidence"
    for who in (LEADER, officer("s", "specialist", agency=agency_of(BIRTH))):
        page = await state.desk.page(f"{address}?lang=en", who)
        for said in ("Nguyễn Văn Thành", "0471/GCS-2026", "07/2025/NĐ-CP"):
            assert said in page
    for who, status in ((ELSEWHERE, 404), (CITIZEN, 403), (officer("h", "agent", agency=None), 403), ({}, 401)):
        refused = await state.desk.http.get(address, headers=who)
        assert refused.status_code == status
        assert "Nguyễn Văn Thành" not in refused.text
    openings = (await state.desk.http.get(f"/api/v1/dossiers/{filed.dossier}/openings", headers=CITIZEN)).json()
    assert {(one["how"], one["role"]) for one in openings["items"]} == {
        ("evidence", "leader"), ("evidence", "specialist"),
    }  # fmt: skip


async def test_who_was_asked_about_and_filed_nothing_is_shown_and_erased(state: State) -> None:
    await state.facts(CITIZEN)
    first, second = officer("a-1", "admin", agency=None), officer("a-2", "admin", agency=None)
    beside_them = (await state.desk.http.get(f"/internal/privacy/beside?person={person(AN)}", headers=first)).json()
    assert [(one["source"], one["purpose"]) for one in beside_them["questions"]] == [("population_db", BIRTH)]
    wish = {"person": AN, "ground": "Luật 91/2025/QH15, Điều 14"}
    asked = await state.desk.post("/internal/privacy/erasures", first, wish)
    assert asked.status_code == 201, asked.text
    done = await state.desk.post("/internal/privacy/erasures:grant", second, {"erasure": asked.json()["erasure"]})
    assert done.status_code == 200, done.text
    assert state.desk.runtime.persons.keys.erased(person(AN))
    nobody = await state.desk.post("/internal/privacy/erasures", first, {**wish, "person": HANH})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "person-not-found")
