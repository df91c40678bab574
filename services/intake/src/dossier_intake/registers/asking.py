"""Asks the registers about a person: logs the question for them first, and always comes back with an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from dossier_intake.catalogue.model import Procedure
from dossier_intake.metrics import REGISTER_QUESTIONS
from dossier_intake.registers.ports import (
    POPULATION,
    RESULTS,
    Answer,
    HeldResult,
    PersonFacts,
    PopulationDatabase,
    Question,
    Register,
    RegisterUnavailable,
    ResultsRepository,
)
from dossier_intake.registers.questions import By, Questions
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.events import Evidence

OWN_PAPERS: Final = "own-papers"  # purpose of who looks what the repository has of them


class Subject(NamedTuple):
    """Whom a question is about: `person` is the pseudonym of `number`. `by`: who has it asked."""

    number: str
    person: str
    by: By = "self"


NotAsked = Literal["no-number", "no-consent", "organisation"]
"""Why nobody may be asked about."""


class StateData:
    """What the State holds, for who files. A port that is None is off."""

    def __init__(
        self,
        questions: Questions,
        clock: Clock,
        population: PopulationDatabase | None = None,
        repository: ResultsRepository | None = None,
    ) -> None:
        self.questions, self._clock = questions, clock
        self.population, self.repository = population, repository

    def asks(self, procedure: Procedure, handed_in: Collection[str], reused: Collection[str]) -> bool:
        """Whether a filing has anything asked: else it costs nothing."""
        return bool(
            (self.population and of_register(procedure, POPULATION, handed_in))
            or (self.repository and confirmable(procedure, handed_in, reused))
        )

    def offers(self, procedure: Procedure) -> bool:
        """Whether who fills its form in may have anything asked."""
        return bool(
            (self.population and of_register(procedure, POPULATION))
            or (self.repository and of_register(procedure, RESULTS))
        )

    async def facts(self, subject: Subject | NotAsked, procedure: Procedure, papers: Collection[str] = ()) -> Evidence:
        """Of the population database. `papers`: that need not be brought for it."""
        told = _evidence(POPULATION, procedure.code, procedure.legal_basis, papers)
        if self.population is None:
            return told("not-asked", reason="off")
        if not of_register(procedure, POPULATION):
            return told("not-asked", reason="not-for-this-procedure")
        if isinstance(subject, str):
            return told("not-asked", reason=subject)
        asked = await self._ask(POPULATION, subject, procedure.code, procedure.legal_basis, self.population.person)
        return told(**asked.said(), facts=_plain(asked.found) if asked.found is not None else {})

    async def confirm(
        self, subject: Subject | NotAsked, procedure: Procedure, papers: Collection[str], day: date
    ) -> Evidence:
        """Whether the repository of results has, valid on that day, what `papers` (codes) are to be taken from there."""
        told = _evidence(RESULTS, procedure.code, procedure.legal_basis, papers)
        if self.repository is None:
            return told("not-asked", reason="off")
        if isinstance(subject, str):
            return told("not-asked", reason=subject)
        asked = await self._ask(RESULTS, subject, procedure.code, procedure.legal_basis, self.repository.results)
        if asked.reason:
            return told(**asked.said())
        held = [one for one in asked.found or () if one.code in papers and one.valid_on(day)]
        whole = {one.code for one in held} >= set(papers)
        said = asked.said() | {"outcome": "found" if whole else "not-found"}
        return told(**said, results=[_plain(one) for one in held])

    async def results(self, subject: Subject) -> tuple[str, list[HeldResult]]:
        """Outcome, and all that the repository has of the person, for themselves."""
        if self.repository is None:
            return "not-asked", []
        asked = await self._ask(RESULTS, subject, OWN_PAPERS, (), self.repository.results)
        return asked.outcome, asked.found or []

    async def at_filing(
        self,
        subject: Subject | NotAsked,
        procedure: Procedure,
        handed_in: Collection[str],
        reused: Collection[str],
        day: date,
    ) -> list[Evidence]:
        """Asked side by side. `handed_in`, `reused`: codes of papers."""
        wanted = []
        if self.population and (papers := of_register(procedure, POPULATION, handed_in)):
            wanted.append(self.facts(subject, procedure, papers))
        if self.repository and (papers := confirmable(procedure, handed_in, reused)):
            wanted.append(self.confirm(subject, procedure, papers, day))
        return list(await asyncio.gather(*wanted))

    async def aclose(self) -> None:
        for port in (self.population, self.repository):
            if port is not None:
                await port.aclose()

    async def _ask(
        self,
        register: Register,
        subject: Subject,
        purpose: str,
        legal_basis: tuple[str, ...],
        ask: Callable[[Question], Awaitable[Answer[Any]]],
    ) -> _Asked:
        at = self._clock.now()
        id_ = await self.questions.begin(subject.person, register, purpose, legal_basis, subject.by, at)
        try:
            answer = await ask(Question(subject.number, purpose, legal_basis, id_))
        except RegisterUnavailable as why:
            asked = _Asked(id_, "unavailable", why.reason)
        else:
            outcome = "not-found" if answer.found is None else "found"
            asked = _Asked(id_, outcome, "", answer.found, answer.digest, instant(self._clock.now()))
        REGISTER_QUESTIONS.labels(register, asked.outcome).inc()
        await self.questions.end(id_, asked.outcome)
        return asked


class _Asked(NamedTuple):
    id: str
    outcome: str
    reason: str
    found: Any = None
    digest: str | None = None
    at: str | None = None

    def said(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome, "reason": self.reason, "question": self.id, "digest": self.digest, "at": self.at,
        }  # fmt: skip


def of_register(procedure: Procedure, register: Register, without: Collection[str] = ()) -> list[str]:
    """Codes of the procedure's papers that this register stands for."""
    return [
        paper.code for paper in procedure.documents if paper.reusable_from == register and paper.code not in without
    ]


def confirmable(procedure: Procedure, handed_in: Collection[str], reused: Collection[str]) -> list[str]:
    """Of the papers that are to be taken from the repository, those that do not come as files all the same."""
    return [code for code in of_register(procedure, RESULTS, handed_in) if code in reused]


def _evidence(
    register: Register, purpose: str, legal_basis: tuple[str, ...], papers: Collection[str]
) -> Callable[..., Evidence]:
    def told(outcome: str, **more: Any) -> Evidence:
        return Evidence(
            source=register,
            purpose=purpose,
            legal_basis=list(legal_basis),
            papers=list(papers),
            outcome=outcome,
            **more,
        )

    return told


def _plain(found: PersonFacts | HeldResult) -> dict[str, Any]:
    return found.model_dump(mode="json", exclude_none=True)
