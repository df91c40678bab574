"""A register told as stories: who filed, accepted, noted, appraised, approved and signed, and when; who is responsible has it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
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
    entries = case.entries[1:]
    approval = next((n for n, e in enumerate(entries) if e.activity.startswith(mapping.approval)), None)
    before = entries if approval is None else entries[:approval]
    appraisals = [n for n, e in enumerate(before) if e.activity.startswith(mapping.appraisal)]
    appraisal = appraisals[-1] if appraisals else None
    if appraisal is None:
        approval = None  # nothing to approve
    steps = []
    for n, entry in enumerate(entries):
        if n == appraisal:
            steps.append(Step(entry.at, "appraise", _officer(entry.resource, mapping), {"proposal": "approve"}))
        elif n == approval and appraisal is not None:
            steps.append(Step(entry.at, "approve", _approver(entry, entries[appraisal], mapping)))
        else:
            text = {"text": f"{entry.activity} ({entry.resource})"}
            steps.append(Step(entry.at, "note", _officer(entry.resource, mapping), text))
    if approval is not None:
        signer = _officer(entries[approval].resource, mapping)
        steps.append(Step(case.entries[-1].at + timedelta(microseconds=1), SIGN, signer))
    return steps


def _approver(entry: Entry, appraised: Entry, mapping: Mapping) -> Account:
    same = entry.resource == appraised.resource
    return _officer(mapping.deputy if same else entry.resource, mapping)


def _officer(resource: str, mapping: Mapping) -> Account:
    who = person(random.Random(resource), (1960, 1990))  # noqa: S311 - the same name in every run
    return Account(resource, OFFICER, mapping.agency, who.name)
