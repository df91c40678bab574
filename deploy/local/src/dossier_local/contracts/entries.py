"""The records that are no events, of directory, keys and audit, as others build against them; the generator writes this.

shared/contracts/entries/<topic>.v1.json            JSON Schema of a record's value
shared/contracts/entries/examples/<topic>.v1.json   golden record; written once, never again
shared/contracts/audit/                             the same of the one kind of record that every `<service>.audit` has
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.contracts.deployments import DeploymentEntry, Tenure
from dossier_shared.contracts.entries import (
    ENTRIES,
    AgencyEntry,
    AnyEntry,
    ConsentCodeEntry,
    DelegationEntry,
    EmergencyEntry,
    OfficeDays,
    OfficerEntry,
    ProcedureEntry,
    Signature,
)
from dossier_shared.contracts.keys import EventKey, EventKeys, key_id
from dossier_shared.contracts.person_keys import PersonKey, Wrapping
from dossier_shared.contracts.topics import (
    AGENCIES,
    AUDIT_TOPICS,
    BY_NAME,
    CONSENT_CODES,
    DELEGATIONS,
    DEPLOYMENTS,
    EMERGENCIES,
    KEYS,
    OFFICERS,
    PERSON_KEYS,
    PROCEDURES,
)

Json = dict[str, Any]
AUDIT = "audit-entry"
MESSAGES = {
    AGENCIES.name: "agency-entry",
    PROCEDURES.name: "procedure-entry",
    OFFICERS.name: "officer-entry",
    DELEGATIONS.name: "delegation-entry",
    EMERGENCIES.name: "emergency-entry",
    CONSENT_CODES.name: "consent-code-entry",
    KEYS.name: "event-keys",
    DEPLOYMENTS.name: "deployment-entry",
    PERSON_KEYS.name: "person-key",
    **{topic.name: AUDIT for topic in AUDIT_TOPICS},
}
MODELS: dict[str, type[BaseModel]] = {
    **ENTRIES, KEYS.name: EventKeys, DEPLOYMENTS.name: DeploymentEntry, PERSON_KEYS.name: PersonKey,
}  # fmt: skip
PAYLOADS: dict[str, type[BaseModel]] = {**MODELS, **{topic.name: AuditEntry for topic in AUDIT_TOPICS}}


def message_of(topic: str) -> Json:
    """AsyncAPI's."""
    model, replaced = PAYLOADS[topic], " No value: there is none under this key any more." if topic in MODELS else ""
    return {
        "name": MESSAGES[topic],
        "summary": f"{model.__doc__}{replaced}",
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{MESSAGES[topic]}"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": BY_NAME[topic].key}, "bindingVersion": "0.5.0"}
        },
    }


def golden_audit() -> AuditEntry:
    return AuditEntry(
        id="7f3a9d52c1e84b06a5d2f0c4e9b81733", time="2026-11-29T02:15:00.000Z", kind="download", answered=200,
        call="GET /api/v1/dossiers/{dossier_id}/documents/{n}", subject="officer-1", roles=["specialist"], agency="H19.1",
        of="01JDXV3Q7N8M5Y2K4B6C9D0E1F", part="2", address="b1946ac92492d234", request="0af7651916cd43dd8448eb211c80319c",
    )  # fmt: skip


def golden_keys() -> EventKeys:
    retired, next_ = (
        Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32))).public_key().public_bytes_raw()
        for first in (0, 32)
    )
    keys = [
        EventKey(
            id=key_id(retired), public=b64encode(retired).decode(), since="2025-07-01T01:00:00.000000Z",
            until="2026-01-01T01:00:00.000000Z", ends=[120, 98, 131, 104, 115, 127],
        ),
        EventKey(id=key_id(next_), public=b64encode(next_).decode(), since="2025-12-31T01:00:00.000000Z"),
    ]  # fmt: skip
    return EventKeys(service="signing", keys=keys, demanded=[12, 9, 14, 11, 10, 13])


