"""What the State holds is asked, not the person: before they type, at filing, and only about who may have it asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from tests.component.desks import officer
from tests.component.intake.beside_registers import (
    AN,
    BIRTH,
    CITIZEN,
    CONSENT,
    COUNTER,
    HANH,
    NOTICE,
    OTHER,
    URLS,
    State,
    beside,
    person,
)
from tests.component.intake.papers import filing

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.simulation.papers import scan
from dossier_local.stack import Stack


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of a question is not to depend on how busy the machine is."""
    monkeypatch.setattr("dossier_intake.registers.http.WITHIN", 60.0)


@pytest.fixture
async def state(stack: Stack, inspectors: Inspectors) -> AsyncIterator[State]:
    async with beside(stack, inspectors, **URLS) as made:
        yield made


async def test_one_s_own_facts_are_asked_with_purpose_and_law_and_logged(state: State) -> None:
    answer = await state.facts(CITIZEN)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    view = answer.json()
    assert (view["outcome"], view["facts"]["name"], view["facts"]["household_head"]) == (
        "found",
        "Nguyễn Văn An",
        "Nguyễn Văn Thành",
    )
    [asked] = state.registers.asked
    assert (asked.number, asked.purpose, asked.reference) == (AN, BIRTH, view["question"])
    assert "07/2025/NĐ-CP" in asked.legal_basis
    [line] = await state.questions(CITIZEN)
    assert (line["id"], line["source"], line["purpose"], line["outcome"], line["by"]) == (
        view["question"], "population_db", BIRTH, "found", "self",
    )  # fmt: skip
    assert line["purpose_name"] == "Đăng ký khai sinh"
    assert await state.questions(OTHER) == []


async def test_facts_are_nobody_else_s(state: State) -> None:
    for who, status in ((COUNTER, 403), (officer("agent", "agent", agency=None), 403), ({}, 401)):
        assert (await state.facts(who)).status_code == status
    without = await state.facts(officer("nobody", "citizen", agency=None))
    assert (without.json()["outcome"], without.json()["reason"]) == ("not-asked", "no-number")
    assert (await state.facts(CITIZEN, "9.999999")).json()["code"] == "procedure-unknown"
    named = await state.desk.http.get(f"/api/v1/me/facts?procedure={BIRTH}&number={HANH}", headers=CITIZEN)
    assert all(asked.number == AN for asked in state.registers.asked)
    assert named.status_code in (200, 400, 422)


async def test_what_the_procedure_does_not_need_is_not_asked(state: State) -> None:
    answer = await state.facts(CITIZEN, "2.000815")  # certified copies
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("not-asked", "not-for-this-procedure")
    assert state.registers.asked == []


async def test_a_filing_keeps_the_answers_as_evidence_and_its_papers_need_not_come(state: State) -> None:
    answer = await state.file(CITIZEN)
    evidence = await state.evidence(answer)
    facts, results = evidence["population_db"], evidence["results_repository"]
    assert (facts["outcome"], facts["facts"]["residence"][:5]) == ("found", "Tổ 4,")
    assert "G15-KQ004946" in facts["papers"]
    assert (results["outcome"], [one["number"] for one in results["results"]]) == ("found", ["0471/GCS-2026"])
    for one in evidence.values():
        assert (one["purpose"], len(one["digest"])) == (BIRTH, 64)
        assert one["at"].endswith("Z")
        assert "07/2025/NĐ-CP" in one["legal_basis"]
    assert {line["id"] for line in await state.questions(CITIZEN)} == {facts["question"], results["question"]}
    stored = await state.desk.stored(answer.json()["id"])
    assert stored["journal"][0]["data"]["reused"] == [NOTICE]
    assert "household_head" not in str(stored["state"])


async def test_a_repeated_filing_asks_nobody_again(state: State) -> None:
    first = await state.file(CITIZEN, key="once")
    asked = len(state.registers.asked)
    again = await state.file(CITIZEN, key="once")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert (len(state.registers.asked), asked) == (2, 2)


async def test_a_result_that_nobody_holds_must_come_as_a_file(state: State) -> None:
    refused = await state.file(OTHER, HANH)
    assert (refused.status_code, refused.json()["code"]) == (422, "result-not-held")
    assert refused.json()["errors"][0]["path"] == "/reused/0"
    upload = await state.desk.http.post(
        "/api/v1/documents", headers={**OTHER, "content-type": "application/pdf"}, content=scan("notice", 1)
    )
    brought = await state.file(OTHER, HANH, documents=[{"code": NOTICE, "id": upload.json()["id"]}])
    assert set(await state.evidence(brought)) == {"population_db"}


