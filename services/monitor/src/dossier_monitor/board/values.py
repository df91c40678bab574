"""What live pages show, as flat values: the same dictionary is drawn by the server and kept up to date by server-sent events.

A key is `<row>/<name>`; rows are agencies by code (`` is the whole scope), and on an agency's page also `p:<procedure>`,
`c:<channel>` and `o:<officer>`. A value is a number, a text, a list of numbers (a line over time) or None (not known).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dossier_monitor.board.board import Agency, Board
from dossier_monitor.board.throughput import WINDOWS, Throughput
from dossier_monitor.projection.cells import Counts
from dossier_monitor.projection.domain import OPEN_STAGES, WAITS
from dossier_monitor.projection.measures import BUCKETS, OFFICER, PASSAGES, quantile

Value = int | float | str | None | list[int]
Values = dict[str, Value]
RED_SHARE: Final = (
    0.10  # of what is in hand late: from here on an agency is red; below, one late dossier makes it amber
)
MOST_ROWS: Final = 200  # the whole tree is shown up to here; beyond, the next level only
MOST_CHILDREN: Final = 500


def level(counts: Mapping[str, int]) -> str:
    """idle, good, warn or bad: by what is late, and what must go out today."""
    in_hand, late = open_of(counts), late_of(counts)
    if not in_hand:
        return "idle"
    if late >= RED_SHARE * in_hand and late:
        return "bad"
    return "warn" if late or counts.get("due:today") else "good"


def open_of(counts: Mapping[str, int]) -> int:
    return sum(counts.get(f"stage:{stage}", 0) for stage in OPEN_STAGES)


def late_of(counts: Mapping[str, int]) -> int:
    return counts.get("due:late", 0)


def share_of(counts: Mapping[str, int]) -> float | None:
    """On time, of those finished that had an appointment."""
    judged = counts.get("on_time", 0) + counts.get("ended_late", 0)
    return counts.get("on_time", 0) / judged if judged else None


def row_values(row: str, counts: Mapping[str, int]) -> Iterator[tuple[str, Value]]:
    yield f"{row}/open", open_of(counts)
    yield f"{row}/late", late_of(counts)
    yield f"{row}/level", level(counts)
    for name in ("today", "soon", "paused"):
        yield f"{row}/{name}", counts.get(f"due:{name}", 0)
    for name in ("filed", "signed", "delivered", "refused"):
        yield f"{row}/{name}", counts.get(name, 0)
    yield f"{row}/share", share_of(counts)
    yield f"{row}/judged", counts.get("on_time", 0) + counts.get("ended_late", 0)
    yield f"{row}/age50", quantile(counts, "age", 0.5)
    yield f"{row}/age90", quantile(counts, "age", 0.9)
    for stage in OPEN_STAGES:
        yield f"{row}/stage:{stage}", counts.get(f"stage:{stage}", 0)
        yield f"{row}/late:{stage}", counts.get(f"late:{stage}", 0)


def flow_values(row: str, flow: Throughput, now: int) -> Iterator[tuple[str, Value]]:
    for name, minutes in WINDOWS.items():
        yield f"{row}/in{name}", flow.window("filed", minutes, now)
        yield f"{row}/out{name}", flow.window("signed", minutes, now)
    yield f"{row}/spark", flow.line("signed", now)


def detail_values(agency: Agency, now: int) -> Iterator[tuple[str, Value]]:
    """An agency's own page: its stages closer, who is waited for, procedures, channels, officers, the day's lines."""
    counts = agency.total
    for waits in WAITS:
        yield f"/wait:{waits}", counts.get(f"wait:{waits}", 0)
    for stage in OPEN_STAGES:
        yield f"/stand50:{stage}", quantile(counts, f"stand:{stage}", 0.5)
        yield f"/stand90:{stage}", quantile(counts, f"stand:{stage}", 0.9)
    for passage in PASSAGES:
        yield f"/took50:{passage}", quantile(counts, f"took:{passage}", 0.5)
        yield f"/took90:{passage}", quantile(counts, f"took:{passage}", 0.9)
    for prefix, groups in (("p", agency.whole.procedures), ("c", agency.whole.channels)):
        for code, numbers in groups.items():
            row = f"{prefix}:{code}"
            yield f"{row}/open", open_of(numbers)
            yield f"{row}/late", late_of(numbers)
            yield f"{row}/today", numbers.get("due:today", 0)
            yield f"{row}/filed", numbers.get("filed", 0)
            yield f"{row}/signed", numbers.get("signed", 0)
            yield f"{row}/share", share_of(numbers)
            yield f"{row}/took50", quantile(numbers, "took:whole", 0.5)
    for subject, numbers in agency.officers.items():
        yield from officer_values(f"o:{subject}", numbers)
    yield "/lineIn", agency.whole.flow.line("filed", now)
    yield "/lineOut", agency.whole.flow.line("signed", now)


def officer_values(row: str, counts: Mapping[str, int]) -> Iterator[tuple[str, Value]]:
    for name in OFFICER:
        yield f"{row}/{name}", counts.get(name, 0)
    yield f"{row}/today", counts.get("due:today", 0)
    yield f"{row}/soon", counts.get("due:soon", 0)
    yield f"{row}/away", sum(counts.get(f"wait:{other}", 0) for other in ("citizen", "payment", "agency"))
    yield f"{row}/stand50", quantile(counts, "stand:appraisal", 0.5)
    own = max(PASSAGES, key=lambda passage: _finished(counts, passage))
    yield f"{row}/took50", quantile(counts, f"took:{own}", 0.5)
    yield f"{row}/took90", quantile(counts, f"took:{own}", 0.9)


def done_values(row: str, windows: Mapping[str, Counts]) -> Iterator[tuple[str, Value]]:
    """All that an officer did in each window, whatever it was."""
    for name, deeds in windows.items():
        yield f"{row}/done{name}", sum(deeds.values())


def _finished(numbers: Mapping[str, int], passage: str) -> int:
    return sum(numbers.get(f"took:{passage}:{bucket}", 0) for bucket in range(BUCKETS))


def shown(board: Board, scope: str | None) -> list[Agency]:
    """The agencies a page of this scope has rows for, the scope's own apart: the tree, or its next level if that is too much."""
    below = [agency for agency in board.rows(scope) if agency.code != scope]
    if len(below) <= MOST_ROWS:
        return below
    next_level = [agency for agency in below if (agency.above[0] if agency.above else None) == scope]
    next_level.sort(key=lambda agency: (-late_of(agency.total), -open_of(agency.total), agency.code))
    return next_level[:MOST_CHILDREN]


