"""The board as it was: at an instant, and as the frames of a film."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from dossier_monitor.board.board import Agency, Board, named, sees
from dossier_monitor.board.schemas import AgencyName, PastNumbers
from dossier_monitor.history.store import Codes, History, Transition
from dossier_monitor.projection.domain import DAY, OPEN_STAGES
from dossier_monitor.projection.dossier import iso, micros
from dossier_monitor.projection.registry import measured
from dossier_monitor.projection.steps import counts
from dossier_shared.errors import BadRecord
from dossier_shared.http.jsonbody import json_response
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.moments import put_plus_back

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
FRAMES: Final = 600  # a minute at ten a second
LONGEST: Final = 400 * DAY
LARGEST: Final = 1_000_000  # bytes of a film; a longer one is told in fewer frames
MEASURES: Final = (
    *(f"stage:{name}" for name in OPEN_STAGES),
    *(f"late:{name}" for name in OPEN_STAGES),
    *(one.name for one in measured("cell") if one.bit is not None),
)
_PLACE: Final = {name: index for index, name in enumerate(MEASURES)}


class PastAgency(AgencyName):
    """As AgencyView."""

    above: list[str]
    own: PastNumbers
    total: PastNumbers


class PastBoard(BaseModel):
    scope: str | None
    at: str
    now: str
    total: PastNumbers
    agencies: list[PastAgency]


class FilmRow(BaseModel):
    """`code` None, without names: the whole scope."""

    code: str | None
    name_vi: str
    name_en: str


class Film(BaseModel):
    """`step`: seconds from frame to frame. `start[row][measure]`: the board at `from`.

    `deltas[k - 1]`: what makes of frame k - 1 the frame k, as row, measure, change, row, measure, change, …
    """

    scope: str | None
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    measures: list[str]
    rows: list[FilmRow]
    step: float
    frames: int
    start: list[list[int]]
    deltas: list[list[int]]


def moment(text: str | None, usual: int, now: int, field: str) -> int:
    """An instant of ISO 8601; without an offset, Vietnam's. None later than now. Raises Invalid `instant-invalid`."""
    if not text:
        return usual
    try:
        at = datetime.fromisoformat(put_plus_back(text.strip()))
        return max(0, min(micros((at if at.tzinfo else at.replace(tzinfo=VIETNAM)).isoformat()), now))
    except (ValueError, OverflowError, BadRecord) as error:
        raise Invalid(
            "instant-invalid",
            "Thời điểm không hợp lệ. Hãy ghi theo ISO 8601, ví dụ 2026-11-22T08:00 (giờ Việt Nam).",
            "Not a valid instant. Write ISO 8601, for example 2026-11-22T08:00 (Vietnam's time).",
            errors=[{"path": field, "message": "not an instant"}],
        ) from error


def seen(board: Board, scope: str | None) -> dict[str, Agency]:
    return {code: agency for code, agency in board.agencies.items() if sees(scope, code, agency.above)}


async def board_at(history: History, board: Board, scope: str | None, at: int, now: int) -> dict[str, Any]:
    agencies = seen(board, scope)
    found = await history.at(agencies.keys(), at)
    own = {code: _measured(found.get(code, {})) for code in agencies}
    total: dict[str, dict[str, int]] = {code: dict(numbers) for code, numbers in own.items()}
    for code, agency in agencies.items():
        for above in agency.above:
            if above in total:
                _add(total[above], own[code])
    whole: dict[str, int] = {}
    for numbers in own.values():
        _add(whole, numbers)
    rows = [
        {**_named(agency), "above": list(agency.above), "own": _shown(own[code]), "total": _shown(total[code])}
        for code, agency in sorted(agencies.items(), key=lambda pair: (len(pair[1].above), pair[0]))
    ]
    return {"scope": scope, "at": iso(at), "now": iso(now), "total": _shown(whole), "agencies": rows}


