"""The table of measures in monitor's README is the registry's."""

from __future__ import annotations

from pathlib import Path

import pytest

from dossier_local import measures_reference
from dossier_local.measures_reference import BEGINS, PAGE, table, written
from dossier_monitor.projection.registry import MEASURES

ROOT = Path(__file__).parents[2]


def test_the_table_is_written() -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    assert written(page) == page, "run `make contracts`"


def test_a_measure_more_or_less_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    assert sum(line.startswith("| `") for line in table().splitlines()) == len(MEASURES)
    monkeypatch.setattr(measures_reference, "MEASURES", MEASURES[1:])
    assert written(page) != page
    with pytest.raises(ValueError, match="no place"):
        written(page.replace(BEGINS, ""))
