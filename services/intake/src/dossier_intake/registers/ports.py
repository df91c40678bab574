"""What a register is asked and what it answers. Pure.

A question says for whom, for which procedure and by which law. An answer is only what is certain: whatever else happens (no
connection, too slow, nonsense, somebody else's data) is RegisterUnavailable, and nobody's filing waits for it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from dossier_shared.vocabulary.codes import CatalogueCode, Sha256
from dossier_shared.vocabulary.moments import Day
from dossier_shared.vocabulary.text import Human

Register = Literal["population_db", "results_repository"]
POPULATION: Final = "population_db"
RESULTS: Final = "results_repository"
Line = Annotated[str, Human(500, lines=False)]
Answered = TypeVar("Answered")


class RegisterUnavailable(ConnectionError):
    """`args[0]` is a word: `timeout`, `down`, `busy`, `refused`, `circuit-open`, `unreadable`, `too-large`, `other-person`."""

    @property
    def reason(self) -> str:
        return str(self.args[0])


class Question(NamedTuple):
    """`number`: the person's. `reference`: ours, under which it is logged on both sides."""

    number: str
    purpose: str
    legal_basis: tuple[str, ...]
    reference: str


class Answer(NamedTuple, Generic[Answered]):
    """`found` None: the register has nobody, or nothing, of that number. `digest`: SHA-256 of the bytes as they came."""

    found: Answered | None
    digest: str


class _Told(BaseModel):
    """Fields we do not know are for others."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PersonFacts(_Told):
    name: Line
    date_of_birth: Day | None = None
    sex: Literal["male", "female"] | None = None
    residence: Line | None = None
    household_head: Line | None = None


class HeldResult(_Told):
    """A result of another office that the person holds. `code`: of the paper it stands for, as catalogues have it."""

    code: CatalogueCode
    name: Line
    number: Annotated[str, Human(200, lines=False)]
    issued_by: Line
    valid_from: Day | None = None
    valid_until: Day | None = None
    sha256: Sha256

    def valid_on(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)


class PopulationDatabase(Protocol):
    async def person(self, question: Question) -> Answer[PersonFacts]:
        """Raises RegisterUnavailable."""
        ...

    async def aclose(self) -> None: ...


class ResultsRepository(Protocol):
    async def results(self, question: Question) -> Answer[list[HeldResult]]:
        """Raises RegisterUnavailable."""
        ...

    async def document(self, question: Question, sha256: str) -> bytes | None:
        """Of a result that the person holds, and nothing but the bytes of that hash. Raises RegisterUnavailable."""
        ...

    async def aclose(self) -> None: ...
