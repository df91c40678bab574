"""Records of a version to come: every object in `data` and `sealed` has one more field, every record one more header.

Made after the recipe in shared/README.md ("A record"), not with the code that reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

Json = dict[str, Any]
NEW, HEADER = "zz_not_known_yet", "traceparent-of-tomorrow"


def from_the_future(records: Iterable[Json]) -> list[Json]:
    """In their order, each chain chained anew."""
    last: dict[tuple[str, str], str] = {}
    made = []
    for record in records:
        headers, value = dict(record["headers"]), json.loads(record["value"])
        sealed = _one_more(json.loads(value.pop("sealed"))) if "sealed" in value else None
        text = None if sealed is None else json.dumps(sealed, ensure_ascii=False, separators=(",", ":"))
        chain = record["key"], headers["ce_source"]
        value = {
            **value,
            "data": _one_more(value["data"]),
            "previous": last.get(chain, "0" * 64),
            "sealed_hash": None if text is None else sha256(text.encode()).hexdigest(),
        }
        signed = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        head = f"{headers['ce_id']}\n{headers['ce_type']}\n{headers['ce_time']}\n"
        headers["ce_hash"] = last[chain] = sha256((head + signed).encode()).hexdigest()
        headers[HEADER] = "00-1"
        whole = signed if text is None else f'{signed[:-1]},"sealed":{json.dumps(text, ensure_ascii=False)}}}'
        made.append({**record, "headers": headers, "value": whole})
    return made


def _one_more(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _one_more(item) for name, item in value.items()}, NEW: {"deep": [1, "2"]}}
    return [_one_more(item) for item in value] if isinstance(value, list) else value
