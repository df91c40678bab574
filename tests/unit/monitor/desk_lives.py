"""Lives of dossiers in which everything happens that the lifecycle allows: completed, handed over, sent back, withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.lifecycle import ENDED, TABLE, after

from .stories import AGENCIES, START, Chain

_RARELY = {"withdrawn", "withdrawal-granted", "stopped", "refused"}  # ends what has hardly begun
_SELDOM = {"noted", "message-requested", "message-sent", "message-failed", "extended", "extension-requested"}
_PEOPLE = {"counter": ("c1", "c2"), "specialist": ("s1", "s2", "s3"), "leader": ("l1", "l2")}


class _Life:
    def __init__(self, random: Random, chain: Chain, dossier: str) -> None:
        self.random, self.chain, self.dossier = random, chain, dossier
        self.agency = random.choice(list(AGENCIES))
        self.at = START + timedelta(minutes=random.randrange(3000))
        self.story: list[Event] = []
        self.asked: list[str] = []  # opinions not in yet

    def add(self, kind: str, source: str, roles: frozenset[str]) -> dict[str, Any]:
        self.at += timedelta(minutes=self.random.choice((0, self.random.randrange(1, 900))))
        data = self._data(kind)
        event = self.chain.event(self.dossier, source, kind, self.at, self.agency, data)
        who = self.random.choice(sorted(roles & _PEOPLE.keys()) or ["rule"])
        event.actor = f"{who}:{self.random.choice(_PEOPLE.get(who, ('r',)))}"
        event.heard = {e.source: e.seq for e in self.story if e.source != source}
        self.story.append(event)
        if kind == "handed-over":
            self.agency = data["to"]
        return data

    def _data(self, kind: str) -> dict[str, Any]:
        filing = {
            "procedure": "1.000894", "overseers": AGENCIES[self.agency], "code": "c", "result_kind": "decision", "owner": "o",
        }  # fmt: skip
        match kind:
            case "submitted":
                return {**filing, "channel": "online"}
            case "approved" | "rejected":
                return {**filing, **self._promise(self.at)}
            case "accepted" | "supplement-received" | "payment-confirmed" | "rescheduled":
                return self._promise(self.at)
            case "assigned":
                return {"officer": self.random.choice(_PEOPLE["specialist"])}
            case "consultation-requested":
                self.asked.append(f"q{len(self.story)}")
                return {"agency": "X", "id": self.asked[-1]}
            case "consultation-answered" | "consultation-withdrawn":
                answered = self.asked.pop(self.random.randrange(len(self.asked)))
                return {"agency": "X", "id": answered, "awaited": len(self.asked)}
            case "request-withdrawn":
                self.asked.clear()
                return {"what": "consultation"}
            case "handed-over":
                to = self.random.choice([code for code in AGENCIES if code != self.agency])
                return {"to": to, "agency_name": to, "overseers": AGENCIES[to]}
        return {}

    def _promise(self, at: datetime) -> dict[str, Any]:
        return {"appointment": instant(at + timedelta(hours=self.random.choice((1, 8, 30, 90, 200)))), "lines": []}


def desk_life(random: Random, chain: Chain, dossier: str = "d") -> list[Event]:
    """It may end anywhere."""
    life, state = _Life(random, chain, dossier), "draft"
    for _ in range(random.randrange(1, 40)):
        moves = [
            move for move in TABLE if state in move.before and (move.event not in _RARELY or random.random() < 0.15)
        ]
        moves = [move for move in moves if move.event not in _SELDOM or random.random() < 0.3]
        if state in ENDED or not moves:
            break
        move = random.choice(moves)
        state = after(state, move.event, life.add(move.event, move.source, move.roles))
    return life.story


def mingled(story: list[Event], random: Random) -> list[Event]:
    """In another order of the sources: each by itself stays as it was."""
    by_source = {source: [e for e in story if e.source == source] for source in {e.source for e in story}}
    mixed: list[Event] = []
    while any(by_source.values()):
        mixed.append(by_source[random.choice(sorted(s for s, left in by_source.items() if left))].pop(0))
    return mixed
