"""The broker's classes in memory: used where they are, no harm where they are not or are of something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dossier_local import broker_cache
from dossier_local.broker import JVM


def runtime(folder: Path) -> Path:
    (folder / "bin").mkdir()
    (folder / "lib").mkdir()
    (folder / "lib" / "modules").write_bytes(b"1")
    return folder / "bin" / "java"


def test_a_broker_uses_what_was_made_for_its_runtime_jars_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(broker_cache, "store", lambda: kept)
    java = runtime(tmp_path)
    assert broker_cache.options(java, JVM) == ()
    made = broker_cache._path(java, JVM)
    made.write_bytes(b"")
    assert broker_cache.options(java, JVM) == (f"-XX:AOTCache={made}",)
    assert broker_cache.options(java, JVM[1:]) == ()
    (java.parents[1] / "lib" / "modules").write_bytes(b"another")
    assert broker_cache.options(java, JVM) == ()
