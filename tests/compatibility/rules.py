"""When two versions of a contract may meet. Both directions count: old readers get new records, and new readers old ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_WORDS = ("description", "title", "examples", "default", "$schema")  # for people, or for the writer alone


def schema_faults(old: Json, new: Json) -> list[str]:
    """A published event only gains optional fields, in `data` and `sealed`: whatever else differs is a fault, in words.

    Beside `data` nothing may be added, for the hash covers it: a version rolled back would publish its journal again
    without, and every reader would refuse that. What belongs to a record alone is a header.
    """
    added = new["properties"].keys() - old["properties"].keys() - {"sealed"}
    beside = [f"the record: {name!r} is new beside `data`, where the hash covers it" for name in sorted(added)]
    return beside + list(_faults(old, new, "the record"))


def _faults(old: Any, new: Any, at: str) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{at}: was {old!r}, is {new!r}"
        return
    for name in sorted((old.keys() | new.keys()) - {"properties", "required", *_WORDS}):
        if name not in old or name not in new:
            yield f"{at}: {name!r} was {old.get(name)!r}, is {new.get(name)!r}"
        elif name in ("anyOf", "oneOf", "allOf") and len(old[name]) == len(new[name]):
            for number, (before, after) in enumerate(zip(old[name], new[name], strict=True)):
                yield from _faults(before, after, f"{at} {name} {number}")
        else:
            yield from _faults(old[name], new[name], f"{at} {name}")
    for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        yield f"{at}: {name!r} was always there and is optional"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{at}: {name!r} is demanded, and old records lack it"
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, value in before.items():
        if name not in after:
            yield f"{at}: {name!r} is gone"
        else:
            yield from _faults(value, after[name], f"{at}.{name}")
    if old.get("additionalProperties") is False:
        for name in after.keys() - before.keys():
            yield f"{at}: {name!r} is new, and old readers refuse what they do not know"


def asyncapi_faults(old: Json, new: Json) -> list[str]:
    """Channels, what travels on them and who reads and writes: nothing goes away, addresses and partitions stay."""
    return list(_asyncapi(old, new))


def _asyncapi(old: Json, new: Json) -> Iterator[str]:
    for name, channel in old["channels"].items():
        now = new["channels"].get(name)
        if now is None:
            yield f"channel {name} is gone"
            continue
        if now["address"] != channel["address"]:
            yield f"channel {name} has moved from {channel['address']} to {now['address']}"
        for what in ("topic", "partitions", "topicConfiguration"):
            before, after = channel["bindings"]["kafka"].get(what), now["bindings"]["kafka"].get(what)
            if before != after:
                yield f"channel {name}: {what} was {before}, is {after}"
        yield from (f"channel {name} no longer carries {m}" for m in channel["messages"] if m not in now["messages"])
    for name in old["operations"].keys() - new["operations"].keys():
        yield f"operation {name!r} is gone"
    for name, message in old["components"]["messages"].items():
        now = new["components"]["messages"].get(name)
        if now is None:
            yield f"message {name} is gone"
            continue
        if "headers" in message:  # a record of a compacted topic has none
            yield from _faults(message["headers"], now["headers"], f"headers of {name}")
        if message["contentType"] != now["contentType"]:
            yield f"message {name}: contentType was {message['contentType']}, is {now['contentType']}"
        if message["payload"] != now["payload"]:
            yield f"message {name}: payload was {message['payload']}, is {now['payload']}"


def shape(value: Any, at: str = "") -> set[str]:
    """Every place of a JSON answer with the kind of what stands there; items of a list share a place, null says nothing."""
    if isinstance(value, dict):
        return {f"{at}: object"}.union(*(shape(item, f"{at}.{name}") for name, item in value.items()))
    if isinstance(value, list):
        return {f"{at}: array"}.union(*(shape(item, f"{at}[]") for item in value))
    if value is None:
        return set()
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    return {f"{at}: {kind}"}
