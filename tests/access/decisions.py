"""What is neither a verb nor asked by a route that names a dossier: for each such action, role and relation what is decided.

Asked of the tables themselves, with one dossier that has everything a relation may be to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from tests.unit.review.support import AGENCY, ASKED

from dossier_intake.policy import POLICY as INTAKE
from dossier_monitor.board.board import Board
from dossier_monitor.policy import POLICY as MONITOR
from dossier_notify.policy import POLICY as NOTIFY
from dossier_review.policy import POLICY as REVIEW
from dossier_shared.http.policy import Allow, Context, Policy
from dossier_shared.http.tokens import Principal
from dossier_shared.runtime.emergencies import Emergency
from dossier_signing.policy import POLICY as SIGNING

from .matrix import CONSENTS, OUTSIDE, RELATIONS, ROLES
from .stages import ABOVE, CENTRE, CLOCK, FILER, HOLDER, PERSON, Act, directory_of, grown

EXPECTED = Path(__file__).parent / "decisions.txt"
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "intake": ("see-filed", "see-words", "print-many", "open-in-emergency", "end-emergency"),
    "review": ("see-filed", "release", "share-out", "end-delegation", "print"),
    "signing": ("see-signer", "receive-result"),
    "notify": ("see-receiver",),
    "monitor": ("see-result", "read-alarm", "watch-all", "recount"),
}
CODE = f"{AGENCY}-20250701-0000001"
HEAD = """\
# Who may do what is neither a verb nor a route that names a dossier. `+` it is allowed; else why not: `404` there is nothing of
# that name for them, others are written out. A role that has no line may do it nowhere. Relations as in expected.txt; also,
# `own` has given the delegation that is to be ended, `another` has taken the emergency access.
# `python -m tests.access decisions` prints the table anew. A changed cell is a changed right: read it before you put it here.
"""
SHORT = {"forbidden": "-", "unseen": "404"}


class Row(NamedTuple):
    service: str
    action: str
    role: str
    cells: tuple[str, ...]


class Asked(NamedTuple):
    """A service's table, and of what it is asked."""

    policy: Policy
    resource: Mapping[str, Any]
    world: Any


def asked(acts: Sequence[Act]) -> Mapping[str, Asked]:
    """By service."""
    catalogue = grown()
    directory = directory_of(catalogue)
    ended = {"giver": HOLDER, "deputy": "deputy", "subject": "another"}
    about = {
        "code": CODE, "agency": AGENCY, "overseers": [ABOVE], "owner": FILER, "person": PERSON, "received_at": CENTRE,
        "status": "awaiting_consultation", "consulted": [ASKED], "assurance": 0, **ended,
    }  # fmt: skip
    case = next(act for act in acts if act.name == "answer-consultation")
    [state] = [document["state"] for document in case.start.values()]
    return {
        "intake": Asked(INTAKE, about, catalogue),
        "review": Asked(REVIEW, {**state, "code": CODE, **ended}, directory),
        "signing": Asked(SIGNING, about, SimpleNamespace(directory=directory)),
        "notify": Asked(NOTIFY, about, directory),
        "monitor": Asked(MONITOR, about, Board(CLOCK.now, 5, 1, directory)),
    }


def rows(service: str, about: Asked, policy: Policy | None = None, only: str | None = None) -> list[Row]:
    """`policy`: instead of the service's own. `only`: one action."""
    actions = [only] if only else ACTIONS[service]
    return [
        Row(
            service, action, role, tuple(_cell(policy or about.policy, about, action, role, name) for name in RELATIONS)
        )
        for action in actions
        for role in ROLES
    ]


def _cell(policy: Policy, about: Asked, action: str, role: str, relation: str) -> str:
    sub, agency = RELATIONS[relation]
    if relation in ("filer", "person") and role in OUTSIDE:
        agency = None
    opened = (Emergency("e-1", "", CODE, datetime(2099, 1, 1, tzinfo=UTC), ""),) if relation == "emergency" else ()
    person = PERSON if relation == "person" else None
    who = Principal(sub, frozenset({role}), agency, person=person, emergencies=opened, asked=datetime.now(UTC))
    resource = {**about.resource, **CONSENTS.get(relation, {})}
    found = policy.decide(who, action, resource, Context(about.world))
    return "+" if isinstance(found, Allow) else SHORT.get(found.reason, found.reason)


def table(found: Sequence[Row]) -> str:
    open_to = [row for row in found if set(row.cells) != {"-"}]
    lines = [("service", "action", "role", *RELATIONS), *((*row[:3], *row.cells) for row in open_to)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told: list[str] = []
    before: tuple[str, ...] = ()
    for line in lines:
        if line[:2] != before:
            told.append("")
        before = line[:2]
        told.append("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return HEAD + "\n".join(told) + "\n"
