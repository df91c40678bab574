"""What becomes of an alarm: its events, how its state follows from them, and the steps that record them. Pure.

An alarm is a journalled document of the core, one per rule and subject: one guarded write holds state, journal and outbox.
`term` counts the evaluators: who lost the lease writes nothing over what a later one decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from typing_extensions import TypedDict

from dossier_monitor.alarms.judging import Cleared, Raised, Still
from dossier_monitor.alarms.rules import OF_SERVICES
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import AlarmAcknowledged, AlarmCleared, AlarmRaised, EventData, NoteSealed
from dossier_shared.journal.dossier import CoreState, Dossier, New, Rules, record
from dossier_shared.journal.steps import Decide, Moment, Step

_ABOUT: Final = (
    "rule",
    "kind",
    "subject",
    "number",
    "severity",
    "name_vi",
    "name_en",
    "agency_name",
    "overseers",
    "told",
)


class Acknowledged(TypedDict):
    """`by`: subject of the person who has seen it."""

    by: str
    at: str
    note: str


class State(CoreState, total=False):
    """An alarm, raised the `number`th time. `agency` is empty where it concerns a service."""

    rule: str
    kind: str
    subject: str
    number: int
    severity: str
    name_vi: str
    name_en: str
    agency_name: str
    overseers: list[str]
    told: list[str]
    status: Literal["raised", "cleared"]
    since: str
    raised_at: str
    value: float | None
    threshold: float
    figures: dict[str, Any]
    acknowledged: Acknowledged | None
    term: int
    seen: int  # of dead letters: how many there were when somebody acknowledged them


def evolve(state: State, event: Event) -> State:
    data = event.data
    if event.type == "alarm-raised":
        kept: Any = {name: value for name, value in state.items() if name in ("term", "seen")}
        raised: State = {
            "rule": data["rule"],
            "kind": data["kind"],
            "subject": data["subject"],
            "number": data["number"],
            "severity": data["severity"],
            "name_vi": data["name_vi"],
            "name_en": data["name_en"],
            "agency_name": data["agency_name"],
            "overseers": data["overseers"],
            "told": data["told"],
            "agency": event.agency,
            "status": "raised",
            "since": event.time,
            "raised_at": event.time,
            "value": data["value"],
            "threshold": data["threshold"],
            "figures": data["figures"],
            "acknowledged": None,
        }
        return {**kept, **raised}
    if event.type == "alarm-cleared":
        return {
            **state,
            "status": "cleared",
            "since": event.time,
            "value": data["value"],
            "threshold": data["threshold"],
        }
    note = event.open().get("note") or ""
    state = {**state, "acknowledged": {"by": event.actor.partition(":")[2], "at": event.time, "note": note}}
    if state["kind"] == "dead-letters":
        state["seen"] = state["figures"].get("total", 0)  # those that come later raise it again
    return state


RULES = Rules(source="monitor", evolve=evolve)


def raising(raised: Raised, now: datetime, term: int) -> Step:
    rule, measure, agency = raised

    def step(dossier: Dossier[State], moment: Moment) -> None:
        if _outdated(dossier.state, term) or dossier.state.get("status") == "raised":
            return
        above = agency.above if agency else ()
        data = AlarmRaised(
            rule=rule.id,
            kind=rule.kind,
            subject=measure.subject,
            number=dossier.state.get("number", 0) + 1,
            severity=rule.severity,
            name_vi=rule.name.vi,
            name_en=rule.name.en,
            agency_name=agency.name if agency else "",
            overseers=list(above),
            told=_told(rule.told, measure.agency, above),
            value=measure.value or 0.0,
            threshold=rule.raise_at,
            figures=dict(measure.figures),
        )
        _record(dossier, moment, data, now, measure.agency, term)

    return step


def clearing(cleared: Cleared, now: datetime, term: int) -> Step:
    def step(dossier: Dossier[State], moment: Moment) -> None:
        state = dossier.state
        if _outdated(state, term) or state.get("status") != "raised":
            return
        data = AlarmCleared(
            **_about(state),
            value=cleared.value,
            threshold=cleared.rule.clear_at if cleared.rule else 0.0,
            raised_at=state["raised_at"],
        )
        _record(dossier, moment, data, now, state["agency"], term)

    return step


def refreshing(still: Still, term: int) -> Step:
    """New figures of an alarm that stays raised are no event."""
    value, figures = still.measure.value, dict(still.measure.figures)

    def step(dossier: Dossier[State], _: Moment) -> None:
        state = dossier.state
        if _outdated(state, term) or state.get("status") != "raised":
            return
        dossier.state = {**state, "value": value, "figures": figures or state["figures"], "term": term}
        dossier.touched = True

    return step


def acknowledging(note: str, number: int) -> Decide[State]:
    """For `Ledger.step`: who comes second, or too late for this `number`, changes nothing."""

    def decide(dossier: Dossier[State]) -> Sequence[New]:
        state = dossier.state
        if state["number"] != number or state["acknowledged"]:
            return ()
        about = AlarmAcknowledged(**_about(state))
        return [New(about, NoteSealed(note=note))]

    return decide


def _about(state: State) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name in _ABOUT}


def at_of(kind: str, now: datetime, wall: datetime) -> datetime:
    """Agencies live by the board's clock, services by the wall's."""
    return wall if kind in OF_SERVICES else now


def _told(whom: Sequence[str], agency: str, above: Sequence[str]) -> list[str]:
    found = {"agency": [agency], "above": list(above[:1]), "operators": ["operators"]}
    return [code for name in whom for code in found[name] if code]


def _outdated(state: State, term: int) -> bool:
    return int(state.get("term", 0)) > term


def _record(dossier: Dossier[State], moment: Moment, data: EventData, now: datetime, agency: str, term: int) -> None:
    record(
        RULES, dossier, New(data),
        time=instant(now), recorded=moment.recorded, agency=agency, actor=f"rule:{RULES.source}",
    )  # fmt: skip
    dossier.state = {**dossier.state, "term": term}
