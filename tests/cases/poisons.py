"""What an event can say that nobody has thought of: one poison at a time, at any place of its data, sealed part or envelope."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from dossier_shared.contracts.envelope import GENESIS, Record

EXAMPLES: Final = Path(__file__).parents[2] / "shared/contracts/examples"
AT: Final = "2025-07-01T01:00:00.000000Z"
GONE: Final = object()


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"x": value}
    return value


KINDS: Final[dict[str, Any]] = {
    "direction mark": "\u200e",
    "bell": "\u0007",
    "NUL": "\u0000",
    "BOM": "\ufeff",
    "zero width": "\u200b\u2060",
    "right to left": "\u202eabc",
    "private use": "\uf0b7 việc",
    "unassigned": "\u0378",
    "emoji": "👨‍👩‍👧",
    "Khmer": "សុខ",
    "Hán": "王",
    "filler": "\u3164",
    "combining": "a" + "\u0301" * 120,
    "empty": "",
    "blank": " \t\n",
    "long": "x" * 200_000,
    "half a surrogate": "\ud800",
    "NaN": "NaN",
    "markup": "</script><b>{{7*7}}",
    "dollar": "$set",
    "dot": "a.b",
    "no date": "yesterday",
    "far date": "9999-12-31T23:59:59-14:00",
    "first date": "0001-01-01T00:00:00+14:00",
    "date without offset": "2025-07-01T01:00:00",
    "null": None,
    "true": True,
    "negative": -1,
    "float": 1.5,
    "64 bits": 2**63,
    "huge": 10**30,
    "infinite": float("inf"),
    "list": ["x"],
    "odd keys": {"$where": 1, "a.b": {"": 2}},
    "NUL in a key": {"\u0000": 1},
    "deep": _nested(150),
    "missing": GONE,
}


@dataclass(frozen=True, slots=True)
class Said:
    """One event as it will stand on the topic: `data`, `sealed` and the other fields of its body."""

    topic: str
    type: str
    source: str
    data: dict[str, Any]
    sealed: Any
    body: dict[str, Any]


def example(name: str) -> Said:
    """Of the golden examples: nothing heard yet, so that it waits for nobody."""
    record = json.loads((EXAMPLES / f"{name}.v1.json").read_text("utf-8"))
    body = json.loads(record["value"])
    sealed = json.loads(body.pop("sealed")) if "sealed" in body else None
    body |= {"heard": {}, "recorded": AT}
    return Said(record["topic"], name, record["headers"]["ce_source"], body.pop("data"), sealed, body)


def records(dossier: str, events: Sequence[Said]) -> list[Record]:
    """Those of one source, chained, whatever they say."""
    found, previous = [], GENESIS
    for seq, said in enumerate(events, 1):
        sealed = None if said.sealed is None else json.dumps(said.sealed, ensure_ascii=False)
        body = {**said.body, "data": said.data, "previous": previous}
        time = body.pop("time", AT)
        body["sealed_hash"] = sha256(sealed.encode("utf-8", "replace")).hexdigest() if sealed is not None else None
        signed = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        type_, id_ = f"vn.dossier.{said.type}.v1", f"{dossier}:{said.source}:{seq}"
        previous = sha256(f"{id_}\n{type_}\n{time}\n".encode("utf-8", "surrogatepass") + signed).hexdigest()
        value = signed
        if sealed is not None:
            value = signed[:-1] + b',"sealed":' + _text(sealed) + b"}"
        headers = [
            ("ce_specversion", b"1.0"), ("ce_id", id_.encode()), ("ce_source", said.source.encode()),
            ("ce_type", type_.encode()), ("ce_time", str(time).encode("utf-8", "surrogatepass")), ("ce_hash", previous.encode()),
            ("content-type", b"application/json"),
        ]  # fmt: skip
        found.append(Record(dossier.encode(), value, headers))
    return found


def _text(sealed: str) -> bytes:
    try:
        return json.dumps(sealed, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(sealed).encode()


def poisoned(said: Said) -> Iterator[tuple[str, Said]]:
    """Each place with each kind, one at a time; the name says which."""
    whole = {"data": said.data, "sealed": said.sealed, "body": {**said.body, "time": AT}}
    for path in _places(whole):
        for kind, value in KINDS.items():
            if path in (("data",), ("sealed",), ("body",)) and value is GONE:
                continue
            changed = _with(whole, path, value)
            if not isinstance(changed["body"], dict):
                continue
            yield (
                f"{said.type} {'.'.join(map(str, path))} {kind}",
                Said(said.topic, said.type, said.source, changed["data"], changed["sealed"], changed["body"]),
            )


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = list(enumerate(value))[:1]
    for key, below in inner:
        if below is not None or path:
            yield (*path, key)
        yield from _places(below, (*path, key))


def _with(value: Any, path: Sequence[str | int], poison: Any) -> Any:
    key, *rest = path
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = _with(copy[key], rest, poison)
    elif poison is GONE:
        del copy[key]
    else:
        copy[key] = poison
    return copy
