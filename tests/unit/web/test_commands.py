from __future__ import annotations

import httpx
import pytest

from dossier_shared.clock import FixedClock, instant, parse_instant
from dossier_shared.http.idempotency import fingerprint, version_of

from .support import Issuer, command_headers, make_app, problem

PATHS = ("/api/v1/notes", "/fast")
NOTE = {"text": "a"}


@pytest.mark.parametrize("path", PATHS)
async def test_a_command_carries_everything(client: httpx.AsyncClient, path: str) -> None:
    headers = {**command_headers(), "if-match": '"9"', "x-request-id": "request-0001"}
    answer = await client.post(path, json=NOTE, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"3"'
    seen = answer.json()
    assert seen["sub"] == "officer-1"
    assert seen["key"] == "k-1"
    assert seen["expected_version"] == 9
    assert seen["request_id"] == "request-0001"
    assert seen["occurred_at"] is None
    assert seen["fingerprint"] == fingerprint(answer.request.content, path, "officer-1")


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 400, "idempotency-key-missing"),
        (b"", 422, "idempotency-key-invalid"),
        (b"a b", 422, "idempotency-key-invalid"),
        ("khoá".encode(), 422, "idempotency-key-invalid"),
        (b"x" * 201, 422, "idempotency-key-invalid"),
    ],
)
async def test_keys(client: httpx.AsyncClient, key: bytes | None, status: int, code: str) -> None:
    headers = httpx.Headers(command_headers())
    del headers["idempotency-key"]
    raw = [*headers.raw, *([(b"Idempotency-Key", key)] if key is not None else [])]
    problem(await client.post("/fast", json=NOTE, headers=raw), status, code)


def test_the_fingerprint_tells_body_path_and_person_apart() -> None:
    base = fingerprint(b"{}", "/a", "x")
    others = {fingerprint(b"{} ", "/a", "x"), fingerprint(b"{}", "/b", "x"), fingerprint(b"{}", "/a", "y")}
    assert len(base) == 32
    assert base == fingerprint(b"{}", "/a", "x")
    assert len(others | {base}) == 4


async def test_the_query_is_part_of_the_fingerprint(client: httpx.AsyncClient) -> None:
    one = await client.post("/fast?name=a", json=NOTE, headers=command_headers())
    two = await client.post("/fast?name=b", json=NOTE, headers=command_headers())
    assert one.json()["fingerprint"] != two.json()["fingerprint"]


@pytest.mark.parametrize(("value", "version"), [(None, None), (b"*", None), (b'"0"', 0), (b'W/"12"', 12)])
def test_if_match(value: bytes | None, version: int | None) -> None:
    assert version_of(value) == version


@pytest.mark.parametrize("value", ["9", '"x"', '"1", "2"', '"-1"', '""', '"' + "9" * 16 + '"'])
async def test_a_malformed_if_match(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.post("/fast", json=NOTE, headers={**command_headers(), "if-match": value})
    problem(answer, 422, "if-match-invalid")


REPLAY = {"roles": ["counter", "replay"]}


@pytest.mark.parametrize(
    ("development", "claims", "value", "status", "code"),
    [
        (False, REPLAY, "2025-07-01T08:00:00+07:00", 403, "occurred-at-refused"),
        (True, {}, "2025-07-01T08:00:00+07:00", 403, "occurred-at-refused"),
        (True, REPLAY, "2025-07-01T08:00:00", 422, "occurred-at-invalid"),
        (True, REPLAY, "2025-07-01", 422, "occurred-at-invalid"),
        (True, REPLAY, "yesterday", 422, "occurred-at-invalid"),
        (True, REPLAY, "", 422, "occurred-at-invalid"),
        (True, REPLAY, "0001-01-01T00:00:00+07:00", 422, "occurred-at-invalid"),
    ],
)
async def test_business_time_is_refused(
    issuer: Issuer, development: bool, claims: dict[str, list[str]], value: str, status: int, code: str
) -> None:
    app = make_app(issuer.verifier(), development=development)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        headers = {**command_headers(**claims), "x-occurred-at": value}
        problem(await client.post("/fast", json=NOTE, headers=headers), status, code)


async def test_business_time_of_a_replay(issuer: Issuer) -> None:
    app = make_app(issuer.verifier(), development=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        headers = {**command_headers(**REPLAY), "x-occurred-at": "2025-07-01T08:00:00+07:00"}
        answer = await client.post("/fast", json=NOTE, headers=headers)
    assert answer.json()["occurred_at"] == "2025-07-01T01:00:00.000000Z"


def test_instants_sort_as_text_and_come_back() -> None:
    clock = FixedClock("2025-07-01T08:00:00+07:00")
    first = instant(clock.now())
    clock.advance(0.000001)
    second = instant(clock.now())
    assert first == "2025-07-01T01:00:00.000000Z" < second == "2025-07-01T01:00:00.000001Z"
    assert parse_instant(second) == clock.now()
    with pytest.raises(ValueError, match="naive"):
        instant(clock.now().replace(tzinfo=None))
