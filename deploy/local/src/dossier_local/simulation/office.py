"""A register told as stories: who filed, accepted, asked and answered, appraised, approved and signed, and when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from dossier_local.errors import StackError
from dossier_local.simulation.client import Account
from dossier_local.simulation.papers import VARIANTS
from dossier_local.simulation.people import commune_of, fill, person
from dossier_local.simulation.plan import ASSIGN, SIGN, Step, Story, in_order
from dossier_local.simulation.register import Case, Entry, Mapping
from dossier_local.simulation.week import demanded
from dossier_shared.clock import instant

Json = dict[str, Any]
OFFICER = ("counter", "specialist", "leader")  # in a small office one person is all of them


def tell(cases: Sequence[Case], mapping: Mapping, procedures: Sequence[Json], agencies: Sequence[Json]) -> list[Story]:
    """Pure and the same every time; applicants are made up, the register names none."""
    procedure = next((p for p in procedures if p["code"] == mapping.procedure), None)
    agency = next((a for a in agencies if a["code"] == mapping.agency), None)
    if procedure is None or agency is None or mapping.agency not in procedure["agencies"]:
        raise StackError(
            f"The catalogue has no procedure {mapping.procedure} at agency {mapping.agency}; name others in the mapping file."
        )
    if unknown := {case.channel for case in cases} - mapping.channels.keys():
        raise StackError(f"The mapping file does not say what channel {', '.join(sorted(unknown))} is.")
    return [_story(case, mapping, procedure, agency) for case in cases]


def _story(case: Case, mapping: Mapping, procedure: Json, agency: Json) -> Story:
    rng = random.Random(case.id)  # noqa: S311 - a simulation
    applicant, commune = person(rng), commune_of(agency["name_vi"])
    channel, first = mapping.channels[case.channel], case.entries[0].at
    desk = _officer(case.responsible, mapping)
    citizen = Account(f"applicant-{case.id}", ("citizen",), None, applicant.name)
    examples = (procedure.get("form") or {}).get("examples") or [{}]
    filing = {
        "procedure": procedure["code"],
        "agency": mapping.agency,
        "channel": channel,
        "applicant": {
            "name": applicant.name, "citizen_id": applicant.citizen_id, "phone": applicant.phone,
            "address": f"{commune}, Đồng Nai",
        },
        "form": fill(examples[0], applicant, commune, rng),
    }  # fmt: skip
    papers = [(paper["code"], rng.randrange(VARIANTS)) for paper in demanded(procedure, channel)]
    filed = Step(first, "file", citizen if channel == "online" else desk, filing)
    accepted = Step(first, "accept", desk, {"appointment": instant(case.deadline)})
    assigned = Step(first, ASSIGN, desk, {"officer": case.responsible})
    steps = in_order([filed, accepted, assigned, *_rest(case, mapping)])
    return Story(f"replay-{case.id}", mapping.agency, filed, papers, steps[1:])


def _rest(case: Case, mapping: Mapping) -> list[Step]:
    """What is not told otherwise is a note."""
    entries = case.entries[1:]
    approval = next((n for n, e in enumerate(entries) if e.activity.startswith(mapping.approval)), None)
    before = entries if approval is None else entries[:approval]
    appraisals = [n for n, e in enumerate(before) if e.activity.startswith(mapping.appraisal)]
    decided = _decided(entries, appraisals[-1], approval, mapping) if appraisals else {}
    told = _consulted(entries[: min(decided, default=0)], mapping)
    at_last, held = list[Step](), _hold(entries, mapping)
    if held is not None:
        asked, answered = held
        told[asked] = _step(entries[asked], mapping, "request-supplement", text=entries[asked].activity)
        told[answered] = _step(entries[answered], mapping, "supplement", text=entries[answered].activity)
        if min(decided, default=answered) < answered:  # it was not decided yet
            at_last = [replace(step, at=entries[answered].at) for step in decided.values()]
    if not at_last:
        told |= decided
    steps = []
    for n, entry in enumerate(entries):
        note = {"text": f"{entry.activity} ({entry.resource})"}
        steps.append(told.get(n) or _step(entry, mapping, "note", **note))
        if held is not None and n == held[1]:
            steps += at_last
    if appraisals and approval is not None:
        signer = _officer(entries[approval].resource, mapping)
        steps.append(Step(case.entries[-1].at + timedelta(microseconds=1), SIGN, signer))
    return steps


def _decided(entries: Sequence[Entry], appraisal: int, approval: int | None, mapping: Mapping) -> dict[int, Step]:
    """By their place."""
    steps = {appraisal: _step(entries[appraisal], mapping, "appraise", proposal="approve")}
    if approval is not None:
        by = _approver(entries[approval], entries[appraisal], mapping)
        steps[approval] = Step(entries[approval].at, "approve", by)
    return steps


def _consulted(entries: Sequence[Entry], mapping: Mapping) -> dict[int, Step]:
    """By their place: each request for advice that was answered, and its answers. What has no partner is not there."""
    found, advice, questions = dict[int, Step](), mapping.advice, 0
    if advice is None:
        return found
    requests = [n for n, entry in enumerate(entries) if entry.activity.startswith(advice.asked)]
    for request, end in pairwise([*requests, len(entries)]):
        answers = dict[str, int]()  # where each agency's came
        for n in range(request + 1, end):
            for adviser in advice.advisers:
                if entries[n].activity.startswith(adviser.answered):
                    answers.setdefault(adviser.agency, n)
        if answers:
            body = {"agencies": list(answers), "question": entries[request].activity}
            asked = _step(entries[request], mapping, "consult", **body)
            found[request] = replace(asked, events=len(answers))
        for n in answers.values():
            questions += 1
            body = {"answer": entries[n].activity, "id": f"q{questions}"}
            found[n] = _step(entries[n], mapping, "answer-consultation", **body)
    return found


def _hold(entries: Sequence[Entry], mapping: Mapping) -> tuple[int, int] | None:
    """The places where the case is held, and where it goes on; None where one of them is missing."""
    if mapping.hold is None:
        return None
    asked = next((n for n, e in enumerate(entries) if e.activity.startswith(mapping.hold.asked)), len(entries))
    ends = [n for n in range(asked, len(entries)) if entries[n].activity.startswith(mapping.hold.answered)]
    return (asked, ends[-1]) if ends else None


def _step(entry: Entry, mapping: Mapping, action: str, **body: Any) -> Step:
    return Step(entry.at, action, _officer(entry.resource, mapping), body)


def _approver(entry: Entry, appraised: Entry, mapping: Mapping) -> Account:
    same = entry.resource == appraised.resource
    return _officer(mapping.deputy if same else entry.resource, mapping)


def _officer(resource: str, mapping: Mapping) -> Account:
    who = person(random.Random(resource), (1960, 1990))  # noqa: S311 - the same name in every run
    return Account(resource, OFFICER, mapping.agency, who.name)
