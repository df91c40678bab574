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
from dossier_monitor.projection.figures import late_of, open_of
from dossier_monitor.projection.registry import shown_at

Value = int | float | str | None | list[int]
Values = dict[str, Value]
MOST_ROWS: Final = 200  # the whole tree is shown up to here; beyond, the next level only
MOST_CHILDREN: Final = 500
_ROW, _PAGE, _GROUP, _STAFF = shown_at("row"), shown_at("page"), shown_at("group"), shown_at("staff")


def row_values(row: str, counts: Mapping[str, int]) -> Iterator[tuple[str, Value]]:
    for name, reads in _ROW:
        yield f"{row}/{name}", reads(counts)


def flow_values(row: str, flow: Throughput, now: int) -> Iterator[tuple[str, Value]]:
    for name, minutes in WINDOWS.items():
        yield f"{row}/in{name}", flow.window("filed", minutes, now)
        yield f"{row}/out{name}", flow.window("signed", minutes, now)
    yield f"{row}/spark", flow.line("signed", now)


def detail_values(agency: Agency, now: int) -> Iterator[tuple[str, Value]]:
    """An agency's own page: its stages closer, who is waited for, procedures, channels, officers, the day's lines."""
    for name, reads in _PAGE:
        yield f"/{name}", reads(agency.total)
    for prefix, groups in (("p", agency.whole.procedures), ("c", agency.whole.channels)):
        for code, numbers in groups.items():
            for name, reads in _GROUP:
                yield f"{prefix}:{code}/{name}", reads(numbers)
    for subject, numbers in agency.officers.items():
        yield from officer_values(f"o:{subject}", numbers)
    yield "/lineIn", agency.whole.flow.line("filed", now)
    yield "/lineOut", agency.whole.flow.line("signed", now)


def officer_values(row: str, counts: Mapping[str, int]) -> Iterator[tuple[str, Value]]:
    for name, reads in _STAFF:
        yield f"{row}/{name}", reads(counts)


def done_values(row: str, windows: Mapping[str, Counts]) -> Iterator[tuple[str, Value]]:
    """All that an officer did in each window, whatever it was."""
    for name, deeds in windows.items():
        yield f"{row}/done{name}", sum(deeds.values())


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
