"""A person's data taken out: of every service, and of the deployments whose address is known."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from dossier_local import personal_data
from dossier_local.addresses import Addresses
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.broker import Broker

NAMES = (*SERVICES, "review.long-khanh", "signing.long-khanh", "identity", "monitor-worker")


async def test_an_export_asks_deployments_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    async def call(_: Addresses, name: str, method: str, path: str) -> dict[str, Any]:
        assert method == "GET"
        if path.startswith("/internal/privacy/beside?person="):
            assert name == "intake"
            begun = {"id": "b-1", "content": {"typed": {"applicant.name": ["An"]}}}
            asked_of = {"id": "q-1", "source": "population_db", "purpose": "1.001193"}
            return {"drafts": [begun], "questions": [asked_of], "shares": [{"id": "s-1", "dossier": "d-9"}]}
        if path.startswith("/internal/privacy/devices?person="):
            assert name == "notify"
            return {"devices": [{"id": "n-1", "name": "Chrome, Android"}]}
        asked.append(name)
        events = [{"data": {"file": "ab" * 32}}]
        return {"dossiers": [{"id": "d-1", "events": events}] if name == "signing.long-khanh" else []}

    async def file(_: Addresses, name: str, id_: str) -> bytes:
        return f"{name} {id_[:2]}".encode()

    monkeypatch.setattr(personal_data, "call", call)
    monkeypatch.setattr(personal_data, "_file", file)
    at = Addresses(Broker("127.0.0.1:1"), "http://identity", dict.fromkeys(NAMES, "http://x"))
    count = await personal_data.export(at, "p-" + "a" * 26, tmp_path / "out.zip")
    assert sorted(asked) == sorted({*SERVICES, "review.long-khanh", "signing.long-khanh"})
    assert (count["signing.long-khanh"], count["signing"], count["files"], count["drafts"]) == (1, 0, 1, 1)
    assert count["devices"] == 1
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert b"Chrome, Android" in archive.read("notify/devices.json")
        assert archive.read(f"signing.long-khanh/files/{'ab' * 32}") == b"signing.long-khanh ab"
        assert b"population_db" in archive.read("intake/questions/q-1.json"), "which registers were asked about them"
        assert b"d-9" in archive.read("intake/shares/s-1.json"), "which paper they lent to which office"
        assert b"applicant.name" in archive.read("intake/drafts/b-1.json"), "what they have begun and not sent"