async def film(history: History, board: Board, scope: str | None, begin: int, end: int, frames: int) -> bytes:
    """One answer of at most LARGEST bytes. `start[row][measure]`; `deltas[k - 1]`: what makes of frame k - 1 the frame k,
    as row, measure, change, row, measure, change, …"""
    if not begin < end or end - begin > LONGEST:
        raise Invalid(
            "span-invalid",
            "Khoảng thời gian không hợp lệ: từ phải trước đến, và không quá 400 ngày.",
            "Not a valid span: from must be before to, at most 400 days apart.",
        )
    agencies = seen(board, scope)
    rows, row_of = _rows(agencies, scope)
    width = -(-(end - begin) // frames)
    first = await history.at(agencies.keys(), begin)
    moved = await history.transitions(agencies.keys(), begin, end, width)
    about = {"scope": scope, "from": iso(begin), "to": iso(end), "measures": MEASURES, "rows": rows}
    return await asyncio.to_thread(_developed, about, first, moved, row_of, width, frames)


def _developed(
    about: Mapping[str, Any],
    first: Codes,
    moved: list[Transition],
    row_of: Mapping[str, tuple[int, ...]],
    width: int,
    frames: int,
) -> bytes:
    start = [[0] * len(MEASURES) for _ in about["rows"]]
    for agency, codes in first.items():
        for code, n in codes.items():
            for place in _places(code):
                for row in row_of[agency]:
                    start[row][place] += n
    while True:
        deltas = _deltas(moved, row_of, frames)
        body = {**about, "step": width / 1_000_000, "frames": frames, "start": start, "deltas": deltas}
        encoded = bytes(json_response(body).body)
        if len(encoded) <= LARGEST or frames <= 10:
            return encoded
        frames, width = -(-frames // 2), width * 2
        moved = [(-(-frame // 2), agency, before, after, n) for frame, agency, before, after, n in moved]


def _rows(agencies: Mapping[str, Agency], scope: str | None) -> tuple[list[dict[str, Any]], dict[str, tuple[int, ...]]]:
    """The whole first, then each agency right below it with all of its own; and the rows each agency counts in."""
    below: dict[str, str] = {}
    for code, agency in agencies.items():
        path = [code, *agency.above]
        if scope is not None:
            path = path[: path.index(scope)] if scope in path else path
        if path:
            below[code] = path[-1]
    heads = sorted({head for head in below.values() if head in agencies})
    rows = [{"code": None, "name_vi": "", "name_en": ""}, *(_named(agencies[head]) for head in heads)]
    place = {head: index + 1 for index, head in enumerate(heads)}
    return rows, {code: (0, place[below[code]]) if below.get(code) in place else (0,) for code in agencies}


def _deltas(moved: Iterable[Transition], row_of: Mapping[str, tuple[int, ...]], frames: int) -> list[list[int]]:
    sums: list[dict[tuple[int, int], int]] = [{} for _ in range(frames)]
    for frame, agency, before, after, n in moved:
        frame_sums = sums[frame - 1]
        for code, by in ((before, -n), (after, n)):
            for place in _places(code):
                for row in row_of[agency]:
                    frame_sums[row, place] = frame_sums.get((row, place), 0) + by
    return [[part for (row, place), n in one.items() if n for part in (row, place, n)] for one in sums]


@cache
def _places(code: int) -> tuple[int, ...]:
    return tuple(_PLACE[name] for name in counts(code) if name in _PLACE)


def _measured(codes: Mapping[int, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, n in codes.items():
        for name in counts(code):
            found[name] = found.get(name, 0) + n
    return found


def _shown(numbers: Mapping[str, int]) -> dict[str, Any]:
    """As the live board's rows, without what no history is kept of."""
    found = named(numbers)
    del found["messages"]
    return found


def _named(agency: Agency) -> dict[str, Any]:
    name = agency.name or agency.code
    return {"code": agency.code, "name_vi": name, "name_en": agency.name_en or name}


def _add(total: dict[str, int], numbers: Mapping[str, int]) -> None:
    for name, n in numbers.items():
        total[name] = total.get(name, 0) + n
