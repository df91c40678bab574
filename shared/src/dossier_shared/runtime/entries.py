"""Entries of compacted topics of one partition, each taken once: a reader that begins again, because the broker was away, tells
what is long past from its beginning, and nobody must get back for a moment what was taken from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from dossier_shared.contracts.envelope import RawRecord

E = TypeVar("E", bound=BaseModel)
log = structlog.get_logger()


class Entries(Generic[E]):
    """As the topic has them now, by key; found by each of the `members`, too."""

    def __init__(self, model: type[E], *members: str) -> None:
        self._model = model
        self._reached: dict[str, int] = {}  # by topic, the offset behind the last one taken
        self.all: dict[str, E] = {}
        self._found: dict[str, dict[str, dict[str, E]]] = {member: {} for member in members}

    def by(self, member: str, value: str) -> dict[str, E]:
        return self._found[member].get(value, {})

    def take(self, records: Sequence[RawRecord]) -> None:
        """Of one that cannot be read what stands stays."""
        for record in records:
            if record.offset < self._reached.get(record.topic, 0):
                continue
            self._reached[record.topic] = record.offset + 1
            key = (record.key or b"").decode("utf-8", "replace")
            try:
                self.put(key, self._model.model_validate_json(record.value) if record.value else None)
            except ValueError as error:
                log.warning("entry cannot be read", topic=record.topic, key=key[:100], error=repr(error)[:200])

    def put(self, key: str, entry: E | None) -> None:
        """None: there is none any more."""
        before = self.all.pop(key, None)
        for member, found in self._found.items():
            if before is not None:
                _drop(found, getattr(before, member), key)
            if entry is not None:
                found.setdefault(getattr(entry, member), {})[key] = entry
        if entry is not None:
            self.all[key] = entry


def _drop(found: dict[str, dict[str, E]], value: str, key: str) -> None:
    del found[value][key]
    if not found[value]:
        del found[value]
