"""The ports to registers of the State: each way a neighbour fails, and that it costs whoever waits no more than its time."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Callable
from hashlib import sha256
from time import monotonic
from typing import Any

import httpx
import pytest
import structlog

from dossier_intake.registers.circuit import Circuit
from dossier_intake.registers.http import LARGEST, HttpPopulation, HttpResults, Neighbour
from dossier_intake.registers.ports import Question, RegisterUnavailable
from dossier_local.registers.app import Behaviour, Settings, create_app

AN, NOBODY = "001099012345", "001099099999"
BIRTH_NOTICE = "G15-KQ004389"
PATIENT, IMPATIENT = 60.0, 0.2  # seconds: no fault but slowness is to depend on how busy the machine is


def question(number: str = AN) -> Question:
    return Question(number, "1.001193", ("07/2025/NĐ-CP",), "q-1")


class Simulated:
    """The real simulator, in this process."""

    def __init__(self, within: float = PATIENT) -> None:
        self.app = create_app(Settings(development=True, registers_token="word"))
        self.circuit = Circuit(failures=100)
        self.neighbour = Neighbour(
            "population_db", "http://register.test", "word", within=within, circuit=self.circuit,
            transport=httpx.ASGITransport(self.app),
        )  # fmt: skip
        self.population, self.results = HttpPopulation(self.neighbour), HttpResults(self.neighbour, 64 * 1024)

    def behave(self, **behaviour: int) -> None:
        self.app.state.registers.behaviour = Behaviour(**behaviour)

    @property
    def asked(self) -> list[Any]:
        asked: list[Any] = self.app.state.registers.asked
        return asked


@pytest.fixture
def simulated() -> Simulated:
    return Simulated()


async def test_a_person_is_found_with_purpose_and_legal_basis(simulated: Simulated) -> None:
    answer = await simulated.population.person(question())
    assert answer.found is not None
    assert (answer.found.name, str(answer.found.date_of_birth), answer.found.sex) == (
        "Nguyễn Văn An",
        "1999-03-12",
        "male",
    )
    assert len(answer.digest) == 64
    [asked] = simulated.asked
    assert asked.model_dump() == {
        "number": AN, "purpose": "1.001193", "legal_basis": ["07/2025/NĐ-CP"], "reference": "q-1",
    }  # fmt: skip


async def test_who_is_not_there_is_an_answer_and_no_failure(simulated: Simulated) -> None:
    circuit = simulated.neighbour._circuit = Circuit(failures=1)
    assert (await simulated.population.person(question(NOBODY))).found is None
    assert (await simulated.results.results(question(NOBODY))).found is None
    assert circuit.lets_through()


async def test_results_and_the_bytes_of_one(simulated: Simulated) -> None:
    held = (await simulated.results.results(question())).found
    assert held is not None
    notice = next(one for one in held if one.code == BIRTH_NOTICE)
    content = await simulated.results.document(question(), notice.sha256)
    assert content is not None
    assert sha256(content).hexdigest() == notice.sha256
    assert await simulated.results.document(question(NOBODY), notice.sha256) is None


FAULTS = [
    ({"unavailable": 2}, "down"),
    ({"garbage": 1}, "unreadable"),
    ({"other_person": 1}, "other-person"),
    ({"huge_bytes": LARGEST + 1}, "too-large"),
]


@pytest.mark.parametrize(("behaviour", "reason"), FAULTS)
@pytest.mark.parametrize("port", ["person", "results"])
async def test_each_fault_has_its_word(simulated: Simulated, behaviour: dict[str, int], reason: str, port: str) -> None:
    simulated.behave(**behaviour)
    asked = {"person": simulated.population.person, "results": simulated.results.results}[port]
    with pytest.raises(RegisterUnavailable) as failed:
        await asked(question())
    assert failed.value.reason == reason


async def test_a_slow_one_is_not_waited_for() -> None:
    simulated, began = Simulated(IMPATIENT), monotonic()
    simulated.behave(delay_ms=120_000)
    with pytest.raises(RegisterUnavailable, match="timeout"):
        await simulated.population.person(question())
    assert monotonic() - began < 60


async def test_one_hiccup_is_asked_once_more(simulated: Simulated) -> None:
    simulated.behave(unavailable=1)
    assert (await simulated.population.person(question())).found is not None
    assert len(simulated.asked) == 2


async def test_a_stranger_is_refused_and_not_asked_again(simulated: Simulated) -> None:
    stranger = Neighbour("population_db", "http://register.test", transport=httpx.ASGITransport(simulated.app))
    with pytest.raises(RegisterUnavailable, match="refused"):
        await HttpPopulation(stranger).person(question())
    assert simulated.asked == []


def answering(respond: Callable[[httpx.Request], httpx.Response], **more: Any) -> tuple[HttpPopulation, Neighbour]:
    neighbour = Neighbour(
        "population_db", "http://register.test", transport=httpx.MockTransport(respond), within=PATIENT, **more
    )
    return HttpPopulation(neighbour), neighbour


async def test_a_dead_one_costs_nothing_until_it_has_rested() -> None:
    now, calls, up = 0.0, 0, False

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if not up:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={"person": None})

    port, _ = answering(respond, circuit=Circuit(failures=3, rest=30, tick=lambda: now))
    for _ in range(3):
        with pytest.raises(RegisterUnavailable, match="down"):
            await port.person(question())
    assert calls == 6  # each tried twice
    for _ in range(20):
        with pytest.raises(RegisterUnavailable, match="circuit-open"):
            await port.person(question())
    assert calls == 6
    now = 31.0
    with pytest.raises(RegisterUnavailable, match="down"):
        await port.person(question())  # the trial
    with pytest.raises(RegisterUnavailable, match="circuit-open"):
        await port.person(question())
    up, now = True, 62.0
    assert (await port.person(question())).found is None
    assert (await port.person(question())).found is None  # closed again


async def test_while_one_trial_is_under_way_nobody_else_is_let_through() -> None:
    now = 0.0
    circuit = Circuit(failures=1, rest=30, tick=lambda: now)
    circuit.failed()
    now = 31.0
    assert [circuit.lets_through() for _ in range(3)] == [True, False, False]


async def test_only_so_many_ask_at_once() -> None:
    under_way = most = 0

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.02)
            under_way -= 1
            return httpx.Response(200, json={"person": None})

    port = HttpPopulation(Neighbour("population_db", "http://register.test", within=PATIENT, transport=Slow()))
    await asyncio.gather(*(port.person(question()) for _ in range(40)))
    assert most == 8


async def test_the_bytes_of_another_document_are_none(simulated: Simulated) -> None:
    neighbour = Neighbour(
        "results_repository",
        "http://r.test",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"x")),
    )
    with pytest.raises(RegisterUnavailable, match="unreadable"):
        await HttpResults(neighbour, 1024).document(question(), "ab" * 32)


async def test_neither_number_nor_answer_gets_into_a_log_or_an_address() -> None:
    seen: list[httpx.Request] = []
    told = {"person": {"number": AN, "name": "CANARY", "sex": "CANARY"}}

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=told)

    port, _ = answering(respond)
    with structlog.testing.capture_logs() as logged, pytest.raises(RegisterUnavailable) as failed:
        await port.person(question())
    assert logged
    said = json.dumps(logged, default=repr) + "".join(traceback.format_exception(failed.value))
    assert "CANARY" not in said
    assert AN not in said
    assert all(AN not in str(request.url) for request in seen)
