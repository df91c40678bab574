"""What is said of a measure: the row of the registry. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from dossier_monitor.projection.dossier import DossierProjection
from dossier_monitor.projection.standing import Standing

# Kept on `monitor.board`: cell, officer, and by the minute flow (of an agency) and deeds (of an officer).
# Worked out from those: row (an agency's line), page (its own page), group (a procedure's or channel's line), staff (an
# officer's line). Counted by the database: indicator.
Where = Literal["cell", "officer", "flow", "deeds", "row", "page", "group", "staff", "indicator"]
Unit = Literal["dossiers", "messages", "seconds", "share", "saved", "level"]
Value = int | float | str | None
Key = str | int | tuple[str | int, ...]  # what a name goes on with; empty: nothing
Condition = Mapping[str, Any]  # field of `state.facts` -> its value; a list: one of these


class Without(str):
    """Why a measure has no filter, or no words of its own."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """Of the dossiers whose `by` lies in the period and which are `of`, those that are also `hit`.

    `overdue`: to `of` come those which at the period's end are unfinished though their appointment has passed.
    """

    by: Literal["filed_day", "ended_day"]
    of: Condition
    hit: Condition
    overdue: bool = False
    less_is_better: bool = False
    tabled: bool = False  # a column of the report's tables by agency and by procedure

    def condition(self, part: Literal["hit", "of"]) -> Condition:
        return {**self.of, **self.hit} if part == "hit" else self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`of`: where it is kept or shown."""

    name: str
    of: tuple[Where, ...]
    meaning: str
    text: str | Without  # the id of a text of the pages
    filter: Mapping[str, str] | Without  # query parameters of the lists; an officer's are asked for beside `officer`
    unit: Unit = "dossiers"
    over: Mapping[str, Sequence[str | int]] = field(default_factory=dict)  # what its name goes on with

    # how a dossier counts in what is kept of cells and officers
    reached: int | None = None  # once this milestone is behind it
    choose: Callable[[Standing], Key | None] | None = None  # under which of the names; None: not
    took: Literal["bucket", "seconds"] | None = None  # each passage behind it, by its bucket or summed up
    amount: Callable[[DossierProjection], int] | None = None  # adds so much

    # of an officer's deed
    by: int | None = None  # of the people of a mark, whose deed it is
    done: Callable[[DossierProjection], int] | None = None  # when it was done, where that is no milestone; 0: not yet
    moment: Callable[[DossierProjection], int] | None = None  # the same, where it is dated otherwise than it is counted
    passage: str = ""  # how long that deed took
    fact: Condition | None = None  # what the facts say of it: the filter `did`

    # how it is shown
    reads: Callable[..., Value] | None = None  # of counts and what its name goes on with; None: the count of that name
    column: int | None = None  # its place in the exports of board and officers
    drawn: bool = False  # a large number of the live pages; of a deed: a column of an agency's page
    bit: int | None = None  # its place in a code of the history: stored, never given to another
    indicator: Indicator | None = None  # None: counted otherwise, or not at all yet

    def names(self) -> dict[Key, str]:
        """By what the name goes on with: all names under which it is kept or shown."""
        return {
            (parts if len(parts) > 1 else parts[0] if parts else ""): ":".join(map(str, (self.name, *parts)))
            for parts in product(*self.over.values())
        }

    def filters(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each of its names, and the query parameters that find the dossiers behind it; nothing where it has no filter."""
        if not isinstance(self.filter, Without):
            for parts, name in zip(product(*self.over.values()), self.names().values(), strict=True):
                said = dict(zip(self.over, parts, strict=True))
                yield name, {asked: value.format(**said) for asked, value in self.filter.items()}
