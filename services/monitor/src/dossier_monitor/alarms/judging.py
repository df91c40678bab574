"""Which alarms to raise and which to clear. Pure: rules, what is seen now, what is remembered -> changes.

Every kind answers measures: per subject one value of which more is worse. Raised at `raise_at` once that has held, cleared
at `clear_at`: what lies between changes nothing (hysteresis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from dossier_monitor.alarms.observation import AgencyFigures, Observation
from dossier_monitor.alarms.rules import OF_SERVICES, Rule
from dossier_monitor.alarms.working_hours import working_hours
from dossier_shared.clock import instant
from dossier_shared.vocabulary.moments import Works

SOME = 5  # codes of dossiers an alarm names
_QUARTERS = 4  # of the window of a growing stage: it must have grown in each


class Measure(NamedTuple):
    """`value` None: not known this time."""

    subject: str
    agency: str
    value: float | None
    figures: Mapping[str, Any] = {}


class Raised(NamedTuple):
    rule: Rule
    measure: Measure
    agency: AgencyFigures | None

    @property
    def id(self) -> str:
        return alarm_id(self.rule.id, self.measure.subject)


class Cleared(NamedTuple):
    """`rule` None: the rule it was raised by is gone."""

    id: str
    rule: Rule | None
    value: float


class Still(NamedTuple):
    """Raised, and remains so; its figures now."""

    id: str
    measure: Measure


Change = Raised | Cleared | Still


@dataclass(slots=True)
class Standing:
    """An alarm that is raised, as stored."""

    rule: str
    subject: str
    agency: str = ""
    value: float = 0.0


@dataclass(slots=True)
class Memory:
    """What judging needs of before. `raised` and `acknowledged` are given anew each time; the rest is judging's own.

    The rest is not stored: after a restart what must hold for a while is waited for again.
    """

    raised: dict[str, Standing] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(
        default_factory=dict
    )  # alarm -> dead letters there were when a person saw them
    holding: dict[str, datetime] = field(default_factory=dict)  # alarm -> since when its threshold is reached
    samples: dict[tuple[str, str], list[tuple[datetime, int]]] = field(
        default_factory=dict
    )  # rule, subject -> the window


def alarm_id(rule: str, subject: str) -> str:
    return f"{rule}:{subject}"


def judge(rules: Sequence[Rule], seen: Observation, memory: Memory) -> list[Change]:
    agencies = {agency.code: agency for agency in seen.agencies or ()}
    changes: list[Change] = []
    known = {rule.id for rule in rules}
    for id_, standing in memory.raised.items():
        if standing.rule not in known:
            changes.append(Cleared(id_, None, 0.0))
    for rule in rules:
        measures = _KINDS[rule.kind](rule, seen, memory)
        if measures is None:
            continue
        by_subject = {measure.subject: measure for measure in measures}
        if rule.kind not in OF_SERVICES:  # an agency of which there is nothing to say any more is well
            for standing in memory.raised.values():
                if standing.rule == rule.id and standing.subject not in by_subject:
                    by_subject[standing.subject] = Measure(standing.subject, standing.agency, 0.0)
        for measure in by_subject.values():
            change = _judged(rule, measure, seen.wall if rule.kind in OF_SERVICES else seen.now, agencies, memory)
            if change is not None:
                changes.append(change)
    return changes


def _judged(
    rule: Rule, measure: Measure, now: datetime, agencies: Mapping[str, AgencyFigures], memory: Memory
) -> Change | None:
    id_, value = alarm_id(rule.id, measure.subject), measure.value
    if value is None:
        return None
    if id_ in memory.raised:
        memory.holding.pop(id_, None)
        return Cleared(id_, rule, value) if value <= rule.clear_at else Still(id_, measure)
    if value < rule.raise_at:
        memory.holding.pop(id_, None)
        return None
    since = min(memory.holding.get(id_, now), now)  # a clock that went back begins anew
    memory.holding[id_] = since
    if now - since < timedelta(minutes=rule.hold):
        return None
    del memory.holding[id_]
    return Raised(rule, measure, agencies.get(measure.agency))


# -- kinds: None where nothing can be said this time -------------------------------------------------------------------

Measures = Iterable[Measure] | None


def _judged_agencies(rule: Rule, seen: Observation) -> list[AgencyFigures] | None:
    if seen.agencies is None:
        return None
    within = rule.within
    return [a for a in seen.agencies if within is None or a.code == within or within in a.above]


def _late_share(rule: Rule, seen: Observation, _: Memory) -> Measures:
    agencies = _judged_agencies(rule, seen)
    if agencies is None:
        return None
    return [
        Measure(a.code, a.code, round(a.late / a.open, 4), {"open": a.open, "late": a.late})
        for a in agencies
        if a.open >= max(rule.at_least, 1)
    ]


def _growing_stage(rule: Rule, seen: Observation, memory: Memory) -> Measures:
    agencies = _judged_agencies(rule, seen)
    if agencies is None:
        return None
    found = []
    for agency in agencies:
        for stage, count in agency.stages.items():
            subject = f"{agency.code}:{stage}"
            if count >= rule.at_least or (rule.id, subject) in memory.samples:
                grown = _growth(rule, subject, count, seen.now, memory)
                figures = {"stage": stage, "in_hand": count, "grown": grown, "minutes": rule.window}
                found.append(Measure(subject, agency.code, grown, figures))
    return found


def _growth(rule: Rule, subject: str, count: int, now: datetime, memory: Memory) -> float | None:
    """More than a window ago: None until it has been watched for so long, 0 where it paused or the stage is small again."""
    window = timedelta(minutes=rule.window or 0)
    samples = memory.samples.get((rule.id, subject), [])
    if samples and not timedelta(0) <= now - samples[-1][0] <= window:  # the clock has jumped: nobody watched meanwhile
        samples = []
    if not samples or now - samples[-1][0] >= window / _QUARTERS:
        samples = [*samples, (now, count)][-_QUARTERS - 1 :]
    if count < rule.at_least and not any(before >= rule.at_least for _, before in samples):
        memory.samples.pop((rule.id, subject), None)
        return 0.0
    memory.samples[rule.id, subject] = samples
    if len(samples) <= _QUARTERS:
        return None
    if alarm_id(rule.id, subject) not in memory.raised:
        paused = any(later[1] <= earlier[1] for earlier, later in pairwise(samples))
        if paused or count < rule.at_least:
            return 0.0
    return float(max(0, count - samples[0][1]))


def _silent_agency(rule: Rule, seen: Observation, _: Memory) -> Measures:
    agencies = _judged_agencies(rule, seen)
    if agencies is None:
        return None
    return [
        Measure(
            a.code,
            a.code,
            None if a.last_event is None else _silence(a.last_event, seen.now, rule.clear_at, seen.works(a.code)),
            {"open": a.own_open, "last_event": instant(a.last_event) if a.last_event else None},
        )
        for a in agencies
        if a.own_open >= max(rule.at_least, 1)
    ]


def _silence(since: datetime, now: datetime, little: float, works: Works) -> float:
    """Working hours; of a silence so short that it changes nothing, the hours will do."""
    elapsed = (now - since).total_seconds() / 3600
    return round(elapsed if 0 <= elapsed <= little else working_hours(since, now, works), 2)


def _stalled(rule: Rule, seen: Observation, _: Memory) -> Measures:
    agencies, found = _judged_agencies(rule, seen), seen.stalled.get(rule.id)
    if agencies is None or found is None:
        return None
    judged = {agency.code for agency in agencies}
    return [
        Measure(code, code, float(s.count), {"count": s.count, "codes": list(s.codes), "since": s.since})
        for code, s in found.items()
        if code in judged
    ]


def _emergency(rule: Rule, seen: Observation, _: Memory) -> Measures:
    agencies = _judged_agencies(rule, seen)
    if agencies is None:
        return None
    found = ((a.code, seen.emergencies.get(a.code, ())) for a in agencies)
    return [
        Measure(code, code, float(len(codes)), {"count": len(codes), "codes": list(codes[:SOME])})
        for code, codes in found
        if codes
    ]


def _dead_letters(rule: Rule, seen: Observation, memory: Memory) -> Measures:
    found = []
    for service, total in seen.dead_letters.items():
        before = memory.acknowledged.get(alarm_id(rule.id, service), 0.0)
        new = total - before if total >= before else total  # a topic made anew counts from its beginning
        found.append(Measure(service, "", float(new), {"total": total, "new": new}))
    return found


def _of_services(name: str, unit: str) -> Callable[[Rule, Observation, Memory], Measures]:
    def measures(_: Rule, seen: Observation, __: Memory) -> Measures:
        found: Mapping[str, float] = getattr(seen, name)
        return [Measure(service, "", float(value), {unit: value}) for service, value in found.items()]

    return measures


_KINDS: dict[str, Callable[[Rule, Observation, Memory], Measures]] = {
    "late-share": _late_share,
    "growing-stage": _growing_stage,
    "silent-agency": _silent_agency,
    "stalled": _stalled,
    "emergency": _emergency,
    "parked": _of_services("parked", "events"),
    "hearing": _of_services("hearing", "stopped"),
    "dead-letters": _dead_letters,
    "lag": _of_services("lag", "events"),
    "behind": _of_services("behind", "minutes"),
}
