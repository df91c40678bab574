"""Makes a small register in the shape of the permit log: same columns, same habits. Deterministic; for tests and trials."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from dossier_local.simulation import rhythm

COLUMNS = (
    "case", "channel", "department", "deadline", "startdate", "enddate", "enddate_planned",
    "responsible", "activity", "resource", "timestamp",
)  # fmt: skip
CHANNELS = {"Internet": 784, "Desk": 102, "Post": 51, "e-mail": 18, "Intern": 1}
DEPARTMENTS = {"General": 925, "Customer contact": 17, "Experts": 14}
CONFIRMED = (
    "Confirmation of receipt", "T02 Check confirmation of receipt", "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
)  # fmt: skip
APPRAISED, APPROVED = "T06 Determine necessity of stop advice", "T10 Determine necessity to stop indication"
INTERN = "T07-1 Draft intern advice aspect 1"
ASKED = "T08 Draft and send request for advice"
RECEIVED = tuple(f"T09-{n} Process or receive external advice from party {n}" for n in (1, 2, 3, 4))
HELD = (
    "T16 Report reasons to hold request",
    "T17 Check report Y to stop indication",
    "T19 Determine report Y to stop indication",
    "T20 Print report Y to stop indication",
)
AFTER = (
    "T11 Create document X request unlicensed",
    "T15 Print document X request unlicensed",
)
BEGIN = datetime(2010, 10, 4, tzinfo=UTC)


def make_register(path: Path, cases: int = 120, seed: int = 1) -> None:
    """Writes CSV: some cases single and open, some late, some appraised more than once, half by one resource."""
    rng, office = random.Random(seed), rhythm.Office.usual()  # noqa: S311 - a simulation
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n, first in enumerate(rhythm.arrivals(cases, BEGIN.date(), 40, office, rng)):
            allowed = timedelta(days=rng.choice((20, 30, 40, 50, 70, -5 if rng.random() < 0.2 else 40)))
            deadline = datetime.combine((first + allowed).date(), time(0), UTC)
            who = f"Resource{rng.randrange(1, 46):02d}"
            events = _events(first, allowed, who, rng)
            common = [
                f"case-{n:04d}", _pick(CHANNELS, rng), _pick(DEPARTMENTS, rng), deadline.isoformat(sep=" "),
                first.isoformat(sep=" "), events[-1][2].isoformat(sep=" "), deadline.isoformat(sep=" "), who,
            ]  # fmt: skip
            for activity, resource, at in events:
                writer.writerow([*common, activity, resource, at.isoformat(sep=" ")])


def _events(first: datetime, allowed: timedelta, who: str, rng: random.Random) -> list[tuple[str, str, datetime]]:
    other, at = f"Resource{rng.randrange(1, 46):02d}", first
    events = [(CONFIRMED[0], who, at)]
    if rng.random() < 0.075:
        return events
    limit = abs(allowed)

    def add(activity: str, after: timedelta, resource: str = who) -> None:
        nonlocal at
        at += after + timedelta(seconds=1 + rng.randrange(240), milliseconds=rng.randrange(1000))
        events.append((activity, resource, at))

    for activity in CONFIRMED[1:]:
        add(activity, timedelta(0))
    for _ in range(rng.choices((1, 2, 3, 7), (880, 40, 20, 4))[0]):
        add(APPRAISED, limit * _share("appraisal", rng))
        if rng.random() < 0.12:
            add(INTERN, timedelta(hours=rng.randrange(1, 72)), other)
        if rng.random() < 0.05:
            add(ASKED, timedelta(hours=rng.randrange(1, 72)))
            for received in rng.sample(RECEIVED, rng.choice((1, 1, 4))):
                add(received, timedelta(hours=rng.randrange(1, 72)))
            add(APPRAISED, timedelta(minutes=5))
    if rng.random() < 0.98:
        same = rng.random() < 0.95
        add(APPROVED, limit * _share("decision", rng), who if same else other)
        if rng.random() < 0.05:
            for activity in HELD:
                add(activity, timedelta(minutes=10))
        if rng.random() < 0.3:
            add(rng.choice(AFTER), limit * _share("after_decision", rng), other)
    return events


def _share(stage: str, rng: random.Random) -> float:
    register = rhythm.figures()["register"]
    return min(rhythm.sample((register["levels"], register["share_of_limit"][stage]), rng.random()), 3.0)


def _pick(weights: dict[str, int], rng: random.Random) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
