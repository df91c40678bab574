"""The check of answers against their document, which all tests lean on, finds what it is for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ..answers import WrongAnswer, check  # noqa: TID252

GOOD = {"version": "1", "procedures": 20, "agencies": 11}

PROBLEM = {
    "type": "about:blank", "title": "Forbidden", "status": 403, "code": "forbidden", "detail": "No.",
    "message": {"vi": "Không.", "en": "No."},
}  # fmt: skip


def answer(body: Any, method: str = "PUT", path: str = "/api/v1/catalogue", status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body, request=httpx.Request(method, f"http://intake{path}"))


def test_what_is_as_described_passes() -> None:
    check("intake", answer(GOOD))
    check("intake", answer({"items": []}, "GET", "/api/v1/dossiers"))
    check("intake", answer(PROBLEM, status=403))


@pytest.mark.parametrize(
    "wrong",
    [
        answer(GOOD | {"more": 1}),
        answer({"version": "1", "procedures": 20}),
        answer(GOOD | {"procedures": "20"}),
        answer(GOOD, status=201),
        answer([GOOD]),
        answer(PROBLEM | {"message": "Không được phép"}, status=403),
        answer({"items": [{"id": "d", "version": 1, "code": "c"}]}, "GET", "/api/v1/dossiers"),
        answer({"items": [{"key": "k", "status": 200, "dossier": {"id": "d"}}]}, "POST", "/api/v1/dossiers:accept"),
    ],
)
def test_what_is_not_is_found(wrong: httpx.Response) -> None:
    with pytest.raises(WrongAnswer):
        check("intake", wrong)
