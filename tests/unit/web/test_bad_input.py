from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from .support import command_headers, problem

PATHS = ("/api/v1/notes", "/fast")


def nested(depth: int) -> bytes:
    """An object `depth` levels deep in all."""
    return b'{"text": "a", "form": ' + b'{"a":' * (depth - 2) + b"{}" + b"}" * (depth - 2) + b"}"


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "not-json"),
    "text": (b"hello", 400, "not-json"),
    "cut short": (b'{"text": "a"', 400, "not-json"),
    "two documents": (b'{"text": "a"}{}', 400, "not-json"),
    "not a number": (b'{"text": "a", "count": NaN}', 400, "not-json"),
    "infinite": (b'{"text": "a", "form": {"n": 1e999}}', 400, "not-json"),
    "lone surrogate": (b'{"text": "\\ud800"}', 400, "not-json"),
    "utf-16": ('{"text": "Đà Nẵng"}'.encode("utf-16"), 415, "body-encoding"),
    "invalid utf-8": (b'{"text": "\xff\xfe"}', 400, "not-utf8"),
    "raw NUL": (b'{"text": "a\x00b"}', 400, "nul-character"),
    "escaped NUL": (b'{"text": "a\\u0000b"}', 400, "nul-character"),
    "NUL in a key": (b'{"text": "a", "form": {"\\u0000": 1}}', 400, "nul-character"),
    "64 deep": (nested(64), 400, "nesting-too-deep"),
    "100,000 deep": (b"[" * 100_000, 400, "nesting-too-deep"),
    "beyond 64 bits": (b'{"text": "a", "form": {"n": 9223372036854775808}}', 400, "number-too-large"),
    "far beyond": (b'{"text": "a", "form": {"n": ' + b"9" * 400 + b"}}", 400, "not-json"),
    "list": (b"[]", 422, "invalid"),
    "missing field": (b"{}", 422, "invalid"),
    "unknown field": (b'{"text": "a", "x": 1}', 422, "invalid"),
    "wrong type": (b'{"text": 1}', 422, "invalid"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_a_clear_problem(client: httpx.AsyncClient, path: str, name: str) -> None:
    body, status, code = BAD_BODIES[name]
    problem(await client.post(path, content=body, headers=command_headers()), status, code)


@pytest.mark.parametrize(
    "body",
    [
        nested(63),
        b'{"text": "a", "form": {"n": 9223372036854775807, "account": "19036912345678901234567"}}',
        b'{"text": "a\\\\u0000b"}',
        orjson.dumps({"text": "a", "form": {str(n): [{}] for n in range(200)}}),
    ],
    ids=["63 deep", "the largest number, a long text of digits", "an escaped backslash before u0000", "wide, not deep"],
)
async def test_what_only_looks_bad_is_taken(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/notes", content=body, headers=command_headers())
    assert answer.status_code == 201, answer.text


async def test_invalid_data_says_where_in_both_languages_and_never_repeats_the_value(client: httpx.AsyncClient) -> None:
    body = {"text": ["001099012345"], "count": "x", "extra": "Nguyễn Văn A"}
    answer = await client.post("/api/v1/notes", json=body, headers=command_headers())
    found = problem(answer, 422, "invalid")
    assert {error["path"] for error in found["errors"]} == {"text", "count", "extra"}
    assert all(error["message"] and error["message_vi"] for error in found["errors"])
    assert "001099012345" not in answer.text
    assert "Nguyễn" not in answer.text


async def test_decomposed_text_is_composed_not_refused(client: httpx.AsyncClient) -> None:
    decomposed = "Nguye\u0302\u0303n"
    for body in (orjson.dumps({"text": decomposed}), b'{"text": "Nguye\\u0302\\u0303n"}'):
        answer = await client.post("/api/v1/notes", content=body, headers=command_headers())
        assert answer.json()["text"] == "Nguyễn"


async def test_bodies_read_by_the_framework_get_the_same_problems(client: httpx.AsyncClient) -> None:
    as_json = {"content-type": "application/json"}
    problem(await client.post("/api/v1/plain", content=b"{", headers=as_json), 400, "not-json")
    problem(await client.post("/api/v1/plain", content=b"{}", headers=as_json), 422, "invalid")
    big = b'{"text": "' + b"a" * 2_100_000 + b'"}'
    problem(await client.post("/api/v1/plain", content=in_pieces(big), headers=as_json), 413, "body-too-large")


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


@pytest.mark.parametrize("path", PATHS)
async def test_ten_megabytes_are_refused_by_their_declared_and_by_their_real_size(
    client: httpx.AsyncClient, path: str
) -> None:
    body = b'{"text": "' + b"a" * 10_485_760 + b'"}'
    problem(await client.post(path, content=body, headers=command_headers()), 413, "body-too-large")
    problem(await client.post(path, content=in_pieces(body), headers=command_headers()), 413, "body-too-large")


async def test_a_declared_size_is_refused_before_anything_is_read(client: httpx.AsyncClient) -> None:
    pulled = []

    async def watched() -> AsyncIterator[bytes]:
        pulled.append(1)
        yield b"a"

    headers = {**command_headers(), "content-length": "10485760"}
    problem(await client.post("/fast", content=watched(), headers=headers), 413, "body-too-large")
    assert not pulled


async def test_a_prefix_may_allow_more(client: httpx.AsyncClient) -> None:
    allowed = 4 * 1024 * 1024
    assert (await client.post("/api/v1/documents", content=b"a" * allowed)).json() == {"size": allowed}
    problem(await client.post("/api/v1/documents", content=b"a" * (allowed + 1)), 413, "body-too-large")


@pytest.mark.parametrize("length", ["-1", "x", "9" * 30])
async def test_a_senseless_length_is_refused(client: httpx.AsyncClient, length: str) -> None:
    headers = {**command_headers(), "content-length": length}
    problem(await client.post("/fast", content=b"", headers=headers), 413, "body-too-large")


async def test_addresses_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    answer = await client.get("/api/v1/notes")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    problem(await client.delete("/fast"), 404, "not-found")
    problem(await client.get("/api/v1/notes?code=%00"), 400, "nul-character")
    problem(await client.get("/api/v1/%00"), 400, "nul-character")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("fault", 500, "internal"),
        ("wrong-query", 500, "internal"),
        ("database", 503, "unavailable"),
        ("stepdown", 503, "unavailable"),
        ("broker", 503, "unavailable"),
        ("illegal", 409, "illegal-transition"),
    ],
)
async def test_faults_and_outages(client: httpx.AsyncClient, how: str, status: int, code: str) -> None:
    answer = await client.get(f"/api/v1/broken/{how}")
    problem(answer, status, code)
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    assert "refused" not in answer.text
    assert (answer.headers.get("retry-after") is not None) == (status == 503)


async def test_the_request_id_is_the_client_s_when_sane(client: httpx.AsyncClient) -> None:
    given: list[tuple[Any, bool]] = [("abcd-1234", True), ("a b", False), ("x" * 101, False), ("\n", False)]
    for value, kept in given:
        answer = await client.get("/health/live", headers={"x-request-id": value})
        assert (answer.headers["x-request-id"] == value) is kept
