"""Which spans are made of what the core does, whose children they are, and that none is made of what did not happen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dossier_local.memory import Author
from dossier_shared.contracts.traceparent import current
from dossier_shared.telemetry import tracing, tracing_settings
from dossier_shared.telemetry.spans import LINKS, Spans

from .acts import fetched, journalled
from .scenarios_tracing import ONE, OTHER, traced
from .toy import accepted, failed, requested, signed, submitted
from .world import Away, MemoryWorld, Provider

SECOND = "00-" + "e5" * 16 + "-" + "f6" * 8 + "-01"


class Told(InMemorySpanExporter):
    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        [span] = self.named(name)
        return span


@pytest.fixture
def told() -> Iterator[Told]:
    told, provider = Told(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(told))
    tracing.install(Spans(provider))
    yield told
    tracing.install(None)


def traceparent(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-{span.context.trace_flags:02x}"


def parent(span: ReadableSpan) -> str | None:
    if span.parent is None:
        return None
    return f"00-{span.parent.trace_id:032x}-{span.parent.span_id:016x}-{span.parent.trace_flags:02x}"


def links(span: ReadableSpan) -> set[str]:
    return {
        f"00-{li.context.trace_id:032x}-{li.context.span_id:016x}-{li.context.trace_flags:02x}" for li in span.links
    }


async def test_what_is_heard_is_a_span_and_what_follows_is_its_child(told: Told) -> None:
    world = MemoryWorld()
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake), traced(accepted(intake)))
    await replica.hear()
    await replica.publish()
    process = told.one("process dossier.submitted")
    assert (process.kind, parent(process)) == (SpanKind.CONSUMER, ONE)
    assert process.attributes is not None
    assert process.attributes["messaging.message.id"] == f"{intake.dossier.id}:intake:2"
    assert process.attributes["dossier.id"] == intake.dossier.id
    entries = journalled(await world.document(intake.dossier.id))
    assert [event.traceparent for event in entries] == [traceparent(process)] * 2
    for name in ("bulkWrite", "send dossier.delivered"):
        span = told.one(name)
        assert (span.kind, parent(span), links(span)) == (SpanKind.CLIENT, traceparent(process), {traceparent(process)})


async def test_of_several_traces_a_batch_is_a_trace_of_its_own(told: Told) -> None:
    world = MemoryWorld()
    replica, one, other = await world.replica(), Author("intake", world.id()), Author("intake", world.id())
    await world.put(submitted(one), traced(accepted(one)), submitted(other), traced(accepted(other), SECOND))
    await replica.hear()
    await replica.publish()
    processed = {traceparent(span) for span in told.named("process dossier.submitted")}
    assert len(processed) == 2
    for name in ("bulkWrite", "send dossier.delivered"):
        span = told.one(name)
        assert parent(span) is None
        assert links(span) == processed


async def test_links_are_bounded(told: Told) -> None:
    world = MemoryWorld()
    replica = await world.replica()
    authors = [Author("intake", world.id()) for _ in range(LINKS + 20)]
    await world.put(*(traced(submitted(author), f"00-{n + 1:032x}-{'b2' * 8}-01") for n, author in enumerate(authors)))
    await replica.hear()
    assert len(told.named("process dossier.submitted")) == LINKS + 20
    assert len(told.one("bulkWrite").links) == LINKS


async def test_what_nobody_samples_makes_no_span_and_goes_on_all_the_same(told: Told) -> None:
    world = MemoryWorld()
    replica, intake, bare = await world.replica(), Author("intake", world.id()), Author("intake", world.id())
    await world.put(submitted(intake), traced(accepted(intake), OTHER), submitted(bare), accepted(bare))
    await replica.hear()
    await replica.publish()
    assert told.get_finished_spans() == ()
    entries = journalled(await world.document(intake.dossier.id))
    assert [event.traceparent for event in entries] == [OTHER] * 2
    entries = journalled(await world.document(bare.dossier.id))
    assert [event.traceparent for event in entries] == [None] * 2, "a trace begins with a command"


async def test_neither_a_duplicate_nor_what_waits_was_processed(told: Told) -> None:
    world = MemoryWorld()
    replica, intake = await world.replica(), Author("intake", world.id())
    first, second = traced(submitted(intake)), traced(accepted(intake))
    await world.put(first, first)
    await replica.hear()
    await world.put(first, replace(second, seq=2))
    await world.put(traced(signed(Author("signing", first.dossier), heard_intake=9), SECOND))
    await replica.hear()
    assert list(await world.waiting()) == [f"{first.dossier}:signing:1"]
    seen = [
        span.attributes["messaging.message.id"] for span in told.named("process dossier.submitted") if span.attributes
    ]
    assert seen == [f"{first.dossier}:intake:1", f"{first.dossier}:intake:2"]
    assert told.named("process dossier.signed") == []


async def test_an_outage_is_seen_and_the_second_try_is_a_span_of_its_own(told: Told) -> None:
    world = MemoryWorld()
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(traced(submitted(intake)))
    records = await fetched(replica, 1)
    replica.store.away["write"] = 1
    with pytest.raises(Away):
        await replica.consumer.handle(records)
    await replica.consumer.handle(records)
    failed_, done = told.named("process dossier.submitted")
    assert (failed_.status.status_code, done.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert parent(failed_) == parent(done) == ONE


async def test_an_effect_is_carried_out_in_the_trace_that_asked_for_it(told: Told) -> None:
    world = MemoryWorld()
    replica, provider, id_ = await world.replica(), Provider(), world.id()
    effects = replica.effects(provider)
    await replica.write(id_, requested(id_), create=True, traceparent=ONE)
    assert await effects.act_once() == 1
    assert parent(told.one("act notify")) == ONE


async def test_a_command_waits_for_its_write_in_a_span_of_its_request(told: Told) -> None:
    world = MemoryWorld()
    replica, id_ = await world.replica(), world.id()
    token = current.set(ONE)
    await replica.record(id_, failed("a"), create=True, traceparent=ONE)
    current.reset(token)
    await replica.record(id_, failed("b"))
    await replica.ledger.close()
    write = told.one("write")
    assert parent(write) == ONE
    assert write.attributes is not None
    assert write.attributes["dossier.id"] == id_
    assert parent(told.one("bulkWrite")) == ONE


def ran(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=60
    )


WHAT_IS_LOADED = """
import sys
from dossier_shared.runtime import service as runtime
from dossier_shared.telemetry import tracing
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.http.app import create_app
create_app(ServiceSettings(service="intake", port=1, database="x"), title="T", readiness=None)
print(tracing._spans is not None, sorted(name for name in sys.modules if name.startswith(
    ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests"))) != [])
"""


WHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("env", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (WHERE | {"OTEL_SDK_DISABLED": "true"}, False),
        (WHERE | {"OTEL_TRACES_EXPORTER": "none"}, False),
        (WHERE, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
    ],
)
def test_traces_are_on_where_there_is_somewhere_to_send_them(
    env: dict[str, str], on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert tracing_settings.wanted("intake") is on


@pytest.mark.parametrize("on", [False, True])
def test_the_sdk_is_loaded_only_where_traces_are_on(on: bool) -> None:
    done = ran(WHAT_IS_LOADED, **WHERE, **({} if on else {"OTEL_SDK_DISABLED": "true"}))
    assert done.stdout.split() == [str(on), str(on)], done.stderr


def test_a_setting_that_would_send_nothing_ends_with_one_line() -> None:
    done = ran(WHAT_IS_LOADED, **WHERE, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("intake: OTEL_EXPORTER_OTLP_")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "a tenth"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
    ],
)
def test_what_the_sdk_cannot_use_is_one_line_without_the_value_s_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        tracing.configure("intake", "1")
    assert ended.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert name in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_SAMPLER", ""),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER", "ALWAYS_ON"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x,api-key=a=b"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2.5"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", ""),
        ("OTEL_BSP_SCHEDULE_DELAY", "500"),
    ],
)
def test_what_the_sdk_can_use_is_left_to_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)
    assert tracing_settings.wanted("intake")
