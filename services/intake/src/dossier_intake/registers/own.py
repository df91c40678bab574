"""What the State knows of who is signed in, to fill a form in before they type: for a page, and as `GET /api/v1/me/facts`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from dossier_intake.catalogue.model import Procedure
from dossier_intake.policy import POLICY
from dossier_intake.registers.asking import StateData, of_register
from dossier_intake.registers.ports import RESULTS, PersonFacts, Register
from dossier_intake.registers.questions import Questions
from dossier_intake.registers.subjects import oneself
from dossier_intake.store import Catalogues
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.events import Evidence
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.paging import CursorQuery, LimitQuery, Paged
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.vocabulary.codes import CatalogueCode
from dossier_shared.vocabulary.moments import VIETNAM

ProcedureQuery = Annotated[CatalogueCode, Query(description="Code of the procedure they are wanted for")]


class FactsView(BaseModel):
    """`outcome` other than `found`: without `facts`, and `reason` says why in a word. `question`: under which the person finds in
    `GET /api/v1/me/questions` that it was asked. `at`: of the answer, `digest`: its SHA-256."""

    source: Register
    outcome: Literal["found", "not-found", "unavailable", "not-asked"]
    reason: str | None = None
    purpose: str
    legal_basis: list[str]
    question: str | None = None
    at: str | None = None
    digest: str | None = None
    facts: PersonFacts | None = None


class QuestionView(BaseModel):
    """One time a register was asked about the person. `by`: who had it asked. `outcome` `unknown`: nobody can tell any more."""

    id: str
    source: Register
    purpose: str
    purpose_name: str | None = None
    legal_basis: list[str]
    at: str
    by: Literal["self", "helper", "counter", "post"]
    outcome: Literal["found", "not-found", "unavailable", "unknown"]


class QuestionList(Paged):
    items: list[QuestionView]


class OwnFacts:
    """For who is signed in, never for whom they name: `await own.of(who, "1.004222")`."""

    def __init__(self, data: StateData, catalogues: Catalogues, clock: Clock) -> None:
        self._data, self._catalogues, self._clock = data, catalogues, clock

    async def of(self, who: Principal, code: str) -> Evidence:
        """Answers within two seconds, whatever happens. Raises Problem where they may not ask, or there is no such procedure."""
        catalogue, day = self._catalogues.current, self._clock.now().astimezone(VIETNAM).date()
        procedure = catalogue.procedure(code, day)
        POLICY.demand(who, "file", {"agency": "", "assurance": procedure.assurance}, Context(catalogue))
        return await self._data.facts(oneself(who), procedure)

    async def papers(self, who: Principal, code: str) -> Evidence:
        """Which of the procedure's papers the repository of results has of them, valid today. As `of`."""
        catalogue, day = self._catalogues.current, self._clock.now().astimezone(VIETNAM).date()
        procedure = catalogue.procedure(code, day)
        POLICY.demand(who, "file", {"agency": "", "assurance": procedure.assurance}, Context(catalogue))
        wanted = of_register(procedure, RESULTS)
        if not wanted:
            return Evidence(
                source=RESULTS, purpose=code, legal_basis=[], papers=[], outcome="not-asked",
                reason="not-for-this-procedure",
            )  # fmt: skip
        return await self._data.confirm(oneself(who), procedure, wanted, day)

    def asks(self, who: Principal, procedure: Procedure) -> bool:
        """Whether there is anything to ask for this procedure, about this reader."""
        return not isinstance(oneself(who), str) and self._data.offers(procedure)

    def confirms(self, procedure: Procedure) -> bool:
        """Whether a paper of this procedure may be taken from the repository of results, which is asked when it is sent."""
        return self._data.repository is not None and bool(of_register(procedure, RESULTS))


def own_facts_router(own: OwnFacts, questions: Questions, catalogues: Catalogues) -> APIRouter:
    api = APIRouter(prefix="/api/v1/me")

    @api.get("/facts", responses=answers(FactsView))
    async def facts(request: Request, procedure: ProcedureQuery) -> Response:
        """Asked of the population database now, of the number in the token. It says what became of that, and refuses nothing."""
        who = await authenticate(request, *POLICY.roles("ask-about-oneself"))
        return _own(facts_view(await own.of(who, procedure)))

    @api.get("/questions", responses=answers(QuestionList))
    async def asked(request: Request, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        """Which registers were asked about oneself, the newest first."""
        who = await authenticate(request, *POLICY.roles("see-vault"))
        found, onward = await questions.of(who.person, limit, cursor) if who.person else ([], None)
        return _own({"items": [question_view(one, catalogues) for one in found], "next": onward})

    return api


def _own(body: dict[str, Any]) -> Response:
    answer = json_response(body)
    answer.headers["cache-control"] = "private, no-store"
    return answer


def facts_view(evidence: Evidence) -> dict[str, Any]:
    said = evidence.model_dump(mode="json", exclude={"papers", "results", "facts"})
    view = {name: value for name, value in said.items() if value not in (None, "")}
    return {**view, "facts": evidence.facts} if evidence.outcome == "found" else view


def question_view(one: dict[str, Any], catalogues: Catalogues) -> dict[str, Any]:
    view = {name: one[name] for name in ("source", "purpose", "legal_basis", "by", "outcome")}
    versions = catalogues.current.procedures.get(one["purpose"], ())
    named = {"purpose_name": versions[0].name_vi} if versions else {}
    return {"id": one["_id"], **view, **named, "at": instant(one["at"])}
