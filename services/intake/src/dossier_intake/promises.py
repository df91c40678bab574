"""The promised day and its reasons, for an acceptance and for whatever moves it later. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.kept_limits import KeptLimit, kept_limit
from dossier_intake.rules.deadline_lines import UNITS, Line, moment_en, moment_vi
from dossier_intake.rules.deadlines import Extension, Pause, Unit, appointment, moved_on
from dossier_intake.state import State
from dossier_intake.state_types import StoodStill, What
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.events import Accepted
from dossier_shared.problems import Conflict
from dossier_shared.vocabulary.moments import VIETNAM

PAUSED = {
    "supplement": ("chờ bổ sung", "waiting for a supplement"),
    "payment": ("chờ nộp tiền", "waiting for a payment"),
}


def acceptance(kept: KeptLimit, at: datetime, catalogue: Catalogue) -> Accepted:
    return Accepted(**_promise(kept, at, catalogue))


def promise_after(state: State, what: What, at: datetime, catalogue: Catalogue) -> dict[str, Any]:
    """The appointment and its lines, once what was asked has come: computed anew, from acceptance on, with every pause."""
    if state.get("asked", {}).get("what") != what:
        raise nothing_awaited()
    pause: StoodStill = {"what": what, "start": state["asked"]["at"], "end": instant(at)}
    return promise_with(state, [*state.get("pauses", ()), pause], catalogue)


def promise_with(state: State, ended: Sequence[StoodStill], catalogue: Catalogue) -> dict[str, Any]:
    """With every extension so far; who it was handed over to goes on with the same time."""
    pauses = [Pause(parse_instant(p["start"]), parse_instant(p["end"]), *PAUSED[p["what"]]) for p in ended]
    granted = state.get("extensions", ())  # as review says them: what is no time adds none
    more = [
        Extension(one["amount"], cast(Unit, one["unit"]))
        for one in granted
        if one["unit"] in UNITS and one["amount"] > 0
    ]
    first = parse_instant(state["promised"]) if "promised" in state else None
    found = _promise(kept_limit(state, catalogue), parse_instant(state["accepted_at"]), catalogue, pauses, more, first)
    passed = [_passed_on(one["agency_name"], parse_instant(one["at"])) for one in state.get("handed_over", ())]
    *reasons, last = found["lines"]
    return {**found, "lines": [*reasons, *(line._asdict() for line in passed), last]}


def nothing_awaited() -> Conflict:
    return Conflict(
        "nothing-awaited",
        "Hồ sơ không chờ việc này (hoặc yêu cầu chưa đến đây). Hãy tải lại để xem hồ sơ đang ở đâu.",
        "The dossier does not wait for that, or the request is not here yet. Reload it to see where it stands.",
    )


def _passed_on(agency: str, at: datetime) -> Line:
    local = at.astimezone(VIETNAM)
    return Line(
        f"Chuyển đến {agency} giải quyết lúc {moment_vi(local)}: thời hạn tính tiếp từ khi tiếp nhận.",
        f"Handed over to {agency} at {moment_en(local)}: the time limit runs on from acceptance.",
        None,
    )


def _promise(
    kept: KeptLimit,
    at: datetime,
    catalogue: Catalogue,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    promised: datetime | None = None,
) -> dict[str, Any]:
    """`promised`: of an older register, from which it moves."""
    if promised is None:
        promise = appointment(at, kept.limit, catalogue.working_time(), pauses, extensions)
    else:
        promise = moved_on(promised, at, kept.limit, catalogue.working_time(), pauses, extensions)
    lines = [line._asdict() for line in (*kept.lines, *promise.lines)]
    return {"appointment": instant(promise.instant), "lines": lines, "corrected": kept.corrected}
