"""Any body at all: an answer in words, never a fault of ours, and what is refused leaves nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .offices import Offices

TEXT = st.text(max_size=40) | st.sampled_from(
    ["", " ", "\u0000", "e\u0302", "\u202e", "${x}", "$where", "a.b", "0912345678", "9" * 400]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
PLACES = st.sampled_from(
    [
        ("procedure",), ("agency",), ("channel",), ("applicant",), ("applicant", "name"), ("applicant", "phone"),
        ("applicant", "citizen_id"), ("applicant", "address"), ("form",), ("form", "person"), ("form", "purpose"),
        ("form", "person", "birth_date"), ("form", "person", "residence"), ("documents",), ("reused",), ("extra",),
        ("form", "$set"), ("form", "person", "a.b"),
    ]
)  # fmt: skip
MUTATIONS = st.lists(st.tuples(PLACES, VALUES), min_size=1, max_size=3)
AS_A_TEST = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def changed(filing: dict[str, Any], mutations: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    body = copy.deepcopy(filing)
    for place, value in mutations:
        node: Any = body
        for step in place[:-1]:
            node = node.get(step) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node[place[-1]] = value
    return body


async def judged(offices: Offices, content: bytes) -> None:
    answer = await offices.post("intake", "/dossiers", offices.who["citizen"], content=content)
    assert answer.status_code in (201, 400, 413, 415, 422), (answer.status_code, answer.text[:500], content[:500])
    if answer.status_code == 201:
        stored = await offices.stored("intake", answer.json()["id"])
        assert stored is not None
        assert stored["state"]["code"] == answer.json()["code"]
    else:
        body = answer.json()
        assert body["message"]["vi"]
        assert body["message"]["en"]
        assert body["code"] not in ("internal", "bad-request")


@AS_A_TEST
@given(mutations=MUTATIONS)
async def test_a_filing_with_anything_in_any_place(offices: Offices, mutations: Any) -> None:
    body = changed(offices.filing(), mutations)
    try:
        content = orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):  # a surrogate, a number beyond 64 bits
        content = json.dumps(body).encode()
    await judged(offices, content)


@AS_A_TEST
@given(content=st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
async def test_any_bytes(offices: Offices, content: bytes) -> None:
    async with offices.nothing_written():
        await judged(offices, content)
