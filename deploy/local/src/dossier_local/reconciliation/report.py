"""The outcome of a reconciliation: findings, figures, one line per source; as a table and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["lost", "doubled", "broken"]
Stage = dict[str, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """`id`: the dossier's, or the message's reference. `source`: where it is missing or stands twice."""

    kind: Kind
    source: str
    id: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.id} in {self.source}: {self.what}"


@dataclass(slots=True)
class Line:
    """What one source says; a figure it does not speak of is absent."""

    source: str
    figures: dict[str, int] = field(default_factory=dict)
    findings: int = 0


@dataclass(slots=True)
class Report:
    filed: int = 0
    accepted: int = 0
    refused: int = 0
    open: int = 0
    approved: int = 0
    rejected: int = 0
    signed: int = 0
    delivered: int = 0
    withdrawn: int = 0
    messages: int = 0
    on_time: int = 0
    late: int = 0
    stages: dict[str, Stage] = field(default_factory=dict)  # name -> n, p50, p99 in seconds
    findings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    duplicates: int = 0  # records on the topics that repeat an event: allowed, counted
    undecodable: int = 0
    dead_letters: int = 0
    counters: dict[str, dict[str, float]] = field(default_factory=dict)
    late_ids: set[str] = field(default_factory=set)
    open_ids: set[str] = field(default_factory=set)
    channels: dict[str, int] = field(default_factory=dict)  # filed by each
    board: dict[str, Any] = field(default_factory=dict)  # `now`, and every measure of the board by channel

    def ids(self, kind: Kind) -> set[str]:
        return {finding.id for finding in self.findings if finding.kind == kind}

    @property
    def lost(self) -> int:
        return len(self.ids("lost"))

    @property
    def doubled(self) -> int:
        return len(self.ids("doubled"))

    @property
    def broken(self) -> int:
        return len(self.ids("broken"))

    @property
    def reconciled(self) -> bool:
        return not self.findings

    def counter(self, name: str) -> float:
        """Summed over the services asked."""
        return sum(values.get(name, 0.0) for values in self.counters.values())

    def as_json(self) -> dict[str, Any]:
        figures = {name: getattr(self, name) for name in FIGURES}
        return {
            **figures,
            "late": self.late,
            "lost": self.lost,
            "doubled": self.doubled,
            "broken": self.broken,
            "reconciled": self.reconciled,
            "stages": self.stages,
            "channels": self.channels,
            "board": self.board,
            "late_ids": sorted(self.late_ids),
            "open_ids": sorted(self.open_ids),
            "duplicates_on_topics": self.duplicates,
            "undecodable": self.undecodable,
            "dead_letters": self.dead_letters,
            "counters": self.counters,
            "sources": {line.source: {**line.figures, "findings": line.findings} for line in self.lines},
            "findings": [
                {"kind": f.kind, "source": f.source, "id": f.id, "what": f.what} for f in self.findings[:1000]
            ],
        }


FIGURES = (
    "filed", "accepted", "refused", "open", "approved", "rejected", "signed", "delivered", "withdrawn", "messages",
    "on_time",
)  # fmt: skip
