from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid
from dossier_shared.telemetry.logs import configure_logging
from dossier_shared.telemetry.masking import mask, mask_text

from .support import bearer

PERSON = ("001099012345", "0912345678", "Nguyễn Văn A", "12 Lê Lợi")


class Applicant(BaseModel):
    name: str
    citizen_id: str


@dataclass
class Filed:
    code: str
    phone: str


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id 001099012345 here", "id *** here"),
        ("call 0912345678.", "call ***678."),
        ("call +84 912 345 678", "call ***678"),
        ("call 0912.345.678", "call ***678"),
        ("land line 02433334444", "land line ***444"),
        ("id001099012345", "id001099012345"),
        ("2025-07-01T08:00:00.000000Z", "2025-07-01T08:00:00.000000Z"),
        ("H44.07.01-250701-0012", "H44.07.01-250701-0012"),
        ("offset 1234567890123", "offset 1234567890123"),
        ("01987654-3210-7abc-8def-0123456789ab", "01987654-3210-7abc-8def-0123456789ab"),
        ("sha 0912345678abcdef", "sha 0912345678abcdef"),
    ],
)
def test_personal_numbers_in_any_text(text: str, expected: str) -> None:
    assert mask_text(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"applicant": {"name": "Nguyễn Văn A"}},
        {"dossier": {"sealed": {"x": "Nguyễn Văn A"}, "list": [{"address": "12 Lê Lợi"}]}},
        {"seen": [("0912345678", {"Name": "Nguyễn Văn A"})]},
        {"filed": Filed("c", "0912345678"), "who": Principal("s", frozenset(), None, "Nguyễn Văn A")},
        {"model": Applicant(name="Nguyễn Văn A", citizen_id="001099012345")},
        {"raw": b"001099012345", "error": ValueError("bad phone 0912345678")},
        {"headers": {"Authorization": "Bearer x.y.z", "Cookie": "dossier_session=x.y.z"}},
        {"by_person": {"001099012345": 1}},
    ],
)
def test_persons_are_masked_however_deep(value: dict[str, Any]) -> None:
    written = json.dumps({key: mask(key, item) for key, item in value.items()}, ensure_ascii=False)
    assert not [part for part in (*PERSON, "x.y.z") if part in written], written


def test_what_is_not_personal_stays() -> None:
    at = datetime(2025, 7, 1, tzinfo=UTC)
    value = {"code": "H44", "n": 3, "ok": True, "at": at, "none": None, "phone": "0912345678", "to": None}
    assert {key: mask(key, item) for key, item in value.items()} == {**value, "phone": "***678"}


def lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def test_every_line_is_json_and_says_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("intake", "info", instance="2")
    structlog.get_logger("trade").info("filed", code="H44", applicant={"name": "Nguyễn Văn A"})
    structlog.get_logger("trade").debug("not written")
    logging.getLogger("aiokafka.consumer").info("not written")
    logging.getLogger("aiokafka.consumer").warning("key %s", "001099012345")
    try:
        Applicant.model_validate({"name": "x", "citizen_id": list(PERSON)})
    except ValidationError:
        logging.getLogger("other").exception("failed")
    first, second, third = lines(capsys)
    assert first["event"] == "filed"
    assert first["applicant"] == "***"
    assert first["logger"] == "trade"
    assert second["event"] == "key ***"
    assert second["level"] == "warning"
    assert second["logger"] == "aiokafka.consumer"
    assert "ValidationError" in third["exception"]
    assert "Nguyễn" not in third["exception"]
    for line in (first, second, third):
        assert line["service"] == "intake"
        assert line["instance"] == "2"
        assert line["time"].endswith("Z")


async def test_a_fault_is_logged_once_with_the_request_id(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("intake")
    answer = await client.get("/api/v1/broken/fault", headers={**bearer(), "x-request-id": "request-0002"})
    assert answer.status_code == 500
    (line,) = lines(capsys)
    assert line["event"] == "unexpected"
    assert line["request_id"] == "request-0002"
    assert line["level"] == "error"
    assert "RuntimeError" in line["exception"]
    assert "001099012345" not in json.dumps(line)


def test_a_refusal_keeps_no_input() -> None:
    with pytest.raises(Invalid) as caught:
        validated(Applicant, {"name": ["Nguyễn Văn A"], "citizen_id": "001099012345"})
    assert "Nguyễn" not in repr(vars(caught.value))
    assert caught.value.__cause__ is None