def golden_deployment() -> DeploymentEntry:
    tenures = [
        Tenure(agency="H19.1", valid_from="2026-12-01T00:00:00.000000Z", valid_until="2027-06-01T00:00:00.000000Z"),
        Tenure(agency="H19.2", valid_from="2027-01-01T00:00:00.000000Z"),
    ]
    return DeploymentEntry(
        service="review", name="long-khanh", agencies=tenures, added_at="2026-11-29T02:15:00.000000Z"
    )


def golden_person_key() -> PersonKey:
    return PersonKey(
        holder="p-kt6mzq4f2vjcrsxw7ndayhoeub", maker="7f3a9d52c1e84b06a5d2f0c4e9b81733", made="2026-12-01T01:00:00.000000Z",
        wrappings={"review": Wrapping(to="5b1e2f0c9d3a4e77", box="QUVTLUdDTSBvZiB0aGUgZGF0YSBrZXk=")},
    )  # fmt: skip


def golden_entries() -> dict[str, AnyEntry]:
    """By topic."""
    agency = AgencyEntry(
        code="H19.1", name_vi="Ủy ban nhân dân xã Long Thành", name_en="People's Committee of Long Thành Commune",
        parent="H19", above=["H19"], level="commune", kind="peoples_committee",
        former_names=[{"name_vi": "Ủy ban nhân dân thị trấn Long Thành", "until": "2025-06-30"}],
        valid_from="2025-07-01",
        signature=Signature(on_behalf_of="TM. ỦY BAN NHÂN DÂN", title="CHỦ TỊCH", place="Long Thành"),
        office_days=OfficeDays(
            weekend=[5, 6], off=["2026-01-01", "2026-01-02"], worked=["2026-01-10"], since="2026-01-01", until="2026-12-31"
        ),
        catalogue="5e884898da280471",
    )  # fmt: skip
    procedure = ProcedureEntry(
        code="1.004222",
        name_vi="Đăng ký thường trú",
        name_en="Registration of permanent residence",
        catalogue="5e884898da280471",
    )
    officer = OfficerEntry(
        subject="0f6c1f0e-77aa-4b0e-8a44-6d1a3f0f2b11", name="Trần Thị Bình", agency="H19.1", roles=["specialist"],
        valid_from="2026-01-01T00:00:00.000000Z", valid_until="2027-01-01T00:00:00.000000Z", successor="le-thi-cuc",
    )  # fmt: skip
    delegation = DelegationEntry(
        id="5b1e2f0c9d3a4e77", agency="H19.1", giver="tran-thi-binh", deputy="le-thi-cuc", roles=["leader"],
        start="2026-12-01T01:00:00.000000Z", end="2026-12-01T05:00:00.000000Z", reason="Đi họp cả buổi sáng.",
        given_at="2026-11-30T09:00:00.000000Z",
    )  # fmt: skip
    emergency = EmergencyEntry(
        id="5b1e2f0c9d3a4e77", dossier="0f6c1f0e-77aa-4b0e-8a44-6d1a3f0f2b11", code="H19.1-20261130-0000012", agency="H19.1",
        subject="vu-van-nam", role="leader", officer_agency="H19.2", start="2026-12-01T01:00:00.000000Z",
        end="2026-12-01T02:00:00.000000Z",
        sealed='{"reason":"Người bệnh cấp cứu, cần biết người thân trong hồ sơ hộ tịch."}',
    )  # fmt: skip
    code = ConsentCodeEntry(
        id="c-5b1e2f0c9d3a4e77", agency="H19.1", start="2026-12-01T01:00:00.000000Z", end="2026-12-01T01:10:00.000000Z",
        sealed="QUVTLUdDTSBvZiB0aGUgZGF0YSBrZXk=",
    )  # fmt: skip
    return {
        CONSENT_CODES.name: code,
        AGENCIES.name: agency,
        PROCEDURES.name: procedure,
        OFFICERS.name: officer,
        DELEGATIONS.name: delegation,
        EMERGENCIES.name: emergency,
    }


def key_of(entry: AnyEntry) -> str:
    match entry:
        case OfficerEntry():
            return entry.subject
        case DelegationEntry() | EmergencyEntry() | ConsentCodeEntry():
            return entry.id
    return entry.code
