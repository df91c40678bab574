"""Requests in traces: what a command carries on, and the server span where traces are on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import Request
from starlette.responses import Response

from dossier_shared.contracts.traceparent import read, sampled
from dossier_shared.http.commands import command_of
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.tokens import Principal
from dossier_shared.telemetry import tracing
from dossier_shared.telemetry.spans import Spans

from .support import Issuer, bearer, command_headers, make_app

GIVEN = "00-" + "a1" * 16 + "-" + "b2" * 8 + "-01"
NOTE = {"text": "a"}


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    told, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(told))
    tracing.install(Spans(provider))
    yield told
    tracing.install(None)


def traceparent(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-{span.context.trace_flags:02x}"


@pytest.mark.parametrize(
    ("given", "carried"),
    [
        (GIVEN, GIVEN),
        (GIVEN[:-2] + "00", GIVEN[:-2] + "00"),
        (GIVEN[:-2] + "ff", GIVEN[:-2] + "03"),
        ("cc" + GIVEN[2:] + "-what-is-new", GIVEN),
        ("nonsense", None),
        (GIVEN.upper(), None),
        (None, None),
    ],
)
def test_a_traceparent_is_read_as_far_as_version_00_goes(given: str | None, carried: str | None) -> None:
    assert read(given.encode() if given is not None else None) == carried


@pytest.mark.parametrize("path", ["/api/v1/notes", "/fast"])
@pytest.mark.parametrize("given", [GIVEN, "nonsense"])
async def test_while_traces_are_off_no_client_writes_into_a_journal(
    client: httpx.AsyncClient, path: str, given: str
) -> None:
    answer = await client.post(path, json=NOTE, headers={**command_headers(), "traceparent": given})
    assert answer.status_code == 201
    assert answer.json()["traceparent"] is None


def test_the_order_to_the_ledger_has_it_too() -> None:
    principal = Principal("u-1", frozenset({"counter"}), "H19.1", "")
    context = CommandContext(principal, "k", "f", None, None, "r", traceparent=GIVEN)
    assert command_of(context, permit=None).traceparent == GIVEN
    assert command_of(context, key="item", body=b"{}", permit=None).traceparent == GIVEN


@pytest.mark.parametrize("path", ["/api/v1/notes", "/fast"])
@pytest.mark.parametrize("given", [GIVEN, "nonsense", None])
async def test_a_command_carries_its_requests_span(
    told: InMemorySpanExporter, issuer: Issuer, path: str, given: str | None
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(issuer.verifier())), base_url="http://127.0.0.1"
    ) as client:
        headers = {**command_headers(), **({} if given is None else {"traceparent": given})}
        answer = await client.post(f"{path}?q=Nguy%E1%BB%85n", json=NOTE, headers=headers)
    [span] = told.get_finished_spans()
    assert answer.json()["traceparent"] == traceparent(span)
    assert (span.name, span.kind) == (f"POST {path}", SpanKind.SERVER)
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "http.route": path,
        "url.path": path,
        "url.scheme": "http",
    }
    if given == GIVEN:
        assert span.parent is not None
        assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == ("a1" * 16, "b2" * 8)
    else:
        assert span.parent is None


async def test_ids_are_no_names_faults_are_errors_and_probes_are_nothing(
    told: InMemorySpanExporter, issuer: Issuer
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(issuer.verifier())), base_url="http://127.0.0.1"
    ) as client:
        for path in ("/health/live", "/health/ready", "/metrics"):
            await client.get(path)
        assert told.get_finished_spans() == ()
        assert (await client.get("/api/v1/broken/fault")).status_code == 500
        assert (await client.get("/api/v1/broken/illegal")).status_code == 409
        assert (await client.get("/nowhere", headers=bearer())).status_code == 404
        await client.request("INVENTED", "/nowhere")
    fault, illegal, nowhere, invented = told.get_finished_spans()
    assert fault.name == illegal.name == "GET /api/v1/broken/{how}"
    assert (fault.status.status_code, illegal.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert not [event for span in told.get_finished_spans() for event in span.events], "its text may name a person"
    assert (nowhere.name, invented.name) == ("GET", "_OTHER")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/api/v1/broken/0197a2c0-0000-7000-8000-000000000001", "/api/v1/broken/0197a2c0-0000-7000-8000-000000000001"),
        ("/api/v1/broken/H19.151-20261122-0000042", "/api/v1/broken/H19.151-20261122-0000042"),
        ("/api/v1/broken/Nguy%E1%BB%85n%20V%C4%83n%20An", "/api/v1/broken/***"),
        ("/api/v1/broken/nguyenvanan", "/api/v1/broken/***"),
        ("/api/v1/broken/001099012345", "/api/v1/broken/***"),
        ("/api/v1/broken/0912345678", "/api/v1/broken/***"),
        ("/nguyenvanan", "/***"),
    ],
)
async def test_what_is_typed_into_an_address_is_no_name_in_a_trace(
    told: InMemorySpanExporter, issuer: Issuer, asked: str, shown: str
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(issuer.verifier())), base_url="http://127.0.0.1"
    ) as client:
        await client.get(asked)
    [span] = told.get_finished_spans()
    assert (span.attributes or {})["url.path"] == shown


async def test_what_is_not_sampled_is_carried_as_such(issuer: Issuer) -> None:
    tracing.install(Spans(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)))
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(make_app(issuer.verifier())), base_url="http://127.0.0.1"
        ) as client:
            answer = await client.post("/fast", json=NOTE, headers=command_headers())
    finally:
        tracing.install(None)
    assert not sampled(answer.json()["traceparent"])


@pytest.mark.parametrize("on", [False, True])
async def test_log_lines_say_the_trace(
    on: bool, issuer: Issuer, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    if on:
        request.getfixturevalue("told")
    app = make_app(issuer.verifier())

    async def say(asked: Request) -> Response:
        await command(asked, "counter")
        structlog.get_logger().info("said")
        return json_response({})

    fast_lane(app, "POST", "/say", say)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        await client.post("/say", json=NOTE, headers={**command_headers(), "traceparent": GIVEN})
        if not on:
            await client.post("/say", json=NOTE, headers=command_headers())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"said"' in line]
    assert [line.get("trace_id") for line in lines] == ["a1" * 16] if on else ["a1" * 16, None]