async def test_one_no_longer_valid_is_not_held(state: State) -> None:
    person = state.registers.people[AN]
    notice = person.results[0].model_copy(update={"valid_until": "2026-05-21"})
    state.registers.people = {AN: person.model_copy(update={"results": [notice]})}
    refused = await state.file(CITIZEN)
    assert (refused.status_code, refused.json()["code"]) == (422, "result-not-held")


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"unavailable": 100}, "down"),
        ({"garbage": 100}, "unreadable"),
        ({"other_person": 100}, "other-person"),
        ({"huge_bytes": 300_000}, "too-large"),
    ],
)
async def test_a_neighbour_that_fails_stops_nobody_s_filing(
    state: State, behaviour: dict[str, int], reason: str
) -> None:
    state.behave(**behaviour)
    evidence = await state.evidence(await state.file(CITIZEN))
    for one in evidence.values():
        assert (one["outcome"], one["reason"], one["facts"], one["results"]) == ("unavailable", reason, {}, [])
    assert {line["outcome"] for line in await state.questions(CITIZEN)} == {"unavailable"}
    assert (await state.facts(CITIZEN)).json()["outcome"] == "unavailable"


async def test_of_another_it_is_asked_by_their_consent_only_and_told_to_them(state: State) -> None:
    agent = officer("u-agent", "agent", agency=None)
    silent = await state.evidence(await state.file(agent, HANH))
    assert {one["reason"] for one in silent.values()} == {"no-consent"}
    assert state.registers.asked == []
    agreed = await state.evidence(await state.file(agent, HANH, consent=CONSENT))
    assert agreed["population_db"]["facts"]["name"] == "Trần Thị Thu Hạnh"
    # taken all the same: whoever claims a consent learns nothing of what another holds
    assert agreed["results_repository"]["outcome"] == "not-found"
    assert {line["by"] for line in await state.questions(OTHER)} == {"helper"}
    assert await state.questions(CITIZEN) == []


async def test_a_number_that_is_typed_opens_nothing(state: State) -> None:
    """Whoever has no number in their token and types another's is not that person."""
    nameless = officer("u-new", "citizen", agency=None)
    evidence = await state.evidence(await state.file(nameless))
    assert {one["outcome"] for one in evidence.values()} == {"not-asked"}
    assert state.registers.asked == []


async def test_a_batch_asks_nobody(state: State) -> None:
    agent = officer("u-agent", "agent", agency=None)
    body = {"items": [{"key": "one", "filing": filing(BIRTH, reused=[NOTICE], consent=CONSENT)}]}
    answer = await state.desk.post("/api/v1/dossiers:batch", agent, body)
    assert answer.json()["items"][0]["status"] == 201, answer.text
    assert state.registers.asked == []


