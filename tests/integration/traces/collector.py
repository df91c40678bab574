"""A collector as OTLP over HTTP has it: takes what is exported, decodes it, keeps it in memory."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SERVER, CLIENT, CONSUMER = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_CONSUMER


@dataclass(frozen=True)
class Told:
    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str  # empty: a root
    links: tuple[tuple[str, str], ...]  # trace and span
    attributes: dict[str, Any]

    @property
    def event(self) -> str | None:
        """What was processed, as `<dossier>:<source>:<seq>`."""
        return self.attributes.get("messaging.message.id") if self.kind == CONSUMER else None


class Collector:
    def __init__(self) -> None:
        self.spans: list[Told] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                good = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
                if good:
                    collector.take(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200 if good else 400)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for group in request.resource_spans:
            about = _values(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_told(str(about["service.name"]), span) for span in scope.spans]

    def of(self, trace: str) -> list[Told]:
        return [span for span in self.spans if span.trace == trace]


def _told(service: str, span: Span) -> Told:
    links = tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Told(service, span.name, span.kind, *ids, links, _values(span.attributes))


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
