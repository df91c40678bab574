"""OpenTelemetry traces: on where OTEL_EXPORTER_OTLP_ENDPOINT is set, otherwise an event's `traceparent` is only handed on.

What the core says here costs a call while traces are off, and the SDK is not imported (`spans.py` does). Spans are made per
request, per batch, and per event heard; of batches that hold several traces they are linked to each (OpenTelemetry's
conventions for messaging). A span is made only of what is sampled. See docs/decisions/traces-travel-in-the-journal.md.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self
from urllib.parse import urlsplit

from starlette.middleware import Middleware

from dossier_shared.configuration import EXIT
from dossier_shared.traceparent import HEADER, current, read

if TYPE_CHECKING:
    from dossier_shared.effects import Intent
    from dossier_shared.envelope import Event, Record
    from dossier_shared.journal import Dossier
    from dossier_shared.ledger import Work
    from dossier_shared.spans import Spans

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
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


def wanted(service: str) -> bool:
    """As the environment says; a setting that would send nothing anywhere ends the process with one line."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    given = [(name, os.environ[name]) for name in ENDPOINTS if os.environ.get(name)]
    if not given:
        return False
    name, endpoint = given[0]
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc:
        _refuse(f"{service}: {name}: an http(s) address is needed, such as http://collector:4318")
    for name in PROTOCOLS:
        if os.environ.get(name, "http/protobuf") != "http/protobuf":
            _refuse(f"{service}: {name}: only http/protobuf is spoken here")
    return True


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(EXIT)


def configure(service: str, instance: str) -> None:
    """Once per process, before requests or events are taken."""
    if _spans is None and wanted(service):
        from dossier_shared.spans import Spans, exporting

        install(Spans(exporting(service, instance)))


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
    from dossier_shared.spans import TracedRequests

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


def storing(dossiers: Sequence[Dossier], work: Mapping[str, Work]) -> AbstractContextManager[object]:
    """One bulk write, for all whose events are in it."""
    return _NOTHING if _spans is None else _spans.storing(dossiers, work)


def sending(topic: str, lot: Sequence[Record]) -> AbstractContextManager[object]:
    """One lot on its way to a topic."""
    return _NOTHING if _spans is None else _spans.sending(topic, lot)


def acting(source: str, intents: Collection[Intent]) -> AbstractContextManager[object]:
    """Effects outside, carried out together."""
    return _NOTHING if _spans is None else _spans.acting(source, intents)


def folding(traceparents: Sequence[str]) -> AbstractContextManager[object]:
    """Events folded together into numbers."""
    return _NOTHING if _spans is None else _spans.folding(traceparents)