async def vault(state: State, who: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = await state.desk.http.get(f"/api/v1/me/papers{query}", headers=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def brought(state: State, who: dict[str, str], number: str, **changes: Any) -> str:
    """Uploads a birth notice and files with it; answers its hash."""
    upload = await state.desk.http.post(
        "/api/v1/documents?name=giay-chung-sinh.pdf",
        headers={**who, "content-type": "application/pdf"},
        content=scan(f"notice of {number}", 1),
    )
    papers = [{"code": NOTICE, "id": upload.json()["id"]}]
    answer = await state.file(who, number, documents=papers, **changes)
    assert answer.status_code == 201, answer.text
    return str(upload.json()["id"])


async def test_the_vault_has_what_one_handed_in_and_it_is_named_again_by_its_hash(state: State) -> None:
    notice = await brought(state, CITIZEN, AN)
    again = await state.file(CITIZEN, documents=[{"code": NOTICE, "id": notice}])
    [paper] = (await vault(state, CITIZEN))["papers"]
    assert (paper["sha256"], paper["file_name"], paper["reusable"]) == (notice, "giay-chung-sinh.pdf", True)
    assert paper["name"].startswith("Giấy chứng sinh")
    assert paper["handed_in"][0] == again.json()["code"]
    assert len(paper["handed_in"]) == 2
    content = await state.desk.http.get(f"/api/v1/dossiers/{paper['dossier']}/documents/{paper['n']}", headers=CITIZEN)
    assert content.status_code == 200


async def test_nobody_else_s_papers_are_in_it_nor_named_again(state: State) -> None:
    """A helper files for another: it is the other's vault, and the helper's upload."""
    helper = officer("u-agent", "citizen", agency=None, person=person(AN), number=AN)
    notice = await brought(state, helper, HANH, consent=CONSENT)
    assert (await vault(state, helper))["papers"] == []
    [paper] = (await vault(state, OTHER))["papers"]
    assert (paper["sha256"], paper["reusable"]) == (notice, False)
    stolen = await state.file(OTHER, HANH, documents=[{"code": NOTICE, "id": notice}])
    assert (stolen.status_code, stolen.json()["code"]) == (422, "document-unknown")
    assert (await state.desk.http.get("/api/v1/me/papers", headers=COUNTER)).status_code == 403


async def test_the_repository_is_asked_for_the_vault_only_when_it_is_wished(state: State) -> None:
    quiet = await vault(state, CITIZEN)
    assert (quiet["repository"], state.registers.asked) == ({"outcome": "not-asked", "results": []}, [])
    told = (await vault(state, CITIZEN, "?repository=true"))["repository"]
    assert [(one["code"], one["valid"]) for one in told["results"]] == [(NOTICE, True), ("G15-KQ003785", False)]
    [line] = await state.questions(CITIZEN)
    assert (line["source"], line["purpose"], "purpose_name" in line) == ("results_repository", "own-papers", False)
    nameless = officer("nobody", "citizen", agency=None)
    assert (await vault(state, nameless, "?repository=true"))["repository"]["outcome"] == "not-asked"


async def test_the_page_shows_papers_and_what_was_asked(state: State) -> None:
    await brought(state, CITIZEN, AN)
    for lang, words in (
        ("vi", ("Giấy tờ của tôi", "Cơ sở dữ liệu quốc gia về dân cư", "Do chính bạn", "Dùng lại được")),
        ("en", ("My papers", "The national population database", "Asked by yourself", "Can be used again")),
    ):
        page = await state.desk.page(f"/papers?lang={lang}", CITIZEN)
        for word in (*words, "Đăng ký khai sinh", "giay-chung-sinh.pdf", "07/2025/NĐ-CP"):
            assert word in page
        held = await state.desk.page(f"/papers?lang={lang}&repository=1", CITIZEN)
        assert "0471/GCS-2026" in held
    assert "giay-chung-sinh.pdf" not in await state.desk.page("/papers", OTHER)


async def test_what_was_asked_goes_with_the_person(state: State) -> None:
    for who in (CITIZEN, OTHER):
        await state.facts(who)
    await state.desk.runtime.purging.purge(f"{person(AN)}@long-khanh")
    assert await state.questions(CITIZEN) == []
    assert len(await state.questions(OTHER)) == 1


async def test_facts_are_sealed_in_the_database_and_in_no_log(stack: Stack, inspectors: Inspectors) -> None:
    async with beside(stack, inspectors, personal_data="encrypted", **URLS) as state:
        canary = "Ngõ Chim Hoàng Yến 77"
        known = state.registers.people[AN]
        state.registers.people[AN] = known.model_copy(update={"residence": canary, "household_head": canary})
        with structlog.testing.capture_logs() as logged:
            answer = await state.file(CITIZEN)
            assert (await state.evidence(answer))["population_db"]["facts"]["residence"] == canary
            await state.facts(CITIZEN)
        assert canary not in json.dumps(logged, default=repr, ensure_ascii=False)
        db = state.desk.runtime.db
        for name in await db.list_collection_names():
            for document in await db[name].find({}).to_list(None):
                assert canary not in repr(document), name
                assert name != "questions" or AN not in repr(document)
        assert canary not in (await state.desk.http.get("/metrics")).text


async def test_without_registers_it_is_as_before(stack: Stack, inspectors: Inspectors) -> None:
    async with beside(stack, inspectors) as state:
        assert await state.evidence(await state.file(CITIZEN)) == {}
        off = (await state.facts(CITIZEN)).json()
        assert (off["outcome"], off["reason"]) == ("not-asked", "off")
        assert await state.questions(CITIZEN) == []
