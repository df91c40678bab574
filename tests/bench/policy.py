"""`python -m tests.bench.policy`: microseconds per decision of each service's table; a limit of 50 is held by a test."""

from __future__ import annotations

import sys
from time import process_time
from timeit import repeat
from types import SimpleNamespace
from typing import Any

from dossier_intake.policy import POLICY as INTAKE
from dossier_review.policy import POLICY as REVIEW
from dossier_shared.http.policy import Context, Policy
from dossier_shared.http.tokens import Principal
from dossier_shared.runtime.directory import Directory
from dossier_signing.policy import POLICY as SIGNING

STATE = {
    "code": "H19.1-1", "agency": "H19.1", "received_at": "H19.9", "owner": "citizen", "person": "p-1", "status": "in_review",
    "stage": "approval", "appraised_by": "specialist", "assigned_to": "specialist", "overseers": ["H19"], "thread": [],
    "filed_by": {"sub": "citizen", "kind": "self"},
}  # fmt: skip
DIRECTORY = Directory()
ASKED: dict[str, tuple[Policy, str, Principal, Any]] = {
    "review approve, allowed": (REVIEW, "approve", Principal("l", frozenset({"leader"}), "H19.1"), DIRECTORY),
    "review approve, four eyes": (REVIEW, "approve", Principal("specialist", frozenset({"leader"}), "H19.1"), DIRECTORY),
    "review read, from above": (REVIEW, "read", Principal("s", frozenset({"superior"}), "H19"), DIRECTORY),
    "intake read-papers, a stranger": (
        INTAKE, "read-papers", Principal("x", frozenset({"citizen", "leader", "counter"}), "H20", person="p-2"), None,
    ),
    "signing read, the person": (
        SIGNING, "read", Principal("x", frozenset({"citizen"}), None, person="p-1"), SimpleNamespace(directory=DIRECTORY),
    ),
}  # fmt: skip
TIMES = 20_000


def measured() -> dict[str, float]:
    """CPU, the best of five runs each."""
    found = {}
    for name, (policy, action, who, world) in ASKED.items():
        context = Context(world)

        def decide(policy: Policy = policy, action: str = action, who: Principal = who, at: Context = context) -> None:
            policy.decide(who, action, STATE, at)

        found[name] = min(repeat(decide, timer=process_time, number=TIMES, repeat=5)) / TIMES * 1e6
    return found


if __name__ == "__main__":
    for name, taken in measured().items():
        sys.stdout.write(f"{name:<34}{taken:6.2f} µs\n")
