"""Every number people and programs see of dossiers, a row each: how a dossier counts in it, in what unit, which filter finds
the dossiers behind it, which words head it. Whatever stores, shows, filters, exports or explains numbers reads them here. Pure.

A new measure is a row, and its text where a page heads a column with it. The recount shares nothing of this, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

from dossier_monitor.projection.domain import DUE, OPEN_STAGES, STAGES, WAITS, decided
from dossier_monitor.projection.dossier import (
    ACCEPTED,
    APPROVED,
    COUNTER,
    DELIVERED,
    LEADER,
    REFUSED,
    REJECTED,
    SIGNED,
    SIGNER,
    SPECIALIST,
    STOPPED,
    SUBMITTED,
    WITHDRAWN,
    DossierProjection,
)
from dossier_monitor.projection.durations import BUCKETS, PASSAGES, quantile
from dossier_monitor.projection.figures import Counts, away_of, judged_of, late_of, level, open_of, share_of, took_of
from dossier_monitor.projection.measure import Indicator, Key, Measure, Value, Where, Without

Parts = dict[str, Sequence[str | int]]
_HELD: Final = ("cell", "officer")
_HEAD: Final = Without("no page heads a column with it")
_PROGRAMS: Final = Without("for programs")
_SUM: Final = Without("a sum over dossiers, not a number of them")
_MINUTES: Final = Without("no list asks for a minute")
_SPREAD: Final = Without("a point of a distribution, whose buckets have filters")
_JUDGED: Final = Without("worked out from others, which have filters")
_LISTED: Final = Without("`/indicators/{name}` lists the dossiers behind it")
_UNHEARD: Final = Without("no event speaks of it yet")
_STAGE: Final[Parts] = {"stage": OPEN_STAGES}
_BUCKET: Final[Parts] = {"b": range(BUCKETS)}
_PASSAGE: Final[Parts] = {"passage": PASSAGES}
_STEP: Final[Parts] = {"step": ("intake", "appraisal", "approval", "signing")}  # passages that are an officer's deed
_KNOWN: Final = {"$ne": None}


def _appraised(projection: DossierProjection) -> int:
    return projection.appraised


MEASURES: Final[tuple[Measure, ...]] = (
    # -- what a dossier adds to its cell, and to the numbers of the officer who has it in hand
    Measure(
        name="stage", of=("cell", "row"), over=_STAGE, choose=lambda s: s.stage if s.waits else None, column=6,
        meaning="under way, by stage", text="stage.{stage}", filter={"stage": "{stage}"},
    ),
    Measure(
        name="stage", of=("cell",), over={"end": [end for end in STAGES if end not in OPEN_STAGES]},
        choose=lambda s: None if s.waits else s.stage, meaning="ended, by how", text="stage.{end}", filter={"stage": "{end}"},
    ),
    Measure(
        name="late", of=("cell", "row"), over=_STAGE, choose=lambda s: s.stage if s.due == "late" else None,
        meaning="of those under way late", text="board.late_of", filter={"stage": "{stage}", "due": "late"},
    ),
    Measure(
        name="wait", of=(*_HELD, "page"), over={"whom": WAITS}, choose=lambda s: s.waits,
        meaning="under way, by whom or what they wait for", text="board_wait.{whom}", filter={"waits": "{whom}"},
    ),
    Measure(
        name="due", of=_HELD, over={"how": DUE}, choose=lambda s: s.due,
        meaning="unfinished, by how they stand with the deadline (soon: within three days)", text=_HEAD,
        filter={"due": "{how}"},
    ),
    Measure(
        name="age", of=_HELD, over=_BUCKET, choose=lambda s: s.age,
        meaning="under way, by time since filing", text="board.age", filter={"age": "{b}"},
    ),
    Measure(
        name="stand", of=_HELD, over=_STAGE | _BUCKET, choose=lambda s: None if s.stood is None else (s.stage, s.stood),
        meaning="under way, by time in the present stage", text="board.standing", filter={"stage": "{stage}", "stand": "{b}"},
    ),
    Measure(
        name="took", of=("cell",), over=_PASSAGE | _BUCKET, took="bucket",
        meaning="by how long a passage behind them took", text="board_took.{passage}", filter={"took": "{passage}:{b}"},
    ),
    Measure(
        name="secs", of=("cell",), over=_PASSAGE, unit="seconds", took="seconds",
        meaning="how long the passages behind them took, summed up", text=_PROGRAMS, filter=_SUM,
    ),
    # -- totals of cells, in the order in which answers have them
    Measure(
        name="filed", of=("cell", "row", "flow", "group"), reached=SUBMITTED, bit=5, column=7, drawn=True,
        meaning="filed", text="board.filed", filter={"reached": "filed"},
    ),
    Measure(
        name="accepted", of=("cell",), reached=ACCEPTED, bit=6, meaning="accepted", text=_HEAD, filter={"reached": "accepted"},
    ),
    Measure(
        name="refused", of=("cell", "row"), reached=REFUSED, bit=7, column=10, meaning="refused at the counter",
        text="board.refused", filter={"outcome": "refused"},
    ),
    Measure(
        name="approved", of=("cell",), reached=APPROVED, bit=8, meaning="approved", text=_HEAD, filter={"outcome": "approved"},
    ),
    Measure(
        name="rejected", of=("cell",), reached=REJECTED, bit=9, meaning="rejected", text=_HEAD, filter={"outcome": "rejected"},
    ),
    Measure(
        name="signed", of=("cell", "row", "flow", "group"), reached=SIGNED, bit=10, column=8, drawn=True,
        meaning="signed", text="board.signed", filter={"reached": "signed"},
    ),
    Measure(
        name="delivered", of=("cell", "row", "flow"), reached=DELIVERED, bit=11, column=9, drawn=True,
        meaning="delivered", text="board.delivered", filter={"reached": "delivered"},
    ),
    Measure(
        name="stopped", of=("cell",), reached=STOPPED, bit=14, meaning="stopped without a result", text="stage.stopped",
        filter={"outcome": "stopped"},
    ),
    Measure(
        name="withdrawn", of=("cell",), reached=WITHDRAWN, bit=15, meaning="taken back by the applicant", text="stage.withdrawn",
        filter={"outcome": "withdrawn"},
    ),
    Measure(
        name="on_time", of=("cell",), choose=lambda s: "" if s.on_time else None, bit=12,
        meaning="signed no later than the appointment", text="board.on_time", filter={"ended": "on_time"},
    ),
    Measure(
        name="ended_late", of=("cell",), choose=lambda s: "" if s.on_time is False else None, bit=13,
        meaning="signed after the appointment", text=_HEAD, filter={"ended": "late"},
    ),
    Measure(
        name="messages", of=("cell",), amount=lambda projection: projection.messages, unit="messages",
        meaning="messages sent to applicants", text=_PROGRAMS, filter=_SUM,
    ),
    Measure(
        name="unfiled", of=("cell",), choose=lambda s: None if s.filed else "",
        meaning="known of by later events only", text=_PROGRAMS, filter=Without("0 once intake's events are all heard"),
    ),
    Measure(
        name="decided", of=("flow",), done=decided, meaning="approved or rejected", text=_PROGRAMS, filter=_MINUTES,
    ),
    # -- an officer's: in hand, and done so far
    Measure(
        name="hand", of=("officer", "staff"), choose=lambda s: "", column=1,
        meaning="in hand: assigned to them, or sent back to whoever appraised", text="officer.hand", filter={},
    ),
    Measure(
        name="hand_late", of=("officer", "staff"), choose=lambda s: "" if s.due == "late" else None, column=2,
        meaning="of those in hand late", text="officer.hand_late", filter={"due": "late"},
    ),
    Measure(
        name="accepted", of=("officer", "deeds", "staff"), by=COUNTER, reached=ACCEPTED, passage="intake", column=6, drawn=True,
        fact={"accepted": _KNOWN}, meaning="accepted by them", text="officer.accepted", filter={"did": "accepted"},
    ),
    Measure(
        name="refused", of=("officer", "deeds", "staff"), by=COUNTER, reached=REFUSED, passage="intake", column=7,
        fact={"outcome": "refused"}, meaning="refused by them", text="officer.refused", filter={"did": "refused"},
    ),
    Measure(
        name="appraised", of=("officer", "deeds", "staff"), by=SPECIALIST, done=_appraised, moment=lambda m: m.appraised_at,
        passage="appraisal", column=8, drawn=True, fact={"people.specialist": _KNOWN},
        meaning="appraised by them, the latest appraisal of each dossier", text="officer.appraised", filter={"did": "appraised"},
    ),
    Measure(
        name="decided", of=("officer", "deeds", "staff"), by=LEADER, done=decided, passage="approval", column=9, drawn=True,
        fact={"decided": _KNOWN}, meaning="approved or rejected by them", text="officer.decided", filter={"did": "decided"},
    ),
    Measure(
        name="approved", of=("officer",), by=LEADER, reached=APPROVED, passage="approval", meaning="approved by them",
        text=_HEAD, filter={"did": "decided", "outcome": "approved"},
    ),
    Measure(
        name="rejected", of=("officer",), by=LEADER, reached=REJECTED, passage="approval", meaning="rejected by them",
        text=_HEAD, filter={"did": "decided", "outcome": "rejected"},
    ),
    Measure(
        name="signed", of=("officer", "deeds", "staff"), by=SIGNER, reached=SIGNED, passage="signing", column=10, drawn=True,
        fact={"signed": _KNOWN}, meaning="signed, of who asked for the signature", text="officer.signed",
        filter={"did": "signed"},
    ),
    Measure(
        name="took", of=("officer",), over=_STEP | _BUCKET, took="bucket",
        meaning="by how long the step they did took", text="board_took.{step}",
        filter=Without("`did` and `took` beside `officer`"),
    ),
    # -- worked out from counts: lines and pages of the board
    Measure(
        name="open", of=("row", "group"), reads=open_of, column=1, drawn=True, meaning="under way", text="board.open",
        filter={"open": "true"},
    ),
    Measure(
        name="late", of=("row", "group"), reads=late_of, column=2, drawn=True, meaning="late", text="board.late",
        filter={"due": "late"},
    ),
    Measure(
        name="level", of=("row",), reads=level, unit="level", meaning="red, amber, green, or nothing in hand", text="board.level",
        filter=_JUDGED,
    ),
    Measure(
        name="today", of=("row", "group", "staff"), reads=lambda counts: counts.get("due:today", 0), column=3, drawn=True,
        meaning="due today", text="board.today", filter={"due": "today"},
    ),
    Measure(
        name="soon", of=("row", "staff"), reads=lambda counts: counts.get("due:soon", 0), column=4, drawn=True,
        meaning="due in three days", text="board.soon", filter={"due": "soon"},
    ),
    Measure(
        name="paused", of=("row",), reads=lambda counts: counts.get("due:paused", 0), column=5, drawn=True,
        meaning="whose clock stands", text="board.paused", filter={"due": "paused"},
    ),
    Measure(
        name="share", of=("row", "group"), reads=share_of, unit="share", column=11,
        meaning="signed in time, of those signed that had an appointment", text="board.on_time", filter=_JUDGED,
    ),
    Measure(
        name="judged", of=("row",), reads=judged_of, meaning="signed that had an appointment", text="board.on_time_hint",
        filter=_JUDGED,
    ),
    Measure(
        name="age50", of=("row",), reads=lambda counts: quantile(counts, "age", 0.5), unit="seconds", column=12,
        meaning="median of the time since filing", text="board.p50", filter=_SPREAD,
    ),
    Measure(
        name="age90", of=("row",), reads=lambda counts: quantile(counts, "age", 0.9), unit="seconds", column=13,
        meaning="below which nine of ten are", text="board.p90", filter=_SPREAD,
    ),
    *(
        Measure(
            name=f"{kind}{percent}", of=("page",), over=over, unit="seconds", meaning=f"{point}{meaning}", text=text,
            reads=lambda counts, part, kind=kind, percent=percent: quantile(counts, f"{kind}:{part}", percent / 100),
            filter=_SPREAD,
        )
        for kind, over, text, meaning in (
            ("stand", _STAGE, "board.standing", "of the time in the present stage"),
            ("took", _PASSAGE, "board_took.{passage}", "of the time a passage took"),
        )
        for percent, point in ((50, "median "), (90, "nine tenths' limit "))
    ),
    Measure(
        name="took50", of=("group",), reads=lambda counts: quantile(counts, "took:whole", 0.5), unit="seconds",
        meaning="median of filing to signing", text="board_took.whole", filter=_SPREAD,
    ),
    Measure(
        name="away", of=("staff",), reads=away_of, column=5, meaning="in hand, waiting for somebody else", text="officer.away",
        filter=Without("of three kinds, each of which `waits` finds"),
    ),
    Measure(
        name="stand50", of=("staff",), reads=lambda counts: quantile(counts, "stand:appraisal", 0.5), unit="seconds",
        meaning="median of the time at appraisal", text="officer.stand", filter=_SPREAD,
    ),
    Measure(
        name="took50", of=("staff",), reads=lambda counts: took_of(counts, 0.5), unit="seconds",
        meaning="median of what their step takes", text="officer.took50", filter=_SPREAD,
    ),
    Measure(
        name="took90", of=("staff",), reads=lambda counts: took_of(counts, 0.9), unit="seconds",
        meaning="nine tenths' limit of what their step takes", text="officer.took90", filter=_SPREAD,
    ),
    # -- indicators of 766/QĐ-TTg and of local targets, in the order in which answers have them
    Measure(
        name="on_time", of=("indicator",), unit="share", meaning="signed in time, of those due", text="indicator.on_time",
        filter=_LISTED,
        indicator=Indicator("ended_day", {"on_time": [True, False]}, {"on_time": True}, overdue=True, tabled=True),
    ),
    Measure(
        name="online", of=("indicator",), unit="share", meaning="filed online, of those filed", text="indicator.online",
        filter=_LISTED,
        indicator=Indicator("filed_day", {}, {"channel": "online"}, tabled=True),
    ),
    Measure(
        name="digitised", of=("indicator",), unit="share", meaning="results as files, of those on paper or as files",
        text="indicator.digitised", filter=_LISTED,
        indicator=Indicator("ended_day", {"result": ["file", "paper"]}, {"result": "file"}, tabled=True),
    ),
    Measure(
        name="reuse", of=("indicator",), unit="share", meaning="with a paper taken from what is held already, of those filed "
        "that had one to bring", text="indicator.reuse", filter=_LISTED,
        indicator=Indicator("filed_day", {"reuse": [True, False]}, {"reuse": True}),
    ),
    Measure(
        name="same_day", of=("indicator",), unit="share", meaning="filed and signed on one day, of those signed",
        text="indicator.same_day", filter=_LISTED,
        indicator=Indicator("ended_day", {"same_day": [True, False]}, {"same_day": True}),
    ),
    Measure(
        name="refused", of=("indicator",), unit="share", meaning="refused, of those ended; less is better",
        text="indicator.refused", filter=_LISTED,
        indicator=Indicator("ended_day", {}, {"outcome": "refused"}, less_is_better=True, tabled=True),
    ),
    Measure(
        name="time_saved", of=("indicator",), unit="saved", meaning="one minus the time taken over the time allowed, of each "
        "dossier: median and mean", text="indicator.time_saved", filter=_LISTED,
    ),
    *(
        Measure(name=name, of=("indicator",), unit="share", meaning=meaning, text=f"unsourced.{name}", filter=_UNHEARD)
        for name, meaning in (
            ("satisfaction", "how content applicants are"),
            ("transparency", "what is published"),
            ("online_services", "procedures offered online"),
        )
    ),
)  # fmt: skip


def measured(at: Where) -> tuple[Measure, ...]:
    """The measures of a place, in the table's order."""
    return tuple(measure for measure in MEASURES if at in measure.of)


