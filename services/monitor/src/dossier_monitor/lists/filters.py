"""Which dossiers a list shows, as one query: every number of the board has the filter that finds the dossiers it counts.

`late` and the like are judged at the instant by which the board judges. Days are Vietnam's, `from` and `to` both included.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, StringConstraints, model_validator
from pydantic_core import core_schema

from dossier_monitor.projection.domain import SECOND, SOON_DAYS, Outcome, Stage, Waits, day, day_begins
from dossier_monitor.projection.dossier import PEOPLE, iso, micros
from dossier_monitor.projection.durations import BUCKETS, EDGES, PASSAGES
from dossier_monitor.projection.facts import EVERYTHING
from dossier_monitor.projection.measure import Where
from dossier_monitor.projection.registry import behind, measured
from dossier_shared.adapters.cursors import checked, mark_of, packed, unpacked
from dossier_shared.vocabulary.codes import coded
from dossier_shared.vocabulary.moments import Day

Query = dict[str, Any]
Due = Literal["late", "today", "soon", "later", "paused", "none", "pressing"]  # pressing: late, today or soon
Code = Annotated[str, coded(100)]
Bucket = Annotated[int, Field(ge=0, lt=BUCKETS)]
Took = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(PASSAGES)}):([0-9]|1[0-2])$")]


def one_of(*values: str) -> GetPydanticSchema:
    """As a Literal, of values known when the program runs."""
    return GetPydanticSchema(lambda _type, _handler: core_schema.literal_schema([*values]))


def _asked(parameter: str, at: Where) -> GetPydanticSchema:
    """The values by which the measures kept there are asked for."""
    return one_of(*dict.fromkeys(asked[parameter] for asked in behind(at).values() if parameter in asked))


Did = Annotated[str, _asked("did", "officer")]
Reached = Annotated[str, _asked("reached", "cell")]
Ended = Annotated[str, _asked("ended", "cell")]

_VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_AT: Final = "state.facts."
# what an officer did: whose deed it is, and what the facts say of it
_DID: Final = {one.name: (PEOPLE[one.by], one.fact) for one in measured("deeds") if one.by is not None and one.fact}


def without_empty(value: Any) -> Any:
    """What a form's empty field says: nothing."""
    return {k: v for k, v in value.items() if v not in ("", None)} if isinstance(value, Mapping) else value


class Filter(BaseModel):
    """All given conditions hold. An empty value is as if it were not given. Names nobody knows: see known_query.py."""

    model_config = ConfigDict(frozen=True)

    agency: Code | None = Field(default=None, description="this agency and those below it")
    own: bool | None = Field(default=None, description="true: of `agency` itself only, not of those below")
    stage: Stage | None = None
    open: bool | None = Field(default=None, description="in hand: neither refused, stopped, withdrawn nor delivered")
    procedure: Code | None = None
    channel: Code | None = None
    officer: Code | None = Field(default=None, description="who has it in hand; with `did`, who did that")
    did: Did | None = None
    waits: Waits | None = Field(default=None, description="for whom or what it waits")
    due: Due | None = Field(default=None, description="how an unfinished one stands with its deadline")
    outcome: Outcome | None = None
    reached: Reached | None = None
    ended: Ended | None = Field(default=None, description="signed by the appointment, or after it")
    filed_from: Day | None = None
    filed_to: Day | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    ended_from: Day | None = Field(
        default=None, description="refused, stopped, withdrawn or signed on this day or later"
    )
    ended_to: Day | None = None
    age: Bucket | None = Field(default=None, description="open, in this bucket of age since filing")
    stand: Bucket | None = Field(default=None, description="open, in this bucket of time in the present stage")
    took: Took | None = Field(default=None, description="`<passage>:<bucket>`: how long a finished passage took")

    _drop_empty = model_validator(mode="before")(without_empty)

    @property
    def given(self) -> dict[str, str]:
        """As a query string holds them."""
        found = self.model_dump(mode="json", exclude_none=True, include=set(Filter.model_fields))
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}

    def but(self, **changes: Any) -> dict[str, str]:
        """`given` with some conditions replaced; None takes one away."""
        changed = {**self.given, **changes}
        return {name: str(value) for name, value in changed.items() if value is not None}


class ListQuery(Filter):
    """A page of a list."""

    after: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        None, description="`next` of the page before"
    )
    limit: int = Field(default=50, ge=1, le=500)


class LateQuery(BaseModel):
    """A page of what is late or about to be."""

    model_config = ConfigDict(frozen=True)

    how: Literal["late", "today", "soon"] | None = Field(default=None, description="absent: all three")
    agency: Code | None = Field(default=None, description="this agency and those below it")
    stage: Stage | None = None
    procedure: Code | None = None
    waits: Waits | None = Field(default=None, description="the cause: for whom or what it waits")
    officer: Code | None = Field(default=None, description="who has it in hand")
    after: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        None, description="`next` of the page before"
    )
    limit: int = Field(default=50, ge=1, le=500)

    _drop_empty = model_validator(mode="before")(without_empty)

    def listed(self, how: Due | None = None) -> ListQuery:
        same = self.model_dump(exclude={"how"}, exclude_none=True)
        return ListQuery(**same, due=how or self.how or "pressing")


