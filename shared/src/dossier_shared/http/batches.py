"""The items of a batch, each judged on its own: one that cannot be read does not take its neighbours along.

A good body costs what it always did. Only where it is not good as a whole is it taken apart: by the model where it is JSON,
else as text, so that even an item no parser takes (half a surrogate, a NUL, a wrong byte) is refused alone.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from dossier_shared.errors import Refusal
from dossier_shared.http.jsonbody import parse_json
from dossier_shared.http.problems import as_problem, unexpected
from dossier_shared.http.refusals import told
from dossier_shared.http.validation import invalid, validated
from dossier_shared.journal.outages import is_outage
from dossier_shared.problems import Problem

log = structlog.get_logger("dossier.http")

MAX_TOKENS = 1_000_000  # of a body taken apart as text: some 300 ms; a batch of 500 filings has about a fifth
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}:,]', re.DOTALL)
_OPENS, _CLOSES = frozenset((b"[", b"{")), frozenset((b"]", b"}"))

Item = TypeVar("Item", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """`key`: empty where the item has none that can be used."""

    key: str
    problem: Problem


def read_items(batch: type[BaseModel], item: type[Item], body: bytes) -> list[Item | RefusedItem]:
    """What `batch` (a model with `items`) holds. Raises Problem only where the envelope itself cannot be used."""
    found: Sequence[Any]
    body = body.removeprefix(BOM_UTF8)
    try:
        value = parse_json(body)
    except Problem as problem:
        if problem.code == "body-encoding":
            raise
        parts = _apart(body)
        if parts is None:
            raise
        envelope, found = parts
        rest = parse_json(envelope)
        if not isinstance(rest, dict) or rest.get("items") != [0]:
            raise problem from None
        try:
            batch.model_validate({**rest, "items": [None] * len(found)})
        except ValidationError as error:
            _check_envelope(error)
        return _distinct([_of_text(part, item) for part in found])
    try:
        good: Any = batch.model_validate(value)
    except ValidationError as error:
        _check_envelope(error)
        return _distinct([_of_value(one, item) for one in value["items"]])
    return _distinct(good.items)


def refused_outcome(position: int, key: str, error: Exception, request_id: str) -> dict[str, Any]:
    """A fault of ours is logged, and is this item's alone."""
    problem = as_problem(error)
    if problem is None:
        problem = unexpected()
        log.error("unexpected", exc_info=error)
    return {"position": position, "key": key, "status": problem.http_status, "problem": problem.body(request_id)}


def demand_some(outcomes: Sequence[object]) -> None:
    """Raises where every one failed for the same outage: then nothing was recorded, and all of it may be sent again."""
    failed = [one for one in outcomes if isinstance(one, Exception)]
    faults = [one for one in failed if not isinstance(one, Refusal)]
    if faults and len(failed) == len(outcomes) and all(map(is_outage, faults)):
        raise faults[0]


def _check_envelope(error: ValidationError) -> None:
    """Raises Invalid with what is wrong beside the items themselves, or with their number."""
    findings = error.errors(include_url=False, include_context=False, include_input=False)
    if beside := [one for one in findings if len(one["loc"]) < 2 or one["loc"][0] != "items"]:
        raise invalid(beside) from None


def _of_value(value: Any, item: type[Item]) -> Item | RefusedItem:
    try:
        return validated(item, value)
    except Problem as problem:
        return RefusedItem(_usable_key(value), problem)


def _of_text(text: bytes, item: type[Item]) -> Item | RefusedItem:
    try:
        return _of_value(parse_json(text), item)
    except Problem as problem:
        return RefusedItem(_usable_key(_leniently(text)), problem)


def _distinct(items: Sequence[Item | RefusedItem]) -> list[Item | RefusedItem]:
    """A key stands for one action: who uses it for a second, other one is told so, whatever dossier it is about."""
    seen: dict[str, Item] = {}
    found: list[Item | RefusedItem] = []
    for one in items:
        if not isinstance(one, RefusedItem):
            key: str = one.key  # type: ignore[attr-defined]
            first = seen.setdefault(key, one)
            if first is not one and first != one:
                found.append(RefusedItem(key, told(Refusal("idempotency-key-reused"))))
                continue
        found.append(one)
    return found


def _usable_key(value: Any) -> str:
    key = value.get("key") if isinstance(value, dict) else None
    return key if isinstance(key, str) and _KEY.fullmatch(key) else ""


def _leniently(text: bytes) -> Any:
    """Only to find the key of what has been refused already."""
    try:
        return json.loads(text.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _apart(body: bytes) -> tuple[bytes, list[bytes]] | None:
    """The text of each item, and of all the rest with `[0]` for them; None where there is no list `items` in it."""
    depth, last, name = 0, b"", b""
    begin = start = -1
    parts: list[bytes] = []
    for token in islice(_TOKEN.finditer(body), MAX_TOKENS):
        text = token[0]
        if text in _OPENS:
            if depth == 1 and text == b"[" and name == b'"items"':
                begin = start = token.end()
            depth += 1
        elif text in _CLOSES:
            depth -= 1
            if begin >= 0 and depth == 1:
                parts.append(body[start : token.start()])
                empty = len(parts) == 1 and not parts[0].strip()
                return body[:begin] + b"0" + body[token.start() :], [] if empty else parts
        elif depth == 2 and begin >= 0 and text == b",":
            parts.append(body[start : token.start()])
            start = token.end()
        elif depth == 1 and begin < 0:
            if text == b":":
                name = last
            elif text == b",":
                name = b""
            last = text
    return None
