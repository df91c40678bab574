"""The part `remove` of a catalogue file: what is to go, named by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dossier_intake.catalogue.finding import Finding
from dossier_intake.rules.calendars import Text
from dossier_shared.vocabulary.codes import CatalogueCode as Code
from dossier_shared.vocabulary.moments import Day
from dossier_shared.vocabulary.yaml import Place

Meant = Callable[[Any], bool]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemovedVersion(_Part):
    """Every version of a procedure, or one; with `documents`, only these papers of it."""

    code: Code
    valid_from: Day | None = None
    documents: tuple[Code, ...] = ()


class RemovedDays(_Part):
    days_off: tuple[Day, ...] = ()
    working_days: tuple[Day, ...] = ()
    legal_basis: tuple[Text, ...] = ()


class Removal(_Part):
    """The part `remove` of a file: what is to go."""

    agencies: tuple[Code, ...] = ()
    procedures: tuple[RemovedVersion, ...] = ()
    calendar: RemovedDays = RemovedDays()


def removed(kept: dict[str, Any], wanted: Any, findings: list[Finding]) -> None:
    """Takes it out of `kept`, in place; what is not there to be removed is a finding."""
    try:
        removal = Removal.model_validate(wanted)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False, include_input=False):
            said = error.get("ctx", {})
            name = ".".join(map(str, error["loc"]))
            vi = said.get(
                "vi",
                f"{name} chưa đúng; ghi agencies: [mã], procedures: [{{code: mã}}], calendar: {{days_off: [ngày]}}",
            )
            en = said.get("en", f"{name}: {error['msg']}")
            findings.append(Finding(("remove", *error["loc"]), "remove", f"remove: {vi}.", f"remove: {en}."))
        return
    taking = _Taking(findings)
    agencies = kept.get("agencies", [])
    for number, code in enumerate(removal.agencies):
        agencies = taking.out(agencies, _has("code", code), ("agencies", number), code)
        agencies = [_not_serving(one, code) for one in agencies]
    procedures = kept.get("procedures", [])
    for number, version in enumerate(removal.procedures):
        procedures = _without_procedure(procedures, version, number, taking)
    calendar = {**kept.get("calendar", {})}
    for name in ("days_off", "working_days"):
        for number, day in enumerate(getattr(removal.calendar, name)):
            text = day.isoformat()
            calendar[name] = taking.out(calendar.get(name, []), _has("date", text), ("calendar", name, number), text)
    for number, basis in enumerate(removal.calendar.legal_basis):
        pairs = list(calendar.get("legal_basis", {}).items())
        left = taking.out(pairs, _named(basis), ("calendar", "legal_basis", number), basis)
        calendar["legal_basis"] = dict(left)
    kept.update(agencies=agencies, procedures=procedures, calendar=calendar)


class _Taking:
    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings

    def out(self, entries: list[Any], meant: Meant, place: Place, said: str) -> list[Any]:
        left = [entry for entry in entries if not meant(entry)]
        if len(left) == len(entries):
            vi, en = f"remove: không có {said} để bỏ.", f"remove: there is no {said} to remove."
            self._findings.append(Finding(("remove", *place), "nothing-to-remove", vi, en))
        return left


def _has(name: str, value: str) -> Meant:
    return lambda entry: str(entry[name]) == value


def _named(name: str) -> Meant:
    return lambda pair: bool(pair[0] == name)


def _without_procedure(procedures: list[Any], version: RemovedVersion, number: int, taking: _Taking) -> list[Any]:
    day = version.valid_from.isoformat() if version.valid_from is not None else None

    def meant(entry: Mapping[str, Any]) -> bool:
        return entry["code"] == version.code and (day is None or str(entry.get("valid_from") or "") == day)

    left = taking.out(procedures, meant, ("procedures", number), version.code)
    if not version.documents:
        return left
    for entry in filter(meant, procedures):
        for position, paper in enumerate(version.documents):
            place = ("procedures", number, "documents", position)
            entry["documents"] = taking.out(entry.get("documents", []), _has("code", paper), place, paper)
    return procedures


def _not_serving(agency: dict[str, Any], code: str) -> dict[str, Any]:
    """A centre that served it serves the others on."""
    served = agency.get("serves") or ()
    return {**agency, "serves": [one for one in served if one != code]} if code in served else agency
