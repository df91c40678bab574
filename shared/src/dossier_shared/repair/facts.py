"""What a service itself has recorded of its dossiers, in short, for the recount: state and journal, in the order of their ids.

    {id, seq, published, heard: {source: seq}, agency, procedure, channel, status, stage,
     journal: [[seq, type, time, actor, portal, heard, agency, data], …]}

`data` has of each event what the board counts by, and nothing sealed. A field the service's state does not have is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dossier_shared.adapters.mongo import Document, DossierCollection

AT_ONCE: Final = 1000  # dossiers of one answer
DATA: Final = ("procedure", "channel", "overseers", "appointment", "officer", "agency", "proposal", "id", "to")
STATE: Final = ("agency", "procedure", "channel", "status", "stage")
_ENTRY: Final = ("seq", "type", "time", "actor", "portal", "heard", "agency")
_EVENT: Final = dict.fromkeys((*_ENTRY, *(f"data.{name}" for name in DATA)), 1)
_WANTED: Final = {
    "seq": 1, "published": 1, "base": 1, "heard": 1,
    **{f"state.{name}": 1 for name in STATE},
    **{f"journal.{name}": 1 for name in _EVENT},
}  # fmt: skip


async def after(dossiers: DossierCollection, id_: str, limit: int) -> list[dict[str, Any]]:
    """The next `limit` dossiers, by id."""
    found = await dossiers.table.find({"_id": {"$gt": id_}}, _WANTED).sort("_id", 1).limit(limit).to_list(None)
    return await _facts(dossiers, found)


async def of(dossiers: DossierCollection, ids: Sequence[str]) -> list[dict[str, Any]]:
    found = await dossiers.table.find({"_id": {"$in": list(ids)}}, _WANTED).sort("_id", 1).to_list(None)
    return await _facts(dossiers, found)


async def _facts(dossiers: DossierCollection, found: Sequence[Document]) -> list[dict[str, Any]]:
    cut = [document["_id"] for document in found if document.get("base")]
    moved: dict[str, list[Document]] = {}
    if cut:
        wanted = {"dossier": 1, **{f"events.{name}": 1 for name in _EVENT}}
        async for segment in dossiers.segments.find({"dossier": {"$in": cut}}, wanted).sort("first", 1):
            moved.setdefault(segment["dossier"], []).extend(segment["events"])
    return [_fact(document, moved.get(document["_id"], ())) for document in found]


def _fact(document: Mapping[str, Any], moved: Sequence[Document]) -> dict[str, Any]:
    state = document.get("state", {})
    journal = [*moved[: document.get("base", 0)], *document.get("journal", ())]
    return {
        "id": document["_id"],
        "seq": document["seq"],
        "published": document.get("published", 0),
        "heard": {source: mark["seq"] for source, mark in document.get("heard", {}).items()},
        **{name: state[name] for name in STATE if name in state},
        "journal": [[*(entry[name] for name in _ENTRY), entry.get("data", {})] for entry in journal],
    }
