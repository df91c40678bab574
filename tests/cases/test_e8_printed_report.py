"""E8: a period's report is always printed, whatever agencies, procedures and dossiers are called."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from tests.missing import missing

from dossier_monitor.board.board import Board
from dossier_monitor.indicators import report
from dossier_monitor.indicators.periods import AskedPeriod
from dossier_monitor.indicators.store import Figures
from dossier_monitor.indicators.view import Question
from dossier_shared.pages.texts import Lang
from dossier_shared.vocabulary import printing

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
QUESTION = Question(None, AskedPeriod("month", date(2026, 11, 1), date(2026, 11, 28), NOW.isoformat()))
KHMER = "ការចុះបញ្ជីកំណើត"


class Told:
    """What the figures would say of one dossier of one agency and procedure."""

    def __init__(self, named: str) -> None:
        self.named = named

    async def counts(self, scope: object, asked: object, by: str) -> list[dict[str, Any]]:
        return [{by: self.named if by == "agency" else "1.001193", "filed": 1, "period": "2026-11"}]

    async def overdue(self, scope: object, asked: object, by: str) -> list[dict[str, Any]]:
        return []

    async def longest_overdue(self, scope: object, until: str, most: int) -> tuple[int, list[dict[str, Any]]]:
        dossier = {
            "id": "d-1", "code": None, "agency": self.named, "procedure": "1.001193", "procedure_name": self.named,
            "due": "2026-11-20T10:00:00+00:00",
        }  # fmt: skip
        return 1, [dossier]


async def report_of(monkeypatch: pytest.MonkeyPatch, named: str, lang: Lang = "vi") -> dict[str, Any]:
    async def nothing(*_: object) -> dict[str, Any]:
        return {"indicators": []}

    async def names(codes: object) -> dict[str, str]:
        return {"1.001193": named}

    class Everyone:
        def get(self, code: str) -> None:
            return None

    monkeypatch.setattr(report, "answer", nothing)
    monkeypatch.setattr(report, "agency_name", lambda board, code, lang: code or named)
    figures, board = cast(Figures, Told(named)), cast(Board, Everyone())
    return await report.document(figures, board, QUESTION, {}, names, lang)


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_e8_a_procedure_named_in_khmer_only_is_printed(monkeypatch: pytest.MonkeyPatch, lang: Lang) -> None:
    data = await report_of(monkeypatch, KHMER, lang)
    assert KHMER in str(data)
    assert report.render(data, NOW).startswith(b"%PDF")


@pytest.mark.parametrize(
    "named",
    [
        "阮文安 社會",
        "한국",
        "ꨌꩌ ꨣꨯꨮꩍ",
        "Ƀuôn Čư̆",
        "ĳsselŉ",
        "\U0001f600",
        "\ue000",
        "\u200e\u200e",
        "က",
        "a\x07b",
        "x" * 400,
        KHMER * 20,
    ],
)
async def test_e8_no_name_keeps_a_report_from_being_printed(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Siblings: other letters, letters no font has, private ones, hidden ones, names without an end."""
    assert report.render(await report_of(monkeypatch, named), NOW).startswith(b"%PDF")


async def test_e8_a_letter_no_font_has_is_seen_as_its_code_point(monkeypatch: pytest.MonkeyPatch) -> None:
    if (program := shutil.which("pdftotext")) is None:
        missing("pdftotext", "system-deps")
    pdf = report.render(await report_of(monkeypatch, "Cấp giấy \U0001f600"), NOW)
    text = subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "[U+1F600]" in text
    assert "CẤP GIẤY" in text


async def test_e8_a_letter_the_data_is_wrong_about_keeps_no_report_back(monkeypatch: pytest.MonkeyPatch) -> None:
    data = await report_of(monkeypatch, "Cấp \U0001f600")
    monkeypatch.setattr(printing, "_printed", lambda letter: True)
    assert report.render(data, NOW).startswith(b"%PDF")


async def test_e8_the_same_data_and_instant_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = await report_of(monkeypatch, KHMER)
    assert report.render(data, NOW) == report.render(data, NOW)
