"""The rules themselves: what they let through, and what they do not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dossier_local.contracts.generator import asyncapi, schema

from .rules import asyncapi_faults, schema_faults, shape

Json = dict[str, Any]
Change = Callable[[Json], Any]


def data(document: Json) -> Json:
    found: Json = document["properties"]["data"]
    return found


FINE: dict[str, Change] = {
    "an optional field": lambda s: data(s)["properties"].update(more={"type": "string"}),
    "an optional field deeper": lambda s: data(s)["properties"]["documents"]["items"]["properties"].update(more={}),
    "an optional field in the seal": lambda s: s["properties"]["sealed"]["contentSchema"]["properties"].update(more={}),
    "other words": lambda s: s.update(description="said better"),
    "another default": lambda s: data(s)["properties"]["fee_vnd"].update(default=1),
}
BROKEN: dict[str, Change] = {
    "a field gone": lambda s: data(s)["properties"].pop("code"),
    "a field deeper gone": lambda s: data(s)["properties"]["documents"]["items"]["properties"].pop("size"),
    "a field demanded": lambda s: data(s)["required"].append("fee_vnd"),
    "a new field demanded": lambda s: (data(s)["properties"].update(more={}), data(s)["required"].append("more")),
    "no longer always there": lambda s: data(s)["required"].remove("code"),
    "another type": lambda s: data(s)["properties"]["fee_vnd"].update(type="string"),
    "a narrower text": lambda s: data(s)["properties"]["code"].update(maxLength=3),
    "a fixed set of words": lambda s: data(s)["properties"]["channel"].update(enum=["online"]),
    "nothing unknown": lambda s: data(s).update(additionalProperties=False),
    "another portal code": lambda s: s["properties"]["portal"].update(const=7),
    "a field beside data": lambda s: s["properties"].update(traceparent={"type": "string"}),
    "a field of the seal gone": lambda s: s["properties"]["sealed"]["contentSchema"]["properties"].pop("applicant"),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_an_event_may_gain(change: Change) -> None:
    old, new = schema("submitted"), schema("submitted")
    change(new)
    assert new != old
    assert schema_faults(old, new) == []


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_an_event_may_not_change(change: Change) -> None:
    old, new = schema("submitted"), schema("submitted")
    change(new)
    assert len(schema_faults(old, new)) == 1


def test_who_refused_the_unknown_cannot_be_given_more() -> None:
    old = schema("submitted")
    data(old)["additionalProperties"] = False
    new = copy.deepcopy(old)
    data(new)["properties"]["more"] = {}
    assert schema_faults(old, new) == ["the record.data: 'more' is new, and old readers refuse what they do not know"]


CHANNEL = "dossier.submitted"
MOVED: dict[str, Change] = {
    "a channel gone": lambda d: d["channels"].pop(CHANNEL),
    "a channel moved": lambda d: d["channels"][CHANNEL].update(address="submitted"),
    "other partitions": lambda d: d["channels"][CHANNEL]["bindings"]["kafka"].update(partitions=12),
    "forgetting": lambda d: d["channels"][CHANNEL]["bindings"]["kafka"].update(topicConfiguration={"retention.ms": 1}),
    "a message gone from it": lambda d: d["channels"][CHANNEL]["messages"].pop("accepted"),
    "a message gone": lambda d: d["components"]["messages"].pop("accepted"),
    "another header": lambda d: d["components"]["messages"]["accepted"]["headers"]["properties"]["ce_type"].update(
        const="vn.dossier.accepted.v2"
    ),
    "a header gone": lambda d: d["components"]["messages"]["accepted"]["headers"]["properties"].pop("ce_id"),
    "nobody writes it": lambda d: d["operations"].pop(f"intake writes {CHANNEL}"),
}


@pytest.mark.parametrize("change", MOVED.values(), ids=MOVED)
def test_a_channel_stays(change: Change) -> None:
    new = copy.deepcopy(asyncapi())
    change(new)
    assert asyncapi_faults(asyncapi(), new)


def test_channels_messages_readers_and_headers_may_come() -> None:
    new = copy.deepcopy(asyncapi())
    new["channels"]["more"] = new["channels"][CHANNEL]
    new["operations"]["intake reads more"] = {"action": "receive", "channel": {"$ref": "#/channels/more"}}
    new["components"]["messages"]["accepted"]["headers"]["properties"]["traceparent"] = {"type": "string"}
    assert asyncapi_faults(asyncapi(), new) == []


def test_a_shape_is_places_and_kinds() -> None:
    assert shape({"a": [{"b": 1}, {"b": 1.5, "c": None}], "d": True}) == {
        ": object", ".a: array", ".a[]: object", ".a[].b: number", ".d: bool",
    }  # fmt: skip