class Order(NamedTuple):
    """By a fact, then by id: no two dossiers are in the same place, so a page goes on exactly after the one before."""

    fact: str
    ascending: bool

    @property
    def keys(self) -> list[tuple[str, int]]:
        way = 1 if self.ascending else -1
        return [(_AT + self.fact, way), ("_id", way)]


class RowPlace(NamedTuple):
    """Of the last dossier of a page."""

    value: str | None
    id: str

    def encode(self, mark: str) -> str:
        return packed(mark, *self)

    @classmethod
    def decode(cls, text: str, mark: str) -> RowPlace:
        return cls(*checked(*unpacked(text, mark, 2)))


def list_mark(chosen: Filter, scope: str | None) -> str:
    """Of the list that its places are bound to."""
    return mark_of("list", scope, chosen.given)


def order(chosen: Filter) -> Order:
    """The earliest deadline first where deadlines are asked for; else the latest filing first."""
    return Order("due", True) if chosen.due else Order("born", False)


def query(chosen: Filter, scope: str | None, now: int) -> Query:
    """`scope`: the agency whose subtree the reader asked for, None everything; `now` in microseconds, 0: nothing is known."""
    conditions: list[Query] = [{_AT + "under": EVERYTHING if scope is None else scope}]

    def demand(fact: str, value: Any) -> None:
        conditions.append({_AT + fact: value})

    if chosen.own and chosen.agency:
        demand("agency", chosen.agency)
    for name in ("stage", "open", "procedure", "channel", "waits", "outcome"):
        value = getattr(chosen, name)
        if value is not None:
            demand(name, value)
    if chosen.did:
        who, facts = _DID[chosen.did]
        for fact, value in facts.items():
            demand(fact, value)
        if chosen.officer:
            demand(f"people.{who}", chosen.officer)
    elif chosen.officer:
        # by the type MongoDB sees that its index has them all
        demand("officer", {"$eq": chosen.officer, "$type": "string"})
    if chosen.due:
        conditions += _due(chosen.due, now)
    if chosen.reached:
        demand(chosen.reached, {"$ne": None})
    if chosen.ended:
        demand("on_time", chosen.ended == "on_time")
    for fact in ("filed", "due", "ended"):
        first, last = getattr(chosen, f"{fact}_from"), getattr(chosen, f"{fact}_to")
        if first:
            demand(fact, {"$gte": _begins(first)})
        if last:
            demand(fact, {"$lt": _begins(last + timedelta(days=1))})
    for fact, bucket in (("born", chosen.age), ("since", chosen.stand)):
        if bucket is not None:
            demand("open", True)
            conditions += _ago(fact, bucket, now)
    if chosen.took:
        passage, _, bucket_text = chosen.took.partition(":")
        low, high = _edges(int(bucket_text))
        demand(f"seconds.{passage}", {"$gte": low} | ({"$lt": high} if high is not None else {}))
    return {"$and": conditions}


def after(place: RowPlace, by: Order) -> Query:
    """What comes after a place, bounded so that the index can begin there."""
    key, on = _AT + by.fact, "$gt" if by.ascending else "$lt"
    if place.value is None:
        return {key: None, "_id": {on: place.id}}
    return {key: {f"{on}e": place.value}, "$or": [{key: {on: place.value}}, {"_id": {on: place.id}}]}


def _due(how: Due, now: int) -> list[Query]:
    """As `domain.due_state` has it."""
    found: list[Query] = [{_AT + "unfinished": True}]
    if how == "none":
        return [*found, {_AT + "due": None}]
    found.append({_AT + "paused": how == "paused"})
    tomorrow, afterwards = (iso(day_begins(day(now) + days)) for days in (1, 1 + SOON_DAYS))
    bounds: dict[str, Query] = {
        "late": {"$lt": iso(now)},
        "today": {"$gte": iso(now), "$lt": tomorrow},
        "soon": {"$gte": tomorrow, "$lt": afterwards},
        "later": {"$gte": afterwards},
        "pressing": {"$lt": afterwards},
        "paused": {"$gt": ""},
    }
    return [*found, {_AT + "due": bounds[how]}]


def _edges(bucket: int) -> tuple[int, int | None]:
    """In seconds; the first bucket begins before everything."""
    return EDGES[bucket - 1] if bucket else -1, EDGES[bucket] if bucket < len(EDGES) else None


def _ago(fact: str, bucket: int, now: int) -> list[Query]:
    low, high = _edges(bucket)
    found: list[Query] = []
    if bucket:
        found.append({_AT + fact: {"$lte": iso(now - low * SECOND)}})
    if high is not None:
        found.append({_AT + fact: {"$gt": iso(now - high * SECOND)}})
    return found


def _begins(on: date) -> str:
    there = datetime(on.year, on.month, on.day, tzinfo=_VIETNAM)
    return iso(micros(there.astimezone(UTC).isoformat()))
