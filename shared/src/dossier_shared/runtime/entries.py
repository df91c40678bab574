"""Entries of compacted topics of one partition, each taken once: a reader that begins again, because the broker was away, tells
what is long past from its beginning, and nobody must get back for a moment what was taken from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from dossier_shared.contracts.envelope import RawRecord

E = TypeVar("E", bound=BaseModel)
log = structlog.get_logger()


class Entries(Generic[E]):
    def __init__(self, model: type[E]) -> None:
        self._model = model
        self._reached: dict[str, int] = {}  # by topic, the offset behind the last one taken

    def fresh(self, records: Sequence[RawRecord]) -> Iterator[tuple[str, E | None]]:
        """Key and entry, None where there is none any more. Of one that cannot be read what stands stays."""
        for record in records:
            if record.offset < self._reached.get(record.topic, 0):
                continue
            self._reached[record.topic] = record.offset + 1
            key = (record.key or b"").decode("utf-8", "replace")
            try:
                yield key, self._model.model_validate_json(record.value) if record.value else None
            except ValueError as error:
                log.warning("entry cannot be read", topic=record.topic, key=key[:100], error=repr(error)[:200])
