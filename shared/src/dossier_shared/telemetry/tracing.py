"""OpenTelemetry traces: on where OTEL_EXPORTER_OTLP_ENDPOINT is set, otherwise an event's `traceparent` is only handed on.

While traces are off, a call here costs next to nothing and the SDK is not imported (only `spans.py` imports it). There is a span
for each request, batch and consumed event; the span of a batch with several traces has a link to each (OpenTelemetry's
conventions for messaging). Only what is sampled gets a span. See docs/decisions/0017-traces-travel-in-the-journal.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

from starlette.middleware import Middleware

from dossier_shared.contracts.traceparent import HEADER, current, read
from dossier_shared.settings.reading import refuse
from dossier_shared.telemetry.tracing_settings import wanted

if TYPE_CHECKING:
    from dossier_shared.contracts.envelope import Event, Record
    from dossier_shared.telemetry.spans import Spans

FLUSH_WITHIN = 3.0  # seconds; a collector that is away does not hold up the end of a service
_spans: Spans | None = None


class Processing(Protocol):
    """Spans of events being heard."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: Any) -> None: ...

    def left(self, waits: Collection[str]) -> None:
        """These, by id, were not applied this time."""
        ...


class _Nothing:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def left(self, waits: Collection[str]) -> None:
        pass


_NOTHING = _Nothing()


def configure(service: str, instance: str) -> None:
    """Once per process, before requests or events are taken."""
    if _spans is None and wanted(service):
        from dossier_shared.telemetry.spans import Spans, exporting

        try:
            install(Spans(exporting(service, instance)))
        except ValueError as error:  # what the SDK itself refuses
            refuse(service, f"OTEL_*: {error}")


def install(spans: Spans | None) -> None:
    global _spans
    _spans = spans


def close() -> None:
    """What is still in memory is sent, within a moment or not at all."""
    spans = _spans
    install(None)
    if spans is not None:
        spans.close(FLUSH_WITHIN)


async def shutdown() -> None:
    if _spans is not None:
        await asyncio.to_thread(close)


def layers() -> list[Middleware]:
    """Of the web stack."""
    if _spans is None:
        return []
    from dossier_shared.telemetry.spans import TracedRequests

    return [Middleware(TracedRequests, spans=_spans)]


def of_command(headers: Mapping[bytes, bytes]) -> str | None:
    """What the events of this command carry: its request's span. While traces are off nothing, whatever came with it:
    no client decides what is in a journal that the last release may have to take back."""
    if _spans is None:
        current.set(read(headers.get(HEADER)))  # for the log
        return None
    return current.get()


def processing(groups: Iterable[Sequence[Event]]) -> Processing:
    """One span per traced event that is applied; `event.onward` is its, for what is recorded on hearing it."""
    return _NOTHING if _spans is None else _spans.processing(groups)


def span(name: str, attributes: Callable[[], Mapping[str, Any]]) -> AbstractContextManager[object]:
    """A part of the request being answered."""
    return _NOTHING if _spans is None else _spans.part(name, current.get(), attributes())


def storing(traceparents: Iterable[str | None], dossiers: int) -> AbstractContextManager[object]:
    """One bulk write, for all whose events are in it. `traceparents` is read only while traces are on."""
    return _NOTHING if _spans is None else _spans.storing(traceparents, dossiers)


def sending(topic: str, records: Sequence[Record]) -> AbstractContextManager[object]:
    """One lot on its way to a topic."""
    return _NOTHING if _spans is None else _spans.sending(topic, records)


def acting(source: str, traceparents: Iterable[str | None], intents: int) -> AbstractContextManager[object]:
    """Effects outside, carried out together."""
    return _NOTHING if _spans is None else _spans.acting(source, traceparents, intents)


def folding(traceparents: Sequence[str]) -> AbstractContextManager[object]:
    """Events folded together into numbers."""
    return _NOTHING if _spans is None else _spans.folding(traceparents)
