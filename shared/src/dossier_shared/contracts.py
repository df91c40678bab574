"""Writes what others build against: `python -m dossier_shared.contracts [repository]`.

    shared/contracts/schemas/<event>.v1.json    JSON Schema of a record's value
    shared/contracts/examples/<event>.v1.json   golden record; written once, never again (traced.json: with a trace)
    shared/contracts/entries/                   the same of the directory's records; see `entry_contracts.py`
    docs/asyncapi.json                          AsyncAPI 3.0 of every topic

All but the golden records follow from `topics.py`, `events.py`, `entries.py` and `lifecycle.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dossier_shared import events as e
from dossier_shared.entries import ENTRIES
from dossier_shared.entry_contracts import MESSAGES, golden_entries, message_of
from dossier_shared.envelope import Event, encode
from dossier_shared.events import MODELS, EventData, Part
from dossier_shared.lifecycle import PORTAL
from dossier_shared.testing import Author
from dossier_shared.topics import BY_SOURCE, EVENT_TOPICS, TOPICS, Topic

Json = dict[str, Any]
_INSTANT = {"type": "string", "format": "date-time"}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


# -- JSON Schema -------------------------------------------------------------------------------------------------------


def schema(name: str) -> Json:
    """Of the value of a record that carries this event. `sealed` is JSON in a text; what it holds is `contentSchema`."""
    model = MODELS[name]
    portal = PORTAL.get(name)
    properties: Json = {
        "actor": {"type": "string", "description": "`<role>:<subject>` or `rule:<service>`; never a name"},
        "agency": {"type": "string"},
        "data": _of(model),
        "heard": {
            "description": "how far the writer had heard each other source when it decided this",
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1},
        },
        "portal": {
            "const": portal,
            "description": "status code of the national portal after this event, if it has one",
        },
        "previous": {
            **_HASH,
            "description": "hash of the event before, of the same dossier and source; zeros for none",
        },
        "recorded": {**_INSTANT, "description": "the writer's clock; `ce_time` is when it happened"},
        "sealed_hash": {**_HASH, "type": ["string", "null"], "description": "SHA-256 of `sealed`"},
    }
    required = list(properties)
    if model.sealed is not None:
        properties["sealed"] = {
            "description": "personal data; absent where there is none, or where it has been erased",
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": _of(model.sealed),
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": type_of(name),
        "description": _meaning(model),
        "type": "object",
        "properties": properties,
        "required": required,
    }


def _of(model: type[BaseModel]) -> Json:
    whole = model.model_json_schema()
    plain: Json = _plain(whole, whole.pop("$defs", {}))
    return plain


def _plain(value: Any, definitions: Json) -> Any:
    """With references put in place, so that it can stand anywhere; without titles, which say the name again."""
    if isinstance(value, dict):
        if "$ref" in value:
            return _plain(definitions[value["$ref"].removeprefix("#/$defs/")], definitions)
        return {k: _plain(v, definitions) for k, v in value.items() if not (k == "title" and isinstance(v, str))}
    return [_plain(item, definitions) for item in value] if isinstance(value, list) else value


def _meaning(model: type[Part]) -> str:
    own = model.__dict__.get("__doc__")
    return " ".join(own.split()) if own else model.__name__


def type_of(name: str) -> str:
    return f"vn.dossier.{name}.v1"


# -- AsyncAPI ----------------------------------------------------------------------------------------------------------


def asyncapi() -> Json:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dossiers",
            "version": "1.0.0",
            "description": "What happens to a dossier, as CloudEvents 1.0 in Kafka's binary mode. One service writes each "
            "topic; a dossier's events of one source are in order in one partition. Every event may come more than once: "
            "drop what you have by dossier, source and sequence, all three of which are in `ce_id`. Ignore fields and types "
            "you do not know.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(_operations()),
        "components": {
            "messages": {
                **{name: _message(name, topic) for topic in EVENT_TOPICS for name in topic.events},
                **{name: message_of(topic) for topic, name in MESSAGES.items()},
            },
            "schemas": {
                **{type_of(name): schema(name) for name in MODELS},
                **{name: _of(ENTRIES[topic]) for topic, name in MESSAGES.items()},
            },
        },
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": f"Written by {topic.writer}; read by {', '.join(topic.readers)}. Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": topic.config["cleanup.policy"].split(","),
                    "retention.ms": int(topic.config["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _messages(topic: Topic) -> tuple[str, ...]:
    return (MESSAGES[topic.name],) if topic.name in MESSAGES else topic.events


def _operations() -> Iterator[tuple[str, Json]]:
    for topic in TOPICS:
        channel = {"$ref": f"#/channels/{topic.name}"}
        yield f"{topic.writer} writes {topic.name}", {"action": "send", "channel": channel}
        for reader in topic.readers:
            yield f"{reader} reads {topic.name}", {"action": "receive", "channel": channel}


def _message(name: str, topic: Topic) -> Json:
    def header(value: str, text: str) -> Json:
        return {"type": "string", "const": value, "description": text}

    headers: Json = {
        "ce_specversion": header("1.0", "CloudEvents"),
        "ce_id": {
            "type": "string",
            "description": f"`<{topic.key.removesuffix(' id')}>:<source>:<sequence>`; the sequence counts from 1",
        },
        "ce_source": header(str(topic.source), "the service that wrote it"),
        "ce_type": header(type_of(name), "what happened, and the version of its shape"),
        "ce_time": {**_INSTANT, "description": "when it happened"},
        "ce_hash": {
            **_HASH,
            "description": "SHA-256 of id, type, time and value without `sealed`; see shared/README.md",
        },
        "content-type": header("application/json", "of the value"),
    }
    required = list(headers)
    headers["ce_traceparent"] = {
        "type": "string",
        "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "W3C Trace Context of what led to the event (CloudEvents' extension for distributed tracing); absent "
        "where nobody traces it, and no part of the hash",
    }
    return {
        "name": type_of(name),
        "summary": _meaning(MODELS[name]),
        "contentType": "application/json",
        "headers": {"type": "object", "properties": headers, "required": required},
        "payload": {"$ref": f"#/components/schemas/{type_of(name)}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"}},
    }


# -- golden records ----------------------------------------------------------------------------------------------------


def story() -> list[Event]:
    """One dossier from filing to delivery, one refused, one rejected, one that waits: every event at least once."""
    one, two, three, four = (f"0197c3a5-8f2e-7c41-9d3b-5a6e7f80{last}" for last in ("1234", "5678", "9abc", "def0"))
    by: dict[str, Author] = {}
    heard: dict[str, int] = {}
    told: list[Event] = []

    def begin(dossier: str) -> None:
        heard.clear()
        by.update({source: Author(source, dossier) for source in BY_SOURCE if source})

    def say(source: str, data: EventData, sealed: Part | None, minute: int) -> None:
        known = {name: seq for name, seq in heard.items() if name != source}
        told.append(by[source].says(data, sealed, at=f"2025-07-01T02:{minute:02}:00.000000Z", heard=known))
        heard[source] = told[-1].seq

    applicant = e.Applicant(
        name="Nguyễn Văn Bình", citizen_id="001099012345", phone="+84912345678", address="12 Phố Huế, Hà Nội"
    )
    rows = [e.SummaryRow(label_vi="Nơi cư trú", label_en="Residence", value="12 Phố Huế, Hà Nội")]
    paper = e.Document(code="1.004222-1", id="9f" * 32, type="application/pdf", size=48213)
    shown: Json = {
        "code": "H19.1-250701-0001", "procedure": "1.004222", "procedure_name": "Đăng ký thường trú",
        "agency_name": "Ủy ban nhân dân xã Long Thành", "overseers": ["H19"], "owner": "u-4711",
    }  # fmt: skip
    submitted = e.Submitted(
        **shown, catalogue="2025-07-01", channel="online", messages=["refused", "result"], documents=[paper],
        reusable=["1.004222-2"], reused=["1.004222-2"],
        limit={"amount": 7, "unit": "working-days"},
    )  # fmt: skip
    filed = e.SubmittedSealed(
        applicant=applicant,
        summary=rows,
        form={"address": "12 Phố Huế"},
        documents=["tờ khai.pdf"],
        filed_by="Lê Thị Hoa",
    )
    line: Json = {"at": "2025-07-10T10:00:00.000000Z", "rule": "7 ngày làm việc", "basis": "Điều 22 Luật Cư trú"}
    decision = e.DecisionSealed(holder=applicant.name, summary=rows, reason=None)
    decided: Json = {**shown, "result_kind": "decision", "appointment": line["at"]}
    result: Json = {"reference": f"{one}:result", "number": "H19.1-250701-0001/KQ"}
    message = f"{one}:message"

    begin(one)
    say("intake", submitted, filed, 0)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 5)
    say("review", e.Noted(), e.NotedSealed(text="Đã đối chiếu bản gốc"), 10)
    say("review", e.Appraised(proposal="approve"), e.NoteSealed(note="Đủ điều kiện"), 15)
    say("review", e.Returned(), e.ReasonSealed(reason="Bổ sung ý kiến"), 20)
    say("review", e.Appraised(proposal="approve"), None, 25)
    say("review", e.Approved(**decided), decision, 30)
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"), 35)
    say("signing", e.SigningFailed(reference=result["reference"], reason="keys-unavailable"), None, 36)
    say("signing", e.SigningRequested(**result), e.SigningRequestedSealed(leader_name="Trần Quốc Toản"), 40)
    signed = e.Signed(
        **result, kind="decision", outcome="approved", file="3c" * 32, size=61234, certificate="5f0a", owner="u-4711"
    )
    say("signing", signed, None, 41)
    told_of = e.MessageRequestedSealed(to="+84912345678", text="Hồ sơ H19.1-250701-0001 đã có kết quả.")
    say("notify", e.MessageRequested(reference=message, kind="result", channel="sms"), told_of, 42)
    say("notify", e.MessageSent(reference=message, provider_id="sms-000123"), None, 43)
    say("notify", e.Delivered(how="online", informed=True), None, 43)

    begin(two)
    say("intake", submitted, filed, 50)
    say("intake", e.Refused(), e.RefusedSealed(reason="Thiếu giấy tờ chứng minh chỗ ở"), 51)
    told_of = e.MessageRequestedSealed(to="+84912345678", text="Hồ sơ H19.1-250701-0001 không được tiếp nhận.")
    say("notify", e.MessageRequested(reference=f"{two}:refused", kind="refused", channel="sms"), told_of, 51)
    say("notify", e.MessageFailed(reference=f"{two}:refused", reason="number-unreachable"), None, 52)

    begin(three)
    say("intake", submitted, filed, 50)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 51)
    say("review", e.Appraised(proposal="reject"), None, 52)
    say("review", e.Rejected(**decided), e.DecisionSealed(holder=applicant.name, reason="Không đủ điều kiện"), 53)

    begin(four)
    say("intake", submitted, filed, 50)
    say("intake", e.Accepted(appointment=line["at"], lines=[line]), None, 51)
    say("review", e.Assigned(officer="u-0815"), None, 52)
    missing = e.SupplementRequestedSealed(text="Thiếu giấy xác nhận chỗ ở của chủ hộ Nguyễn Văn Bình")
    say("review", e.SupplementRequested(), missing, 53)
    handed_in = e.SupplementReceivedSealed(text="Đã bổ sung", documents=["giấy xác nhận.pdf"])
    say("intake", e.SupplementReceived(appointment=line["at"], lines=[line], documents=[paper]), handed_in, 54)
    say("review", e.PaymentRequested(amount_vnd=20_000), e.ReasonSealed(reason="Lệ phí đăng ký"), 55)
    paid = e.PaymentConfirmed(appointment=line["at"], lines=[line], amount_vnd=20_000)
    say("intake", paid, e.PaymentConfirmedSealed(receipt="BL-0007"), 56)
    question = e.ConsultationRequestedSealed(question="Nhà của ông Nguyễn Văn Bình có tranh chấp không?")
    say("review", e.ConsultationRequested(agency="H19.2"), question, 57)
    say("review", e.ConsultationAnswered(agency="H19.2"), e.ConsultationAnsweredSealed(answer="Không có"), 58)
    say("review", e.PaymentRequested(amount_vnd=20_000), e.ReasonSealed(reason="Lệ phí đăng ký"), 59)
    say("review", e.RequestWithdrawn(what="payment"), e.ReasonSealed(reason="Người nộp được miễn lệ phí"), 59)
    say("intake", e.Rescheduled(appointment=line["at"], lines=[line]), None, 59)
    say("review", e.Stopped(), e.ReasonSealed(reason="Người nộp không còn cư trú tại địa phương"), 59)
    return told


def example(event: Event) -> Json:
    """A record as it is on its topic. Values of headers and the value are text: UTF-8."""
    record = encode(event)
    return {
        "topic": BY_SOURCE[event.source].name,
        "key": record.key.decode(),
        "headers": {name: value.decode() for name, value in record.headers},
        "value": record.value.decode(),
    }


def alarm_story() -> list[Event]:
    """One alarm from raised to cleared, acknowledged between."""
    by = Author("monitor", "late-share:H19.1")
    about: Json = {
        "rule": "late-share", "kind": "late-share", "subject": "H19.1", "number": 1, "severity": "warning",
        "name_vi": "Tỷ lệ hồ sơ quá hạn cao", "name_en": "High share of late dossiers",
        "agency_name": "Ủy ban nhân dân xã Long Thành", "overseers": ["H19"], "told": ["H19.1", "H19"],
    }  # fmt: skip
    at = [f"2025-07-01T0{hour}:00:00.000000Z" for hour in (3, 4, 6)]
    return [
        by.says(e.AlarmRaised(**about, value=0.12, threshold=0.1, figures={"open": 50, "late": 6}), at=at[0]),
        by.says(e.AlarmAcknowledged(**about), e.NoteSealed(note="Đã phân công thêm cán bộ"), at=at[1]),
        by.says(e.AlarmCleared(**about, value=0.04, threshold=0.05, raised_at=at[0]), at=at[2]),
    ]


def traced() -> list[Event]:
    """One filed and refused, as it is where traces are on."""
    filed, *_ = story()
    intake = Author("intake", "0197c3a5-8f2e-7c41-9d3b-5a6e7f802468")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    submitted = e.Submitted(**filed.data)
    return [
        intake.says(
            submitted, e.SubmittedSealed(**filed.open()), at=filed.time, traceparent=f"00-{trace}-00f067aa0ba902b7-01"
        ),
        intake.says(e.Refused(), None, at=filed.time, traceparent=f"00-{trace}-b7ad6b7169203331-00"),
    ]


def examples() -> dict[str, Json]:
    """The first of each type in the stories."""
    first: dict[str, Json] = {}
    for event in (*story(), *alarm_story()):
        first.setdefault(event.type, example(event))
    return first


# -- files -------------------------------------------------------------------------------------------------------------


def generated() -> dict[str, Json]:
    """Path in the repository -> document, golden records apart."""
    schemas = {f"shared/contracts/schemas/{name}.v1.json": schema(name) for name in MODELS}
    entries = {f"{_ENTRIES}/{topic}.v1.json": _entry_schema(topic) for topic in ENTRIES}
    return {**schemas, **entries, "docs/asyncapi.json": asyncapi()}


_ENTRIES = "shared/contracts/entries"


def _entry_schema(topic: str) -> Json:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": MESSAGES[topic], **_of(ENTRIES[topic])}


def golden() -> dict[str, Json]:
    whole = {
        "shared/contracts/examples/story.json": {"records": [example(event) for event in story()]},
        "shared/contracts/examples/traced.json": {"records": [example(event) for event in traced()]},
    }
    entries = {
        f"{_ENTRIES}/examples/{topic}.v1.json": {"topic": topic, "key": entry.code, "value": entry.model_dump_json()}
        for topic, entry in golden_entries().items()
    }
    return (
        whole | entries | {f"shared/contracts/examples/{name}.v1.json": record for name, record in examples().items()}
    )


def text_of(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    changed = []
    for name, document in {**generated(), **golden()}.items():
        path, text = root / name, text_of(document)
        if path.exists() and (path.read_text("utf-8") == text or "/examples/" in name):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        changed.append(name)
    return changed


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    for name in write(root):
        sys.stdout.write(f"{name}\n")