def shown_at(at: Where) -> tuple[tuple[str, Callable[[Counts], Value]], ...]:
    """Every name a line or a page shows, and what works its value out from counts."""
    return tuple((name, _reading(one, key, name)) for one in measured(at) for key, name in one.names().items())


def exported(at: Where) -> tuple[tuple[str, str], ...]:
    """The columns of a line's export: name, and the key of its heading."""
    columns = sorted((one for one in measured(at) if one.column), key=lambda one: one.column or 0)
    return tuple(
        (name, one.text.format(**dict.fromkeys(one.over, key))) for one in columns for key, name in one.names().items()
    )


def headings() -> set[str]:
    """The ids of all texts that head a measure, in whatever place."""
    said = [(one, dict(zip(one.over, parts, strict=True))) for one in MEASURES for parts in product(*one.over.values())]
    return {one.text.format(**parts) for one, parts in said if not isinstance(one.text, Without)}


def behind(at: Where) -> dict[str, dict[str, str]]:
    """Every name of a place that has a filter, and that filter."""
    return {name: asked for one in measured(at) for name, asked in one.filters()}


def _reading(one: Measure, key: Key, name: str) -> Callable[[Counts], Value]:
    reads = one.reads
    if reads is None:
        return lambda counts: counts.get(name, 0)
    return (lambda counts: reads(counts, key)) if one.over else reads


TOTALS: Final = tuple(one.name for one in measured("cell") if not one.over)
FLOWS: Final = tuple(one.name for one in measured("flow"))
DEEDS: Final = tuple(one.name for one in measured("deeds"))
