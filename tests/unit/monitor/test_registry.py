"""The table of measures: whole, said in both languages, and behind each number as many dossiers as it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from dossier_monitor.indicators import store
from dossier_monitor.lists.filters import Filter, query
from dossier_monitor.lists.pages import _WORDS
from dossier_monitor.projection.dossier import MILESTONES, PEOPLE, DossierProjection, micros, take
from dossier_monitor.projection.facts import facts
from dossier_monitor.projection.measure import Measure, Without
from dossier_monitor.projection.measures import counted
from dossier_monitor.projection.registry import MEASURES, behind, measured
from dossier_shared.clock import instant
from dossier_shared.pages.texts import LANGUAGES, texts

from .desk_lives import desk_life
from .stories import START, Chain, lives
from .test_recount import mark_of

KEPT = {"cell", "officer"}
READ = {"row", "page", "group", "staff"}


def faults(rows: Sequence[Measure]) -> list[str]:
    found = [
        f"{one.name}: {fault}" for one in rows for fault in (*_meant(one), *_said(one), *_found(one), *_counted(one))
    ]
    for what, many in (
        ("twice", [(where, name) for one in rows for where in one.of for name in one.names().values()]),
        ("one bit for two", [one.bit for one in rows if one.bit is not None]),
        (
            "one column for two",
            [(where, one.column) for one in rows for where in one.of if one.column and where in READ],
        ),
    ):
        found += [f"{key}: {what}" for key, number in Counter(many).items() if number > 1]
    return found


def _meant(one: Measure) -> Iterator[str]:
    if not one.meaning or "|" in one.meaning:
        yield "no meaning that fits into a table"
    if not one.of:
        yield "is nowhere"
    for why in (one.text, one.filter):
        if isinstance(why, Without) and not why:
            yield "does not say why it is without"


def _said(one: Measure) -> Iterator[str]:
    if isinstance(one.text, Without):
        return
    for lang in LANGUAGES:
        for parts in product(*one.over.values()):
            id_ = one.text.format(**dict(zip(one.over, parts, strict=True)))
            if id_ not in texts(lang).of(id_.partition(".")[0]):
                yield f"no text {id_!r} in {lang}"
            if id_.startswith("indicator.") and not texts(lang).label("indicator_meaning", one.name, ""):
                yield "an indicator without its meaning"


def _found(one: Measure) -> Iterator[str]:
    for name, asked in one.filters():
        try:
            Filter.model_validate(asked)
        except ValidationError as error:
            yield f"no filter finds {name}: {error}"
        for parameter, value in asked.items():
            said = [("lists", parameter), *([(_WORDS[parameter], value)] if parameter in _WORDS else [])]
            if not all(texts(lang).label(family, word, "") for lang in LANGUAGES for family, word in said):
                yield f"a list cannot say {parameter}={value}"


def _counted(one: Measure) -> Iterator[str]:
    ways = [way for way in ("reached", "choose", "took", "amount", "done") if getattr(one, way) is not None]
    if not KEPT.isdisjoint(one.of) and len(ways) != 1:
        yield f"a dossier counts in it in {len(ways)} ways"
    if {"flow", "deeds"} & {*one.of} and one.reached is None and one.done is None:
        yield "has no moment"
    if "deeds" in one.of and not (one.by is not None and one.fact and one.passage):
        yield "whose deed it is, how long it took or how the facts have it is not said"
    if one.reads is None and not READ.isdisjoint(one.of) and KEPT.isdisjoint(one.of):
        yield "is shown, and nothing counts it"
    if one.column and isinstance(one.text, Without):
        yield "a column without a heading"
    if one.drawn and isinstance(one.filter, Without):
        yield "a number that leads nowhere"
    if "indicator" in one.of and one.indicator is None and one.unit == "share" and "yet" not in one.filter:
        yield "an indicator of nothing"


def test_every_measure_is_whole() -> None:
    assert faults(MEASURES) == []


def row(name: str, where: str) -> Measure:
    return next(one for one in MEASURES if one.name == name and where in one.of)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (replace(row("filed", "cell"), text="board.nowhere"), "no text 'board.nowhere' in vi"),
        (replace(row("wait", "cell"), text="wait.{whom}"), "no text 'wait.counter' in en"),
        (replace(row("online", "indicator"), text="indicator.offline"), "no text 'indicator.offline' in en"),
        (replace(row("filed", "cell"), text=Without("")), "does not say why it is without"),
        (replace(row("filed", "cell"), text=Without("because")), "a column without a heading"),
        (replace(row("filed", "cell"), filter={"reached": "nowhere"}), "no filter finds filed"),
        (replace(row("filed", "cell"), filter={"outcome": "signed"}), "a list cannot say outcome=signed"),
        (replace(row("filed", "cell"), filter=Without("")), "does not say why it is without"),
        (replace(row("filed", "cell"), reached=None), "counts in it in 0 ways"),
        (replace(row("filed", "cell"), choose=lambda s: s.stage), "counts in it in 2 ways"),
        (replace(row("filed", "cell"), meaning=""), "no meaning"),
        (replace(row("filed", "cell"), of=()), "is nowhere"),
        (replace(row("filed", "cell"), bit=6), "6: one bit for two"),
        (replace(row("filed", "cell"), column=8), "one column for two"),
        (replace(row("filed", "cell"), name="signed"), "('cell', 'signed'): twice"),
        (replace(row("decided", "deeds"), by=None), "whose deed it is"),
        (replace(row("decided", "deeds"), done=None), "has no moment"),
        (replace(row("open", "row"), reads=None), "nothing counts it"),
        (replace(row("open", "row"), filter=Without("because")), "leads nowhere"),
        (replace(row("online", "indicator"), indicator=None), "an indicator of nothing"),
    ],
)  # fmt: skip
def test_a_measure_that_lacks_something_is_found_out(broken: Measure, fault: str) -> None:
    found = faults([broken, *(one for one in MEASURES if one.name != broken.name or one.of != broken.of)])
    found += faults([broken, *MEASURES])
    assert any(fault in one for one in found), found


def test_an_index_has_what_an_indicator_counts() -> None:
    for one in measured("indicator"):
        if one.indicator:
            assert {*one.indicator.of, *one.indicator.hit} <= set(store._READ[one.indicator.by]), one.name


def matches(document: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """As the database judges the few operators of the lists."""
    for field, wanted in asked.items():
        if field == "$and":
            held = all(matches(document, one) for one in wanted)
        else:
            value: Any = document
            for part in field.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            held = _holds(value, wanted)
        if not held:
            return False
    return True


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return wanted in value if isinstance(value, list) else bool(value == wanted)
    judge: dict[str, Callable[[Any], bool]] = {
        "$eq": lambda bound: value == bound,
        "$ne": lambda bound: value != bound,
        "$type": lambda bound: bound == "string" and isinstance(value, str),
        "$lt": lambda bound: value is not None and value < bound,
        "$lte": lambda bound: value is not None and value <= bound,
        "$gt": lambda bound: value is not None and value > bound,
        "$gte": lambda bound: value is not None and value >= bound,
    }
    return all(judge[how](bound) for how, bound in wanted.items())


def projections() -> list[DossierProjection]:
    """Each story to its end, and to some point of it; some stopped there, some of which intake is not heard yet."""
    found = []
    for number, story in enumerate(lives(120, 11)):
        begun = story[: 1 + number % len(story)]
        end = Chain().event(story[0].dossier, "review", "stopped", START + timedelta(hours=20))
        end.seq = 99
        later = [event for event in story if event.source != "intake"]
        stops = number % 5 == 0 and {"refused", "approved", "rejected"}.isdisjoint(event.type for event in begun)
        for heard in (story, begun, [*begun, end] if stops else [], later if number % 7 == 0 else []):
            projection = DossierProjection()
            for event in heard:
                take(projection, event)
            if heard:
                found.append(projection)
    random, chain = Random(5), Chain()
    return [*found, *(mark_of(desk_life(random, chain, f"K{number}")) for number in range(60))]


@pytest.mark.parametrize("hours", [1, 30, 24 * 12])
def test_behind_every_number_are_as_many_dossiers(hours: int) -> None:
    now = micros(instant(START + timedelta(hours=hours)))
    some = projections()
    documents = [{"state": {"facts": facts(projection, projection.overseers)}} for projection in some]
    cells, officers = Counter[str](), dict[str, Counter[str]]()
    for projection in some:
        cell, theirs = counted(projection, now)
        cells.update(cell)
        for who, numbers in theirs.items():
            officers.setdefault(who, Counter()).update(numbers)
    for told, asked, of in (
        (cells, behind("cell"), {}),
        *((officers[who], behind("officer"), {"officer": who}) for who in sorted(officers)[:4]),
    ):
        wrong = {}
        for name, parameters in asked.items():
            wanted = query(Filter.model_validate(parameters | of), None, now)
            found = sum(matches(document, wanted) for document in documents)
            if found != told[name]:
                wrong[name] = (found, told[name])
        assert wrong == {}, of


def test_no_number_is_kept_that_is_not_in_the_table_and_each_of_the_table_occurs() -> None:
    seen: dict[str, set[str]] = {"cell": set(), "officer": set()}
    for hours in (1, 30, 100, 24 * 12):
        for projection in projections():
            cell, theirs = counted(projection, micros(instant(START + timedelta(hours=hours))))
            seen["cell"] |= cell.keys()
            seen["officer"].update(*theirs.values())
    for where, names in seen.items():
        rows = [one for one in MEASURES if where in one.of]
        assert names <= {name for one in rows for name in one.names().values()}
        assert [one.name for one in rows if names.isdisjoint(one.names().values())] == []


def test_bits_and_milestones_and_people_are_those_of_the_marks() -> None:
    """Bits are stored in every timeline: 0 to 4 say that it is known, its stage, and that it is late."""
    assert all(one.bit is None or one.bit > 4 for one in MEASURES)
    assert all(one.reached is None or one.reached < len(MILESTONES) for one in MEASURES)
    assert all(one.by is None or one.by < len(PEOPLE) for one in MEASURES)
