"""What search engines read of a procedure: a `GovernmentService` of schema.org, as JSON-LD. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dossier_intake.catalogue.model import Procedure
from dossier_intake.pages.procedures.view import View
from dossier_shared.pages.texts import LANGUAGES, texts

PROVIDERS_SHOWN: Final = 20
AUDIENCES: Final[Mapping[str, str]] = {"person": "Citizens", "organisation": "Organisations"}


def government_service(
    view: View, address: str, filing: str | None, audience: tuple[str, ...], description: str
) -> dict[str, Any]:
    """`address`: of its page, in full; `filing`: of where it is filed online, if it is. What is not known is left out."""
    procedure = view.procedure
    made: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "@id": address,
        "url": address,
        "identifier": procedure.code,
        "name": procedure.name_vi,
        "alternateName": procedure.name_en,
        "description": description,
        "serviceType": procedure.field,
        "provider": [
            {"@type": "GovernmentOrganization", "name": one.name} for one in view.offices[:PROVIDERS_SHOWN]
        ] or [{"@type": "GovernmentOrganization", "name": view.kind_of_office}],
        "audience": [{"@type": "Audience", "audienceType": AUDIENCES[one]} for one in audience],
        "availableChannel": [_channel(procedure, one, address, filing) for one in procedure.channels if procedure.offers(one)],
        "serviceOutput": {"@type": "Thing", "name": procedure.result.name_vi},
    }  # fmt: skip
    if offers := _offers(procedure):
        made["offers"] = offers
    if procedure.legal_basis:
        made["subjectOf"] = [
            {"@type": "Legislation", "legislationIdentifier": one} for one in procedure.legal_basis
        ]  # fmt: skip
    return made


def _channel(procedure: Procedure, channel: str, address: str, filing: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@type": "ServiceChannel",
        "name": texts("vi").label("procedure_channel", channel),
        "serviceUrl": filing if channel == "online" and filing else address,
        "availableLanguage": list(LANGUAGES),
    }
    if procedure.deadline.unit == "calendar_day":  # ISO 8601 knows no working days, nor working hours
        made["processingTime"] = f"P{procedure.deadline.amount}D"
    return made


def _offers(procedure: Procedure) -> list[dict[str, Any]]:
    fee = procedure.fee_vnd
    if fee is None:
        return []
    if isinstance(fee, int):
        return [{"@type": "Offer", "price": fee, "priceCurrency": "VND"}]
    return [{"@type": "Offer", "name": one.name, "price": one.amount_vnd, "priceCurrency": "VND"} for one in fee]
