"""What a demo finds before it begins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from dossier_local.elsewhere import Elsewhere
from dossier_local.errors import StackError
from dossier_local.simulation import running


class Database:
    """A MongoClient; `holding` names the databases with a dossier in them."""

    holding: tuple[str, ...] = ()

    def __class_getitem__(cls, _: Any) -> type[Database]:
        return cls

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __getitem__(self, name: str) -> Any:
        found = {"_id": "one"} if name in self.holding else None
        return {"dossiers": SimpleNamespace(find_one=lambda *_: found)}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> type[Database]:
    monkeypatch.setattr(Database, "holding", ())
    monkeypatch.setattr(running, "MongoClient", Database)
    return Database


def test_an_empty_database_will_do(database: type[Database]) -> None:
    running.demand_empty("mongodb://m")
    running.demand_empty("mongodb://m", "http://proxy:8080")


def test_one_s_own_with_dossiers_is_to_be_left_out(database: type[Database], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "holding", ("dossier_review",))
    with pytest.raises(StackError, match=r"\(dossier_review\).*unset MONGODB_URL and KAFKA_BOOTSTRAP_SERVERS"):
        running.demand_empty("mongodb://m")


async def test_a_stack_with_dossiers_is_to_be_emptied(
    database: type[Database], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(database, "holding", ("dossier_intake",))
    there = SimpleNamespace(mongodb="mongodb://m")
    monkeypatch.setattr(Elsewhere, "found", lambda *_: there)
    options = running.Options(folder=tmp_path, seconds=len, through="http://proxy:8080")
    with pytest.raises(StackError) as refused:
        await running.run(options, lambda _: pytest.fail("it began"), Console(quiet=True))
    assert "http://proxy:8080 already holds dossiers (dossier_intake)" in str(refused.value)
    assert 'docker compose --profile "*" down --volumes' in str(refused.value)
    assert "MONGODB_URL" not in str(refused.value)
