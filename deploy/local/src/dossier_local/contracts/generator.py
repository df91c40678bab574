"""Writes what others build against: `python -m dossier_local.contracts.generator [repository]`.

    shared/contracts/schemas/<event>.v1.json    JSON Schema of a record's value
    shared/contracts/examples/<event>.v1.json   golden record; written once, never again (traced.json: with a trace)
    shared/contracts/entries/, audit/           the same of the directory's and the audit's records; see `entries.py`
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

from dossier_local.contracts.desk_stories import answered_story, desk_story, helped_story
from dossier_local.contracts.entries import (
    AUDIT,
    MESSAGES,
    PAYLOADS,
    golden_audit,
    golden_deployment,
    golden_entries,
    golden_keys,
    golden_person_key,
    key_of,
    message_of,
)
from dossier_local.contracts.entries import MODELS as RECORDS
from dossier_local.contracts.stories import alarm_story, filed_at_a_deployment, story, traced
from dossier_shared.contracts.deployments import DEPLOYABLE
from dossier_shared.contracts.deployments import key_of as deployment_key
from dossier_shared.contracts.envelope import Event, encode
from dossier_shared.contracts.events import MODELS, Part
from dossier_shared.contracts.lifecycle import PORTAL
from dossier_shared.contracts.topics import (
    BY_SOURCE,
    DEPLOYMENTS,
    DOSSIER_TOPICS,
    EVENT_TOPICS,
    KEYS,
    PERSON_KEYS,
    TOPICS,
    Topic,
    deployed,
)
from dossier_shared.contracts.topics import audit as audit_topic

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
        "data": _data(name, model),
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
            "description": "personal data: JSON, or encrypted text that begins with `~`; absent where there is none",
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


_FILED: Json = {
    "description": "for which agency and when the dossier was filed, where a deployment serves that agency "
    "(docs/decisions/0046-agencies-run-services-of-their-own.md); absent elsewhere",
    "type": "object",
    "properties": {"agency": {"type": "string"}, "at": _INSTANT},
    "required": ["agency", "at"],
}


def _data(name: str, model: type[BaseModel]) -> Json:
    """With what the core adds to whatever a service records of a dossier."""
    found = _of(model)
    if any(name in topic.events for topic in DOSSIER_TOPICS):
        found["properties"] = {**found.get("properties", {}), "filed": _FILED}
    return found


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
                **{name: _of(PAYLOADS[topic]) for topic, name in MESSAGES.items()},
            },
        },
    }


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": f"Written by {topic.writer}; read by {', '.join(topic.readers)}. Key: {topic.key}.{_deployments(topic)}",
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


def _deployments(topic: Topic) -> str:
    if topic.writer not in DEPLOYABLE:
        return ""
    return f" A deployment of it writes the like of its own: `{topic.name}.<deployment>` (platform.deployments)."


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
    headers["ce_signature"] = {
        "type": "string",
        "description": "by whose key the event was signed, and the signature, one for many events: "
        "docs/decisions/0041-events-are-signed.md; absent before signatures are demanded (topic platform.keys)",
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


def example(event: Event, deployment: str = "") -> Json:
    """A record as it is on its topic. Values of headers and the value are text: UTF-8."""
    record = encode(event)
    return {
        "topic": deployed(BY_SOURCE[event.source], deployment).name,
        "key": record.key.decode(),
        "headers": {name: value.decode() for name, value in record.headers},
        "value": record.value.decode(),
    }


def examples() -> dict[str, Json]:
    """The first of each type in the stories."""
    first: dict[str, Json] = {}
    for event in (*story(), *desk_story(), *helped_story(), *alarm_story()):
        first.setdefault(event.type, example(event))
    return first


# -- files -------------------------------------------------------------------------------------------------------------


def generated() -> dict[str, Json]:
    """Path in the repository -> document, golden records apart."""
    schemas = {f"shared/contracts/schemas/{name}.v1.json": schema(name) for name in MODELS}
    entries = {f"{_ENTRIES}/{topic}.v1.json": _entry_schema(topic) for topic in RECORDS}
    audit = {f"{_AUDIT}/{AUDIT}.v1.json": _entry_schema(audit_topic("intake"))}
    return {**schemas, **entries, **audit, "docs/asyncapi.json": asyncapi()}


_ENTRIES, _AUDIT = "shared/contracts/entries", "shared/contracts/audit"


def _entry_schema(topic: str) -> Json:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": MESSAGES[topic], **_of(PAYLOADS[topic])}


def golden() -> dict[str, Json]:
    whole: dict[str, Json] = {
        "shared/contracts/examples/story.json": {"records": [example(event) for event in story()]},
        "shared/contracts/examples/desk.json": {"records": [example(event) for event in desk_story()]},
        "shared/contracts/examples/helped.json": {"records": [example(event) for event in helped_story()]},
        "shared/contracts/examples/answered.json": {"records": [example(event) for event in answered_story()]},
        "shared/contracts/examples/traced.json": {"records": [example(event) for event in traced()]},
        "shared/contracts/examples/deployed.json": {"records": [example(*told) for told in filed_at_a_deployment()]},
        f"{_AUDIT}/examples/{AUDIT}.v1.json": {"key": golden_audit().id, "value": golden_audit().model_dump_json()},
    }
    entries = {
        f"{_ENTRIES}/examples/{topic}.v1.json": {"topic": topic, "key": key_of(entry), "value": entry.model_dump_json()}
        for topic, entry in golden_entries().items()
    }
    keys = golden_keys()
    value = keys.model_dump_json(exclude_none=True)
    entries[f"{_ENTRIES}/examples/{KEYS.name}.v1.json"] = {"topic": KEYS.name, "key": keys.service, "value": value}
    one = golden_deployment()
    entries[f"{_ENTRIES}/examples/{DEPLOYMENTS.name}.v1.json"] = {
        "topic": DEPLOYMENTS.name, "key": deployment_key(one.service, one.name), "value": one.model_dump_json(),
    }  # fmt: skip
    person = golden_person_key()
    entries[f"{_ENTRIES}/examples/{PERSON_KEYS.name}.v1.json"] = {
        "topic": PERSON_KEYS.name, "key": person.holder, "value": person.model_dump_json(),
    }  # fmt: skip
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
