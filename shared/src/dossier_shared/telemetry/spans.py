"""The spans themselves, by OpenTelemetry's SDK; imported only where traces are on (`tracing.py`)."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Self

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_shared.contracts.envelope import Event, Record
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.contracts.traceparent import HEADER, current, read, sampled, write
from dossier_shared.telemetry.request import route_template, shown_path

LINKS = 128  # of one span; what the SDK keeps by default
_UNSEEN = frozenset({"/health/live", "/health/ready", "/metrics"})  # asked every few seconds by whoever watches
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_KAFKA = {"messaging.system": "kafka"}
_NO_CONTEXT = Context()


def exporting(service: str, instance: str) -> TracerProvider:
    """Sampler, limits, batches and the exporter's own settings are read from OTEL_* by the SDK."""
    about = {"service.namespace": "dossier", "service.instance.id": f"{service}-{instance}"}
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not named:
        about["service.name"] = service
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Spans:
    """The provider is nobody else's: what libraries trace by themselves stays off."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self.tracer = provider.get_tracer("dossier")

    def close(self, within: float) -> None:
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(within)

    def part(
        self, name: str, parent: str | None, attributes: Mapping[str, Any], kind: SpanKind = SpanKind.INTERNAL
    ) -> _Open:
        if parent is None or not sampled(parent):
            return _Open(None)
        return _Open(self.tracer.start_span(name, context=context_of(parent), kind=kind, attributes=dict(attributes)))

    def of_many(
        self, name: str, traceparents: Iterable[str | None], attributes: Mapping[str, Any], kind: SpanKind
    ) -> _Open:
        """A child of the trace it belongs to; of several, a trace of its own, linked to each."""
        found = list(dict.fromkeys(t for t in traceparents if t is not None and sampled(t)))
        if not found:
            return _Open(None)
        alone = len({t[3:35] for t in found}) == 1
        span = self.tracer.start_span(
            name,
            context=context_of(found[0]) if alone else _NO_CONTEXT,
            kind=kind,
            attributes=dict(attributes),
            links=[Link(_span_context(t)) for t in islice(found, LINKS)],
        )
        return _Open(span)

    # -- what the core does ----------------------------------------------------------------------------------------------

    def processing(self, groups: Iterable[Sequence[Event]]) -> _Heard:
        return _Heard(
            [(event, self._heard(event)) for group in groups for event in group if sampled(event.traceparent)]
        )

    def _heard(self, event: Event) -> Span:
        topic = BY_SOURCE[event.source].name
        id_ = f"{event.dossier}:{event.source}:{event.seq}"
        span = self.tracer.start_span(
            f"process {topic}",
            context=context_of(event.traceparent or ""),
            kind=SpanKind.CONSUMER,
            attributes={
                **_KAFKA,
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": topic,
                "messaging.message.id": id_,
                "cloudevents.event_id": id_,
                "cloudevents.event_source": event.source,
                "cloudevents.event_type": f"vn.dossier.{event.type}.v1",
                "dossier.id": event.dossier,
            },
        )
        event.onward = traceparent_of(span)
        return span

    def storing(self, traceparents: Iterable[str | None], dossiers: int) -> _Open:
        attributes = {
            "db.system.name": "mongodb",
            "db.operation.name": "bulkWrite",
            "db.operation.batch.size": dossiers,
        }
        return self.of_many("bulkWrite", traceparents, attributes, SpanKind.CLIENT)

    def sending(self, topic: str, records: Sequence[Record]) -> _Open:
        """Each record's own context is older than this: so its kind is CLIENT, and not PRODUCER."""
        attributes = {
            **_KAFKA,
            "messaging.operation.type": "send",
            "messaging.operation.name": "send",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": len(records),
        }
        carried = (read(dict(record.headers).get("ce_traceparent")) for record in records)
        return self.of_many(f"send {topic}", carried, attributes, SpanKind.CLIENT)

    def acting(self, source: str, traceparents: Iterable[str | None], intents: int) -> _Open:
        return self.of_many(f"act {source}", traceparents, {"dossier.intents": intents}, SpanKind.INTERNAL)

    def folding(self, traceparents: Sequence[str]) -> _Open:
        return self.of_many("fold", traceparents, {"dossier.events": len(traceparents)}, SpanKind.INTERNAL)


class _Open:
    """A span until the block ends; None: not sampled."""

    def __init__(self, span: Span | None) -> None:
        self.span = span

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self.span is not None:
            _end(self.span, error)


class _Heard:
    """What was dropped as a duplicate (`onward` is gone), or waits, was not processed: its span is not sent."""

    def __init__(self, spans: list[tuple[Event, Span]]) -> None:
        self._spans = spans
        self._waits: Collection[str] = ()

    def __enter__(self) -> Self:
        return self

    def left(self, waits: Collection[str]) -> None:
        self._waits = waits

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        for event, span in self._spans:
            if event.onward is not None and f"{event.dossier}:{event.source}:{event.seq}" not in self._waits:
                _end(span, error)


class TracedRequests:
    """One server span per request, of whoever answers it: a lane has no routing of FastAPI's to hook into.

    The query is left out: people are searched for by name and telephone.
    """

    def __init__(self, app: ASGIApp, spans: Spans) -> None:
        self.app, self.tracer = app, spans.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNSEEN:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        given = read(next((value for name, value in scope["headers"] if name == HEADER), None))
        span = self.tracer.start_span(
            method,
            context=context_of(given) if given else _NO_CONTEXT,
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "url.scheme": scope["scheme"]},
        )
        token = current.set(traceparent_of(span))

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.set_attribute("error.type", str(message["status"]))
                    span.set_status(StatusCode.ERROR)
            await send(message)

        error: BaseException | None = None
        try:
            await self.app(scope, receive, observed)
        except BaseException as raised:
            error = raised
            raise
        finally:
            span.set_attribute("url.path", shown_path(scope))
            if "route" in scope:
                route = route_template(scope)
                span.set_attribute("http.route", route)
                span.update_name(f"{method} {route}")
            _end(span, error)
            current.reset(token)


def _end(span: Span, error: BaseException | None) -> None:
    if error is not None:
        span.set_attribute("error.type", type(error).__name__)  # its text may name a person
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def traceparent_of(span: Span) -> str:
    of = span.get_span_context()
    return write(f"{of.trace_id:032x}", f"{of.span_id:016x}", of.trace_flags)


def context_of(traceparent: str) -> Context:
    return set_span_in_context(NonRecordingSpan(_span_context(traceparent)), _NO_CONTEXT)


def _span_context(traceparent: str) -> SpanContext:
    return SpanContext(
        trace_id=int(traceparent[3:35], 16),
        span_id=int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:], 16)),
    )
