"""The published pages with a catalogue of one's own, as a service serves them, on no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import FastAPI
from tests.unit.web.support import Issuer, make_app

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.pages.procedures.routes import Procedures
from dossier_shared.pages.rendering import add_package, static_router

add_package("dossier_intake.pages")
DAY = date(2026, 12, 1)
ADDRESS = "https://mot-cua.example/intake"
VERSIONS: Mapping[str, Any] = {
    "version": 1,
    "agencies": [
        {"code": "X-1", "name_vi": "Ủy ban nhân dân xã Một", "name_en": "One", "level": "commune", "kind": "peoples_committee"},
        {"code": "X-2", "name_vi": "Trung tâm xã Hai", "name_en": "Two", "level": "commune", "kind": "one_stop_shop",
         "serves": ["X-1"]},
    ],
    "procedures": [
        {
            "code": "9.000001", "name_vi": name, "name_en": "Trial", "field": "Thử", "level": "commune", "online": "full",
            "executed_by": [{"agency": "X-1"}], "deadline": {"amount": amount, "unit": "working_day"},
            "documents": [{"code": "D-1", "name_vi": "Đơn", "kind": "original", "copies": 2}], "fee_vnd": 8000,
            "result": {"name_vi": "Giấy", "kind": "certificate"}, "channels": ["direct", "online"], **days,
        }
        for name, amount, days in (
            ("Thủ tục cũ", 5, {"valid_until": "2026-06-30"}),
            ("Thủ tục nay", 3, {"valid_from": "2026-07-01", "valid_until": "2026-12-31"}),
            ("Thủ tục sau", 1, {"valid_from": "2027-01-01"}),
        )
    ],
}  # fmt: skip


class Shown:
    """What the pages ask of `Catalogues`."""

    def __init__(self, catalogue: Catalogue, day: date = DAY) -> None:
        self.current, self.day = catalogue, day

    def today(self) -> date:
        return self.day


def published(shown: Shown, address: str | None = ADDRESS, **settings: Any) -> FastAPI:
    app = make_app(Issuer().verifier(), **settings)
    app.include_router(static_router())
    app.include_router(Procedures(shown, address).router())
    return app
