"""Who may do what: for every verb, role and relation to the dossier what a service answers, and the table of what it should.

An answer is the status and the problem's code: `200`, `403 forbidden`. The table writes the two that are everywhere shorter.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI
from tests.component.desks import TrustingVerifier, officer
from tests.unit.review.support import AGENCY, ASKED

from dossier_shared.http.policy import Policy
from dossier_shared.http.problems import install_problems

from .stages import ABOVE, BELOW, CENTRE, FILER, HOLDER, PERSON, SIBLING, Act

ROLES = ("citizen", "agent", "counter", "specialist", "leader", "superior", "admin", "auditor")
OUTSIDE = ("citizen", "agent")  # they work for no agency
# What the account is to the dossier: its subject and its agency.
RELATIONS: Mapping[str, tuple[str, str | None]] = {
    "own": (HOLDER, AGENCY),
    "same": ("another", AGENCY),
    "asked": ("another", ASKED),
    "sibling": ("another", SIBLING),
    "below": ("another", BELOW),
    "above": ("another", ABOVE),
    "none": ("another", None),
    "filer": (FILER, AGENCY),
    "person": ("another", AGENCY),
    "centre": ("another", CENTRE),
    "filer asked": (FILER, ASKED),
    "emergency": ("another", SIBLING),
    "helper": (FILER, None),
    "helper ended": (FILER, None),
    "helper withdrawn": (FILER, None),
}
# What the dossier then says of the consent by which it was filed for somebody else.
CONSENTS: Mapping[str, Mapping[str, str]] = {
    "helper": {"consent_until": "2099-01-01T00:00:00.000000Z"},
    "helper ended": {"consent_until": "2025-07-02T00:00:00.000000Z"},
    "helper withdrawn": {"consent_withdrawn": "2025-07-02T00:00:00.000000Z"},
}
SHORT = {"403 forbidden": "-", "404 dossier-not-found": "404"}
LONG = {short: text for text, short in SHORT.items()}
EXPECTED = Path(__file__).parent / "expected.txt"
HEAD = """\
# Who may do what: what the service answers. `-` is 403 `forbidden`, 404 is `dossier-not-found`, other refusals are written out.
# `python -m tests.access` prints the table anew. A changed cell is a changed right: read it before you put it here.
#
# The dossier is assigned to an officer of its agency and in a state in which the verb can be done. From `answer-consultation` on
# that officer has asked another agency for its opinion; but at `approve` they have appraised, and in signing they have decided,
# by a procedure that wants another leader to sign. Who asks is
#   own      that officer
#   same     another officer of its agency
#   asked    of the agency whose opinion is awaited; where none is, of an agency beside it
#   sibling  of another agency under the same one
#   below    of an agency under the dossier's
#   above    of the agency over the dossier's
#   none     an account of no agency
#   filer    the account it was filed from: a citizen's or an agent's; in another role, of an officer of its agency
#   person   the one it is about, by another account; in another role, an officer of its agency
#   centre   of the one-stop centre that took it in
#   filer asked   the account it was filed from, working at the agency asked
#   emergency     as `sibling`, with emergency access to the dossier in force
#   helper        the account it was filed from for somebody else, whose consent ends later; working nowhere
#   helper ended      the same, once that has ended
#   helper withdrawn  the same, once the person has withdrawn it
# To file is to file for the dossier's agency; an alarm is the agency's.
"""


class Cell(NamedTuple):
    service: str
    verb: str
    role: str
    relation: str


class Answer(NamedTuple):
    """`recorded`: what became of it."""

    text: str
    recorded: tuple[str, ...]


async def answers(act: Act, policy: Policy | None = None, only: Sequence[str] = ROLES) -> dict[Cell, Answer]:
    """For the accounts with one of `only`. `policy`: instead of the service's own."""
    async with served(act, policy) as http:
        return {
            Cell(act.service, act.name, role, relation): await _answer(act, http, role, relation)
            for role in only
            for relation in RELATIONS
        }


@asynccontextmanager
async def served(act: Act, policy: Policy | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.verifier, app.state.settings = TrustingVerifier(), SimpleNamespace(development=False)
    install_problems(app)
    act.store.documents = dict(act.start)
    with act.offered(policy or act.policy) as router:
        app.include_router(router)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://access.test") as http:
            yield http


async def _answer(act: Act, http: httpx.AsyncClient, role: str, relation: str) -> Answer:
    sub, agency = RELATIONS[relation]
    if relation in ("filer", "person") and role in OUTSIDE:
        agency = None
    about, opened = PERSON if relation == "person" else "", code_of(act) if relation == "emergency" else ""
    before = act.store.documents = started(act, relation)
    headers = {
        **officer(sub, role, agency=agency, person=about, emergency=opened),
        "idempotency-key": "k",
    }
    response = await http.post(act.path, json=act.body, headers=headers)
    told = response.json()
    status, problem = response.status_code, told
    if "items" in told:
        (item,) = told["items"]
        status, problem = item["status"], item.get("problem", {})
    if status >= 400:
        assert act.store.documents == before, "what is refused is not written"
        return Answer(f"{status} {problem['code']}", ())
    return Answer(str(status), tuple(_recorded(act)))


def started(act: Act, relation: str) -> dict[str, dict[str, Any]]:
    consent = CONSENTS.get(relation, {})
    return {id_: {**one, "state": {**one["state"], **consent}} for id_, one in act.start.items()}


def code_of(act: Act) -> str:
    """Of the dossier; of what has none, one that there is not."""
    return next((str(document["state"].get("code", "none")) for document in act.start.values()), "none")


def _recorded(act: Act) -> Iterable[str]:
    for id_, document in act.store.documents.items():
        known = len(act.start[id_]["journal"]) if id_ in act.start else 0
        for entry in document["journal"][known:]:
            yield entry["type"]


def table(cells: Mapping[Cell, str]) -> str:
    """A line per verb and role, a column per relation; a blank line after each verb."""
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for cell, text in cells.items():
        rows.setdefault(cell[:3], {})[cell.relation] = SHORT.get(text, text)
    lines = [("service", "verb", "role", *RELATIONS)]
    lines += [(*row, *(told.get(relation, "?") for relation in RELATIONS)) for row, told in rows.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told: list[str] = []
    verb: tuple[str, ...] = ()
    for line in lines:
        if line[:2] != verb:
            told.append("")
        verb = line[:2]
        told.append("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return HEAD + "\n".join(told) + "\n"


@cache
def expected() -> Mapping[Cell, str]:
    lines = [
        re.split(r"\s{2,}", line) for line in EXPECTED.read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    head, *rows = lines
    return {
        Cell(row[0], row[1], row[2], relation): LONG.get(text, text)
        for row in rows
        for relation, text in zip(head[3:], row[3:], strict=True)
    }


def differences(computed: Mapping[Cell, str], wanted: Mapping[Cell, str]) -> list[str]:
    """A line for each cell that is not as it should be."""
    return [
        f"{' '.join(cell)}: {computed.get(cell, 'not there')}, expected {wanted.get(cell, 'nothing')}"
        for cell in sorted({*computed, *wanted})
        if computed.get(cell) != wanted.get(cell)
    ]


def check(computed: Mapping[Cell, str], wanted: Mapping[Cell, str]) -> None:
    """Fails with every cell that differs."""
    found = differences(computed, wanted)
    assert not found, "\n".join([f"{len(found)} cells are not as expected:", *found])
