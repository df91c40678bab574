"""Lists page by page: an opaque cursor names the row after which the next page begins.

A cursor carries a short mark of the list that gave it. The cursor of another list, agency or stage is refused; it is not taken
for the end. A list is one section after another (a work list: dossiers to be accepted, then dossiers to be paid for), each
ordered by one value, then by id. So no two rows share a place, and rows that come or go meanwhile move no others.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import orjson

from dossier_shared.clock import instant, parse_instant
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import Dossier

LENGTH = 500


class Cursor(NamedTuple):
    """The place of the last row of a page."""

    section: int
    value: str | None
    id: str

    def encode(self, mark: str) -> str:
        return packed(mark, *self)

    @classmethod
    def decode(cls, text: str, mark: str) -> Cursor:
        section, value, id_ = unpacked(text, mark, 3)
        if not isinstance(section, int) or not 0 <= section < 100:
            raise Refusal("invalid-place")
        return cls(section, *checked(value, id_))


def mark_of(*facts: Any) -> str:
    """The mark of a list, made of whatever decides which rows it has and in which order."""
    return blake2b(orjson.dumps(facts), digest_size=6).hexdigest()


def packed(mark: str, *values: object) -> str:
    return urlsafe_b64encode(orjson.dumps([mark, *values])).decode().rstrip("=")


def unpacked(text: str, mark: str, count: int) -> list[Any]:
    try:
        if len(text) > LENGTH:
            raise ValueError
        found = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise Refusal("invalid-place") from None
    if not isinstance(found, list) or len(found) != count + 1 or found[0] != mark:
        raise Refusal("invalid-place")
    return found[1:]


def checked(value: object, id_: object) -> tuple[str | None, str]:
    if not isinstance(id_, str) or not isinstance(value, str | None) or "\0" in id_ or "\0" in (value or ""):
        raise Refusal("invalid-place")
    return value, id_


class Section(NamedTuple):
    """Rows that meet `query` in the order of `fact` (a path below `state`), then of their ids."""

    query: Mapping[str, Any]
    fact: str
    ascending: bool = True

    @property
    def keys(self) -> tuple[tuple[str, int], tuple[str, int]]:
        way = 1 if self.ascending else -1
        return (f"state.{self.fact}", way), ("_id", way)

    def beyond(self, cursor: Cursor) -> dict[str, Any]:
        """The query for the rows after it. As MongoDB sorts: rows without this value come first, or last in descending order.
        The whole range stands beside its parts: by these alone an index is read from the list's first row on."""
        key, on = f"state.{self.fact}", "$gt" if self.ascending else "$lt"
        later: list[dict[str, Any]] = [{key: cursor.value, "_id": {on: cursor.id}}]
        if cursor.value is not None:
            later.append({key: {on: cursor.value}})
            if not self.ascending:
                later.append({key: None})
        elif self.ascending:
            later.append({key: {"$gte": ""}})
        bound: list[dict[str, Any]] = []
        if cursor.value is not None:
            bound = [{key: {"$gte": cursor.value} if self.ascending else {"$not": {"$gt": cursor.value}}}]
        return {"$and": [_within(self.query, bound), *bound, {"$or": later}]}

    def value(self, dossier: Dossier) -> str | None:
        found: Any = dossier.state
        for part in self.fact.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else None


def _within(query: Mapping[str, Any], bound: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The same, with the bound in each of its alternatives: MongoDB puts it into none by itself, and would read all before it."""
    inner = {key: [_within(one, bound) for one in query[key]] for key in ("$and", "$or") if key in query}
    if "$or" in inner:
        inner["$or"] = [{"$and": [one, *bound]} for one in inner["$or"]] if bound else inner["$or"]
    return {**query, **inner}


class Finder(Protocol):
    async def find(
        self, query: Mapping[str, Any], *, limit: int, sort: Sequence[tuple[str, int]] = ...
    ) -> list[Dossier]: ...


class Page(NamedTuple):
    rows: list[Dossier]
    next: str | None


async def page_of(
    dossiers: Finder,
    sections: Sequence[Section],
    limit: int,
    cursor: str | None,
    *,
    also: Mapping[str, Any] | None = None,
) -> Page:
    """One page of a list. Refused where the cursor is not one of this list. `also`: what rows must meet besides that changes from
    page to page, as the time does."""
    mark = mark_of(*([*section] for section in sections))
    begin = Cursor.decode(cursor, mark) if cursor is not None else None
    first = begin.section if begin else 0
    if first >= len(sections):
        raise Refusal("invalid-place")
    found: list[tuple[int, Dossier]] = []
    for number in range(first, len(sections)):
        section = sections[number]
        query = section.beyond(begin) if begin and number == first else section.query
        query = {"$and": [query, also]} if also else query
        rows = await dossiers.find(query, limit=limit + 1 - len(found), sort=section.keys)
        found += [(number, row) for row in rows]
        if len(found) > limit:
            number, last = found[limit - 1]
            return Page(
                [row for _, row in found[:limit]], Cursor(number, sections[number].value(last), last.id).encode(mark)
            )
    return Page([row for _, row in found], None)


async def page_by_time(
    table: Any,
    field: str,
    limit: int,
    cursor: str | None,
    *,
    ascending: bool = True,
    where: Mapping[str, Any] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Documents in the order of a time and their id, and the cursor of the next page."""
    on, way = ("$gt", 1) if ascending else ("$lt", -1)
    query: dict[str, Any] = dict(where or {})
    mark = mark_of(table.full_name, field, ascending, *([where] if where else ()))
    if cursor is not None:
        place = Cursor.decode(cursor, mark)
        try:
            at = parse_instant(place.value or "")
        except ValueError:
            raise Refusal("invalid-place") from None
        query["$or"] = [{field: {on: at}}, {field: at, "_id": {on: place.id}}]
    found = await table.find(query).sort([(field, way), ("_id", way)]).limit(limit + 1).to_list(None)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], Cursor(0, instant(last[field]), last["_id"]).encode(mark) if last else None
