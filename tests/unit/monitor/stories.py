"""Dossiers' lives, made up: chained events of all four services, in the order in which each service recorded them."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import orjson

from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import GENESIS, Event, chain_hash

START = datetime(2026, 11, 16, 1, tzinfo=UTC)
AGENCIES = {
    "X-H19-25217": ["H19"],
    "X-H19-25220": ["H19"],
    "H19.151.11": ["H19.151", "H19"],
    "X-H19-25308-CA": ["000.00.34.H19", "G01"],
}
PROCEDURES = ("1.001193", "1.000894", "1.004222")


class Chain:
    """Events as their writers would record them. `recorded` is now, unless told."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Event] = {}

    def event(
        self,
        dossier: str,
        source: str,
        kind: str,
        at: datetime,
        agency: str = "X-H19-25217",
        data: dict[str, Any] | None = None,
        sealed: dict[str, Any] | None = None,
        recorded: datetime | None = None,
    ) -> Event:
        before = self._last.get((dossier, source))
        body = orjson.dumps(sealed) if sealed is not None else None
        event = Event(
            dossier=dossier,
            source=source,
            seq=before.seq + 1 if before else 1,
            type=kind,
            time=instant(at),
            recorded=instant(recorded or datetime.now(UTC)),
            agency=agency,
            actor="counter:c1",
            portal=4,
            heard={},
            data=data or {},
            sealed=body,
            sealed_hash=sha256(body).hexdigest() if body is not None else None,
            previous=before.hash if before else GENESIS,
        )
        event.hash = chain_hash(event)
        self._last[dossier, source] = event
        return event


def _papers(dossier: str) -> dict[str, list[str]]:
    """Some procedures have papers that offices hold, and some of these are taken from there."""
    held = [] if dossier.endswith(("1", "4")) else ["P1", "P2"]
    return {"reusable": held, "reused": held[:1] if dossier.endswith(("2", "3", "7")) else []}


def life(chain: Chain, dossier: str, random: Random) -> list[Event]:
    """One dossier's, which may end anywhere."""
    agency, procedure = random.choice(list(AGENCIES)), random.choice(PROCEDURES)
    facts = {
        "code": f"000.17.22.H19-261116-{dossier}",
        "procedure": procedure,
        "procedure_name": "Đăng ký khai sinh",
        "agency_name": f"Cơ quan {agency}",
        "overseers": AGENCIES[agency],
        "result_kind": "decision",
        "owner": "owner-1",
    }
    at = START + timedelta(minutes=random.randrange(3000))
    due = at + timedelta(hours=random.choice((8, 24, 48)))
    story: list[Event] = []

    def add(source: str, kind: str, data: dict[str, Any] | None = None, sealed: dict[str, Any] | None = None) -> None:
        nonlocal at
        at += timedelta(minutes=random.randrange(1, 900))
        story.append(chain.event(dossier, source, kind, at, agency, data, sealed))

    add(
        "intake", "submitted",
        {**facts, **_papers(dossier), "catalogue": "1", "channel": random.choice(("online", "direct"))},
        {"applicant": {"name": "A"}},
    )  # fmt: skip
    end = random.randrange(10)
    if end == 0:
        return story
    if end == 1:
        add("intake", "refused", {}, {"reason": "thiếu giấy tờ"})
        return story
    add("intake", "accepted", {"appointment": instant(due), "lines": []})
    if end == 2:
        return story
    add("review", "appraised", {"proposal": "approve"})
    if random.random() < 0.3:
        add("review", "returned", {}, {"reason": "bổ sung"})
        if end == 3:
            return story
        add("review", "appraised", {"proposal": "approve"})
    if end == 4:
        return story
    outcome = random.choice(("approved", "approved", "rejected"))
    add("review", outcome, {**facts, "appointment": instant(due)}, {"holder": "A"})
    if end == 5:
        return story
    add("signing", "signing-requested", {"reference": dossier, "number": "1"})
    file = None if dossier.endswith(("3", "6")) else "0" * 64  # some results are on paper only
    add(
        "signing", "signed", {"reference": dossier, "number": "1", "kind": "decision", "outcome": outcome, "file": file}
    )
    if end == 6:
        return story
    add(
        "notify", "message-requested", {"reference": dossier, "kind": "result", "channel": "sms"},
        {"to": "+84900000000", "text": "x"},
    )  # fmt: skip
    add("notify", "message-sent", {"reference": dossier, "provider_id": "1"})
    add("notify", "delivered", {"how": "online", "informed": True})
    return story


def lives(count: int, seed: int) -> list[list[Event]]:
    random, chain = Random(seed), Chain()
    return [life(chain, f"D{seed:04d}{number:05d}", random) for number in range(count)]


def recount(events: list[Event], now: str) -> dict[str, dict[str, int]]:
    """The board by agency, told from the events by the plainest means: no marks, no cells, nothing of the service's code."""
    told: dict[str, dict[tuple[str, int], Event]] = defaultdict(dict)
    for event in events:
        told[event.dossier][event.source, event.seq] = event
    board: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for story in told.values():
        kinds = {event.type: event for event in story.values()}
        row = board[next(iter(story.values())).agency]
        row["filed"] += "submitted" in kinds
        for kind in ("accepted", "refused", "approved", "rejected", "signed", "delivered"):
            row[kind] += kind in kinds
        ended = "refused" in kinds or "delivered" in kinds
        row["open"] += not ended
        due = kinds["accepted"].data["appointment"] if "accepted" in kinds else None
        if "signed" in kinds and due:
            row["on_time" if kinds["signed"].time <= due else "ended_late"] += 1
        elif due and not ended and due < now:
            row["late"] += 1
        row["messages"] += sum(event.type == "message-sent" for event in story.values())
        if not ended:
            turns = sorted((e.seq, e.type) for e in story.values() if e.type in ("appraised", "returned"))
            if "signed" in kinds:
                step = "delivery"
            elif "approved" in kinds or "rejected" in kinds:
                step = "signing"
            elif turns:
                step = "approval" if turns[-1][1] == "appraised" else "appraisal"
            else:
                step = "appraisal" if "accepted" in kinds else "submitted"
            row[f"stage:{step}"] += 1
    return {agency: dict(row) for agency, row in board.items()}