def overview(board: Board, scope: str | None, since: int, *, flows: bool) -> Iterable[tuple[str, Value]]:
    """`since`: rows no change has touched after this tick are left out; `flows`: with throughput, which moves with time."""
    now = board.now
    yield from row_values("", board.total(scope))
    if flows:
        yield from flow_values("", board.flow(scope), now)
    for agency in shown(board, scope):
        if agency.tick > since:
            yield from row_values(agency.code, agency.total)
        if flows:
            yield from flow_values(agency.code, agency.whole.flow, now)


def detail(board: Board, scope: str | None, since: int, *, flows: bool) -> Iterable[tuple[str, Value]]:
    """As `overview`, of one agency's page: the agencies right below it, and itself in detail."""
    agency = board.agencies.get(scope or "") or Agency(scope or "")
    if agency.tick > since or flows:
        yield from row_values("", agency.total)
        yield from detail_values(agency, board.now)
    if flows:
        yield from flow_values("", agency.whole.flow, board.now)
        for subject in agency.officers:
            yield from done_values(f"o:{subject}", agency.windows(subject, board.now))
    for child in children(board, agency.code):
        if child.tick > since:
            yield from row_values(child.code, child.total)


def children(board: Board, code: str) -> list[Agency]:
    found = [agency for agency in board.rows(code) if agency.above[:1] == (code,)]
    return sorted(found, key=lambda agency: (-late_of(agency.total), -open_of(agency.total), agency.code))[
        :MOST_CHILDREN
    ]
