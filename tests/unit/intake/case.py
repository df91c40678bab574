"""A dossier of intake brought to any state by what is done and heard, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.component.intake.papers import agency_of, filing

from dossier_intake import handlers
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.filing.checks import Checked, Filing, check_filing
from dossier_intake.filing.persons import Way
from dossier_intake.policy import POLICY
from dossier_intake.state import State
from dossier_local.memory import Author
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.events import EventData, Part
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier, New

CATALOGUE = Catalogue.load_packaged()
AGENCY = agency_of()
CENTRE = "X-H19-PVHCC"
KEY = b"of these tests alone"
AT = parse_instant("2026-06-01T02:00:00.000000Z")  # a Monday, 9:00 in Vietnam
PAPER = "ab" * 32
NUMBER, OTHERS_NUMBER = "075090123456", "001099012345"


def who(role: str, sub: str = "", agency: str | None = None, person: str | None = None) -> Principal:
    return Principal(sub or role, frozenset({role}), agency, sub or role, person)


CITIZEN, HELPER = who("citizen"), who("agent")
COUNTER = who("counter", agency=AGENCY)


def checked(principal: Principal = CITIZEN, *, bulk: bool = False, demanded: bool = False, **changes: Any) -> Checked:
    """With whatever papers its channel demands."""
    whole = filing(**changes)
    papers = CATALOGUE.procedure(whole["procedure"]).demanded(whole["channel"])
    whole["documents"] = [{"code": paper.code, "id": PAPER} for paper in papers]
    files = {PAPER: {"type": "application/pdf", "size": 9, "name": "giấy.pdf"}}
    wish = Filing.model_validate(whole)
    POLICY.demand(principal, "file", {"agency": wish.agency, "assurance": 1}, Context(CATALOGUE))
    return check_filing(CATALOGUE, wish, files, principal, AT.date(), Way(AT, bulk, KEY, demanded))


class Case:
    def __init__(self, principal: Principal = CITIZEN, **changes: Any) -> None:
        self.rules = handlers.rules(lambda: CATALOGUE)
        self.dossier: Dossier[State] = Dossier("d-1")
        self._authors: dict[str, Author] = {}
        self.agency = changes.get("agency", AGENCY)
        self.does(handlers.submit_dossier(checked(principal, **changes), f"{AGENCY}-20260601-0000001", AT, CATALOGUE))

    @property
    def state(self) -> State:
        return self.dossier.state

    def does(self, news: Sequence[New], at: datetime = AT) -> Case:
        for new in news:
            journal.record(
                self.rules,
                self.dossier,
                new,
                time=instant(at),
                recorded=instant(at),
                agency=self.state.get("agency", self.agency),
                actor="counter:c",
            )
        return self

    def accepted(self) -> Case:
        POLICY.demand(COUNTER, "accept", self.state)
        return self.does(handlers.accept_dossier(self.state, AT, CATALOGUE))

    def hears(self, source: str, data: EventData, sealed: Part | None = None, **heard: int) -> list[str]:
        """What it records in answer."""
        author = self._authors.setdefault(source, Author(source, "d-1", agency=self.state["agency"], at=instant(AT)))
        before = self.dossier.seq
        assert journal.hear(self.rules, self.dossier, author.says(data, sealed, heard=heard), AT, instant(AT))
        return [entry["type"] for entry in self.dossier.journal[before:]]
