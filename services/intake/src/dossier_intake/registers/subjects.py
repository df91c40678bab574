"""About whom a register may be asked: who is signed in, by the number in their token; another only by their consent. Pure."""

from __future__ import annotations

from dossier_intake.filing.checks import Checked
from dossier_intake.registers.asking import NotAsked, Subject
from dossier_intake.registers.questions import By
from dossier_intake.state import State, consent_ended
from dossier_shared.http.tokens import Principal


def oneself(who: Principal) -> Subject | NotAsked:
    """A number that somebody typed is no proof of who asks."""
    return Subject(who.number, who.person) if who.person and who.number else "no-number"


def of_filing(checked: Checked, who: Principal) -> Subject | NotAsked:
    """Whom it is about, where that is who files, or has let them file."""
    applicant, data = checked.sealed.applicant, checked.submitted("")
    if applicant.kind == "organisation":
        return "organisation"
    if not checked.person or not applicant.citizen_id:
        return "no-number"
    kind = data.filed_by.kind if data.filed_by else "self"
    if kind == "self":
        return oneself(who) if who.person == checked.person else "no-number"
    if data.consent is None:
        return "no-consent"
    return Subject(applicant.citizen_id, checked.person, _by(kind))


def of_dossier(state: State, person: str, now: str) -> Subject | NotAsked:
    """Whom a register is asked again about: nobody but `person`, who was asked about at filing, and while the consent lives."""
    applicant = state["applicant"]
    number = applicant.get("citizen_id")
    if not person or state.get("person") != person or not number:
        return "no-number"  # it was corrected, or the person is erased
    if consent_ended(state, now):
        return "no-consent"
    return Subject(number, person, _by(state.get("filed_by", {"kind": "self"})["kind"]))


def _by(kind: str) -> By:
    return "self" if kind == "self" else "counter" if kind == "counter" else "post" if kind == "post" else "helper"
