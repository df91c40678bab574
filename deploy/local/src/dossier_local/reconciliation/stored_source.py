"""Reads what is on disk: the clients' file, the provider's ledger, and every database directly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from dossier_local.reconciliation.world import Ack, Database, Document, Fault, Sent
from dossier_local.services import database_of
from dossier_shared.contracts.deployments import DeploymentEntry
from dossier_shared.contracts.envelope import Event, from_entry, verify_chain
from dossier_shared.journal.registry import names

SERVICES = ("intake", "review", "signing", "notify")


def read_clients(path: Path) -> list[Ack]:
    """JSON lines; a last line cut short was never acknowledged."""
    names = Ack.__slots__
    return [Ack(**{k: v for k, v in line.items() if k in names}) for line in _lines(path)]


def read_ledger(path: Path) -> list[Sent]:
    return [Sent(line["reference"], line["provider_id"], line["status"] == "accepted") for line in _lines(path)]


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    content = path.read_bytes()
    return [orjson.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def read_databases(
    url: str, services: Iterable[str] = SERVICES, deployments: Sequence[DeploymentEntry] = ()
) -> tuple[dict[str, Database], list[Fault]]:
    """The databases, and what is wrong with the chains of their journals. Those of a service's deployments are one; what two of
    them hold is a fault."""
    found, faults = dict[str, Database](), list[Fault]()
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=10_000, tz_aware=True)
    with client:
        for service, deployment in [(s, name) for s in services for name in names(deployments, s)]:
            db = client.get_database(database_of(service, deployment), read_concern=ReadConcern("majority"))
            database = found.setdefault(service, Database(service))
            database.waiting += db["waiting"].count_documents({})
            moved: dict[str, list[dict[str, Any]]] = {}  # events that left a long journal
            for segment in db["segments"].find({}).sort("first", 1):
                moved.setdefault(segment["dossier"], []).extend(segment["events"])
            for raw in db["dossiers"].find({}, batch_size=1000):
                document = _document(raw, service, moved.get(str(raw["_id"]), [])[: raw.get("base", 0)])
                if document.id in database.documents:
                    faults.append(Fault(f"database {service}", document.id, f"{deployment} is not alone in holding it"))
                database.documents[document.id] = document
                if (fault := verify_chain(document.events)) is not None:
                    faults.append(Fault(f"database {service}", document.id, fault))
    return found, faults


def _document(raw: dict[str, Any], service: str, moved: list[dict[str, Any]]) -> Document:
    id_ = str(raw["_id"])
    events: list[Event] = [from_entry(id_, service, entry) for entry in (*moved, *raw.get("journal", ()))]
    return Document(
        id=id_,
        seq=raw.get("seq", 0),
        published=raw.get("published", 0),
        pending="pending" in raw,
        claimed=bool(raw.get("claim")),
        heard={source: mark["seq"] for source, mark in raw.get("heard", {}).items()},
        status=raw.get("state", {}).get("status"),
        events=events,
    )
